"""Metrics, score tables and significance tests for forecasts and their intervals."""
