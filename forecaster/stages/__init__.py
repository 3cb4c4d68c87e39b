"""The steps that several use cases share, one per file: prepare, fit, score, save, report, start a forecast."""
