"""Panels become windows: filling, splitting, scaling, encoding."""
