"""PyTorch modules and exported programs."""
