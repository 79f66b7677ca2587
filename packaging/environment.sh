#!/bin/sh
# Make the virtual environment named by the first argument ready to run and test this checkout.
# Keeps a working environment and brings its packages up to pyproject.toml; replaces a broken one.
set -eu

venv="$1"

find_python() {
    for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    echo "Python 3.11 or later with the venv module was not found. Install it, or name one:" \
        "make PYTHON=/path/to/python3" >&2
    return 1
}

# Scripts in an environment hold its absolute path: one that was moved is made anew.
is_usable() {
    [ -x "$venv/bin/python" ] && [ -x "$venv/bin/pip" ] &&
        "$venv/bin/pip" --version >/dev/null 2>&1 &&
        [ "$("$venv/bin/python" -c 'import sys; print(sys.version_info >= (3, 11))')" = True ]
}

if ! is_usable; then
    python="$(find_python)"
    echo "Making a virtual environment in $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi
echo "Installing Postrider and its libraries into $venv (a few minutes the first time)"
"$venv/bin/pip" install --quiet --disable-pip-version-check --editable '.[dev]'
pwd >"$venv/.ready"
