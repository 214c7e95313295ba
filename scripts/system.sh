#!/usr/bin/env bash
# Installs what is missing of the system: "venv" to make a Python environment, "test" for the tests as well.
# Debian and its relatives only; elsewhere it says what to install.
set -euo pipefail

missing=()
python="${PYTHON:-python3}"

need() { # command package
    command -v "$1" > /dev/null || missing+=("$2")
}

need "$python" python3
if command -v "$python" > /dev/null; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "checkin needs Python 3.11 or later; $python is $("$python" -V). Try: make PYTHON=python3.11 …" >&2
        exit 1
    }
    "$python" -c 'import ensurepip, venv' 2> /dev/null || missing+=(python3-venv)
fi
if [ "${1:-}" = test ]; then
    need chromium chromium
    need strace strace
    # The same letters everywhere, so that pictures and widths of pages are the same too.
    [ -n "$(find /usr/share/fonts -name 'LiberationSans-*.ttf' -print -quit 2> /dev/null)" ] || missing+=(fonts-liberation)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get > /dev/null; then
    echo "Please install: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || { echo "Please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "Installing ${missing[*]} (Debian packages)."
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
