"""Forecasts are scored, honestly."""
