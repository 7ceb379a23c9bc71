#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
#
# check_exports.sh LIBRARY: the shared library defines cellard_* and nothing else, and needs no library of the daemon.
set -eu
others=$(nm -D --defined-only "$1" | awk '{print $3}' | grep -v -e '^cellard_' -e '^CELLARD_0' || true)
if [ -n "$others" ]; then
  echo "exported beside cellard_*: $others" >&2
  exit 1
fi
leaked=$(objdump -p "$1" | awk '/NEEDED/ {print $2}' | grep -e caf -e spdlog -e fmt -e toml -e boost -e xxhash || true)
if [ -n "$leaked" ]; then
  echo "needs $leaked" >&2
  exit 1
fi
objdump -p "$1" | grep -q 'SONAME *libcellard.so.0$'
