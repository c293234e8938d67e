#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image: all that grading needs later is installed here.
set -euo pipefail

source=/autograder/source
venv=/opt/brickwork/venv

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap libseccomp2

# The images' own Python may be older than the kit needs, and Gradescope's harness must keep it: uv brings another.
# It lies where any user may read it, since learner code runs as a user that may do nothing else.
export PIP_BREAK_SYSTEM_PACKAGES=1 UV_PYTHON_INSTALL_DIR=/opt/brickwork/python
python3 -m pip install uv
python3 -m uv venv --python 3.12 "$venv"
python3 -m uv pip install --python "$venv" --torch-backend cpu -c "$source/constraints.txt" "$source/brickwork.zip"

# The key from which the inputs of the checks are drawn: made here and never in the zip, the same for every learner.
(umask 077 && mkdir -p "$source/.brickwork" && head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' > "$source/.brickwork/secret")

"$venv/bin/brick" --version
