#!/bin/sh
# Install bubblewrap, the sandbox of `brick grade`, where that needs no question; say what to do where it does.
set -u

if ! command -v apt-get >/dev/null 2>&1; then
    echo "note: install bubblewrap (bwrap) with your package manager; without it grading is less sealed" >&2
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "note: for the strongest sandbox run: sudo apt-get install bubblewrap" >&2
    exit 0
fi
echo "installing bubblewrap, the sandbox"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get install -y -qq bubblewrap libseccomp2 >/dev/null 2>&1 ||
    { $as_root apt-get update -qq && $as_root apt-get install -y -qq bubblewrap libseccomp2 >/dev/null; } ||
    echo "note: bubblewrap could not be installed; grading uses the strongest level that is there" >&2
exit 0
