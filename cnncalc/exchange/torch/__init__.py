"""PyTorch: modules and exported programs become graphs (`read`), graphs become source (`write`)."""
