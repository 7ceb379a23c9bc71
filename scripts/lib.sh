# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
#
# What all scripts share; sourced, never run. Messages go to stderr, so that a script's stdout stays for its result.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/build/venv
began=$(date +%s)
terminal=
[ ! -t 0 ] || terminal=yes

elapsed() { echo $(($(date +%s) - began)); }

say() { printf '%s\n' "$*" >&2; }

# A heading with the time since the script began.
step() { printf '\n==> [%d:%02d] %s\n' $(($(elapsed) / 60)) $(($(elapsed) % 60)) "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

have() { command -v "$1" > /dev/null 2>&1; }

# Runs a command as root: as it is, by sudo, or not at all. Where nobody could type a password, sudo must not ask for one.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif ! have sudo; then
    die "needs root for '$*': run it as root, or install sudo"
  elif [ -n "$terminal" ]; then
    sudo "$@"
  else
    sudo -n "$@" || die "'sudo $*' failed (without a terminal sudo can't ask for a password)"
  fi
}

# Configures and builds a preset; further arguments are targets. ninja prints its own progress.
build_preset() {
  local preset=$1
  shift
  step "configure preset $preset"
  (cd "$root" && cmake --preset "$preset") || return
  step "build preset $preset${*:+: $*}"
  [ $# -eq 0 ] || set -- --target "$@"
  (cd "$root" && cmake --build --preset "$preset" "$@")
}

# One hash over the names and contents of the files below the given folders.
hash_of() {
  (cd "$root" && find "$@" -type f ! -name '*.pyc' ! -path '*/build/*' ! -path '*.egg-info/*' ! -path '*/.*' -print0 \
    | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# The virtual environment with the Python package in it, built anew only when what it is made of has changed. A system Python
# is never touched (PEP 668). Arguments are further packages from PyPI, for example pytest, installed when they are missing.
python_environment() {
  local stamp=$venv/cellard.stamp pip=("$venv/bin/pip" --disable-pip-version-check --no-input) key
  key="$(python3 --version) $(hash_of python client core protocol gpu cmake CMakeLists.txt)"
  if [ ! -x "$venv/bin/python" ] || [ "$(cat "$stamp" 2> /dev/null)" != "$key" ]; then
    step "python: build ./python and install it into $venv (minutes on two cores)"
    python3 -m venv "$venv" || return
    "${pip[@]}" install "$root/python" || return
    printf '%s\n' "$key" > "$stamp"
  fi
  if [ $# -gt 0 ] && ! "${pip[@]}" show --quiet "$@" 2> /dev/null; then
    step "python: install $*"
    "${pip[@]}" install "$@" || return
  fi
  say "python: $venv is up to date"
}
