#!/bin/sh
# Install what Postrider needs from Debian (12 or later, and its relatives): a Python that can make
# virtual environments, the libraries Qt links against, and fonts for every script.
#
# It changes nothing when nothing is missing. As root it installs; otherwise it says which one
# command to run, and fails only if Postrider could not start without it.
# On other systems it says what is needed and goes on.
set -eu

# Qt does not load at all without these.
QT_LIBRARIES="libglib2.0-0 libegl1 libgl1 libdbus-1-3 libfontconfig1 libxkbcommon0"
# Windows on an X display, and on Wayland.
DISPLAY_LIBRARIES="libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0
    libwayland-cursor0 libwayland-egl1"
# Names and subjects come in every script.
FONTS="fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji"

script="$(cd "$(dirname "$0")" && pwd)/$(basename "$0")"

python_is_ready() {
    for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            return 0
        fi
    done
    return 1
}

# A name is satisfied by the package or by one that provides it: libglib2.0-0 became
# libglib2.0-0t64 with the 64-bit time_t transition of Debian 13.
is_installed() {
    dpkg-query --show --showformat='${db:Status-Abbrev}\n' "$1" "$1t64" 2>/dev/null |
        grep -q '^.i'
}

missing_of() {
    for package in "$@"; do
        is_installed "$package" || printf '%s ' "$package"
    done
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    if [ "$(uname -s)" = Linux ] && ! python_is_ready; then
        echo "Postrider needs Python 3.11 or later with the venv module. Install it, then try again." >&2
        exit 1
    fi
    if [ "$(uname -s)" = Linux ]; then
        echo "This is no Debian system, so nothing was installed. Qt needs glib, EGL, GL, dbus," \
            "fontconfig, xkbcommon, wayland-client and the xcb-util libraries (cursor, wm, keysyms);" \
            "if a window does not open, install those with the system's package manager."
    fi
    exit 0
fi

# Split into words on purpose: these are lists of package names.
# shellcheck disable=SC2086
required="$(missing_of $QT_LIBRARIES)"
python_is_ready || required="python3 python3-venv $required"
# shellcheck disable=SC2086
wished="$(missing_of $DISPLAY_LIBRARIES $FONTS)"

if [ -z "$required$wished" ]; then
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    echo "Installing what Qt needs from Debian: $required$wished"
    export DEBIAN_FRONTEND=noninteractive
    log="$(mktemp)"
    # shellcheck disable=SC2086
    if apt-get -qq -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 &&
        apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends \
            $required $wished >>"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    cat "$log" >&2
    rm -f "$log"
    echo "apt-get could not install these packages; its answer is above." >&2
    [ -z "$required" ]
    exit
fi

if command -v sudo >/dev/null 2>&1; then
    command="sudo sh $script"
else
    command="su -c 'sh $script'"
fi
if [ -n "$required" ]; then
    echo "Debian packages that Postrider cannot start without are missing (${required% })." \
        "Run this once, then try again: $command" >&2
    exit 1
fi
echo "Some Debian packages are missing (${wished% }): windows or the letters of some scripts" \
    "may not show. Run this once when convenient: $command"
