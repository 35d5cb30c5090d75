"""ONNX models: a file becomes a graph (`read`), a graph becomes a file (`write`)."""
