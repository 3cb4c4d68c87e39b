"""The layers inside a network."""
