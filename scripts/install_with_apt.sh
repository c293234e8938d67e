#!/bin/sh
# Install Debian packages where that needs no question; say what to do where it does.
# Usage: install_with_apt.sh "what is lost without them" PACKAGE...
set -u
without=$1
shift

if ! command -v apt-get >/dev/null 2>&1; then
    echo "note: install $1 with your package manager; $without without it" >&2
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "note: $without until you run: sudo apt-get install $*" >&2
    exit 0
fi
echo "installing $1"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 ||
    { $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null; } ||
    echo "note: $1 could not be installed; $without" >&2
exit 0
