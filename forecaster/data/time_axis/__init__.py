"""The regular time axis: frequencies, positions, calendar features."""
