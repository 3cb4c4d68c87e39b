"""The YAML file as a validated experiment, with a message for every mistake in it."""
