"""Time loops, and batches on their way to them."""
