"""What readers of graphs of operations share: ONNX' files and PyTorch's programs."""
