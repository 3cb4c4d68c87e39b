#!/usr/bin/env bash
# Run the fast tests on further Pythons: tools/python_matrix.sh [3.12 3.13 …]
#
# The whole suite runs on one Python (`make test`). What differs between Pythons is the standard library, the
# syntax, and the wheels that pip chooses, and the fast tests reach all of it: every module is imported, the
# command line runs, tables are read, networks are built. The trainings that are left out (`slow`) are the
# same graph of the same TensorFlow on each Python. TensorFlow is installed all the same: that there is a wheel
# for a Python is part of the promise. It takes some minutes for each.
#
# A Python is looked for on PATH, among those of pyenv, and among Debian's packages. One that cannot be had is
# named at the end, with the reason. The exit status is 1 where tests failed on any of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The path of a Python that runs and can make virtual environments; nothing where there is none.
python_of() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/"python$1"; do
        if "$candidate" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null
        then
            command -v "$candidate"
            return
        fi
    done
}

# Try Debian's package. Prints why it cannot be had.
install() {
    if ! command -v apt-get >/dev/null; then
        echo "it is not installed, and this system has no apt-get to install it with"
    elif ! apt-cache policy "python$1" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
        echo "it is not installed, and this system's packages have no python$1"
    elif [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        echo "it is not installed, and only root may install python$1 and python$1-venv"
    else
        local as_root
        as_root=$([ "$(id -u)" -eq 0 ] || echo "sudo -n")
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$1" "python$1-venv" >&2 ||
            echo "apt-get could not install python$1"
    fi
}

summary=()
status=0
for version in "${@:-3.12 3.13}"; do
    # One word may hold several versions: the default does.
    for one in $version; do
        python=$(python_of "$one")
        reason=
        if [ -z "$python" ]; then
            reason=$(install "$one")
            python=$(python_of "$one")
        fi
        if [ -z "$python" ]; then
            summary+=("Python $one: NOT RUN: ${reason:-it is installed, and does not run or cannot make environments}")
            continue
        fi
        echo "== Python $one: $("$python" --version), $python"
        venv=.venv-$one
        begin=$SECONDS
        if ! { PYTHON=$python sh tools/make_venv.sh "$venv" &&
            "$venv/bin/python" -m pip install --disable-pip-version-check --quiet -e '.[dev]' -c constraints.txt; }; then
            summary+=("Python $one: FAILED: the tested versions cannot be installed")
            status=1
            continue
        fi
        installed=$((SECONDS - begin))
        begin=$SECONDS
        if "$venv/bin/python" -m pytest -p no:cacheprovider -q -m 'not slow' -n auto --dist loadfile; then
            summary+=("Python $one: passed the fast tests ($installed s to install, $((SECONDS - begin)) s to run)")
        else
            summary+=("Python $one: FAILED: some of the fast tests")
            status=1
        fi
        # Three gigabytes that nobody comes back to.
        [ "${CI:-}" != true ] || rm -rf "$venv"
    done
done
printf '%s\n' "== The fast tests on further Pythons" "${summary[@]}"
exit $status
