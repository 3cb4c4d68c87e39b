"""Forecasts of more series than fit into memory: a block of series at a time, here or on Ray."""
