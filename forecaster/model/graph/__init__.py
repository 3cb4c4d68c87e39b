"""Graph: a network as ONNX, written from its spec and its saved weights with NumPy and `onnx` alone.

In reading order: export.py (which files a network becomes, and what is refused), window.py (from the inputs to
the normalised window), heads.py (the registry of heads), stack.py and cells.py (the layers, and the registry of
cells), normalization.py, parameters.py, activations.py, and builder.py (nodes and weights).

Each part mirrors the Keras layer of the same name, and a test holds the two against each other. The package
`onnx` is imported only where a graph is written; `session.py` and `engine.py` run one with onnxruntime.
"""
