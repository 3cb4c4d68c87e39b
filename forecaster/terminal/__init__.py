"""The terminal: results, tables and progress, and the exit status of a command."""
