"""Heads: how a stack's output becomes the steps of the horizon."""
