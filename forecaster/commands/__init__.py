"""One verb per file: wire, run, return a result."""
