"""Tracking: what a training tells MLflow, TensorBoard and plain files while it runs and when it ends."""
