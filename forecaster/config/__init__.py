"""One YAML file becomes one validated experiment."""
