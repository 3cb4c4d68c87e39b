"""The Python API. Its names are re-exported, lazily, by `forecaster` itself: use them from there."""
