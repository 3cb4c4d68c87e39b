"""The Python API. `forecaster` re-exports its names lazily; import them from there."""
