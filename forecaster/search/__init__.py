"""Search over configs."""
