"""PyTorch: networks as source."""
