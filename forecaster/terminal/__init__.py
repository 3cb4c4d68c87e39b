"""What a person sees in a terminal: results, tables, progress, and how a command ends."""
