"""The ONNX music embedder and its manifest."""
