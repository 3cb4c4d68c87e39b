"""The program called with nothing at all, as a newcomer does first."""

import subprocess
import sys


def test_no_argument_shows_the_help() -> None:
    def said(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "forecaster", *words], capture_output=True, text=True)

    alone, asked = said(), said("-h")
    assert asked.returncode == 0
    assert alone.returncode == 2
    assert alone.stderr.rstrip() == asked.stdout.rstrip()
    assert "\n  train " in alone.stderr
