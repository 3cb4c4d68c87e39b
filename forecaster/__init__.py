"""forecaster: recurrent networks for time series, from one YAML file."""

__version__ = "0.2.0"
