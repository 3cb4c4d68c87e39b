#!/bin/sh
# Make the virtual environment $1 with the first fitting Python, unless it is there and works.
# Says what to do when there is none. Called by the Makefile.
set -eu
venv=$1

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'

# Not one that is half-made, whose Python has gone, or that was moved: its scripts begin with its old path.
if "$venv/bin/python" -c "import pip; $fits" 2>/dev/null && grep -qF "$(pwd -P)/$venv/bin/" "$venv/bin/pip"; then
    exit 0
fi

for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c "$fits" 2>/dev/null; then
        break
    fi
    python=
done
if [ -z "$python" ]; then
    {
        echo "forecaster needs Python 3.11, 3.12 or 3.13 (TensorFlow's tested version has none for others);"
        echo "${PYTHON:-python3} is: $("${PYTHON:-python3}" --version 2>&1 || true)"
        echo "Install one of them (https://www.python.org/downloads/), or name one:"
        echo "    make demo PYTHON=/path/to/python3.12"
    } >&2
    exit 3
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    {
        echo "$python cannot make virtual environments: its modules venv and ensurepip are missing."
        echo "On Debian and Ubuntu: sudo apt install python3-venv; then run make again."
    } >&2
    exit 3
fi
echo "Making $venv with $("$python" --version); the installation that follows takes a few minutes, once." >&2
"$python" -m venv --clear "$venv"
