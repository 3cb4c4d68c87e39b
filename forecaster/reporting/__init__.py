"""Plots, and the report: one HTML page about a run."""
