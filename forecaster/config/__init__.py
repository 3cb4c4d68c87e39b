"""From one YAML file to one validated experiment, with an error message for everything that is wrong."""
