"""The commands, one per file: the options, the call of the Python API, and the text of the result."""
