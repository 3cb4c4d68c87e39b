"""Baselines, calibration of prediction intervals, forecasts as tables, and a fitted forecaster."""
