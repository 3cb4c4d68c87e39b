"""What a table is like, for `validate`."""
