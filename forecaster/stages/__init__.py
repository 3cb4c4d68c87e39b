"""The stages of an experiment, one a file: preparation, fitting, scoring, saving, and the start of a forecast."""
