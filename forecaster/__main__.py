"""`python -m forecaster`: the command line."""

from forecaster.cli import main

main()
