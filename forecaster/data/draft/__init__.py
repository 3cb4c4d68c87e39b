"""The first configuration for a table whose settings nobody has written down."""
