"""Forecasts from fitted networks and from baselines."""
