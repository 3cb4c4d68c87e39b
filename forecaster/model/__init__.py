"""Specs become Keras networks."""
