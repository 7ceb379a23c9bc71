#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Checks who includes whom. The table below is the one that CMakeLists.txt follows; each violation is one line file:line."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = {".cpp", ".hpp", ".h", ".c", ".cu", ".cuh"}

# Folder -> folders it may include besides itself. The longest folder that a file lies in counts.
FOLDERS: dict[str, set[str]] = {
    "core": set(),
    "protocol": {"core"},
    "config": {"core", "gpu"},
    "metrics": set(),
    "gpu": {"core"},
    "gpu/cuda": {"core", "gpu"},
    "actors": {"core", "protocol", "gpu", "config"},
    "daemon": {"core", "protocol", "gpu", "config", "metrics", "actors"},
    "client": {"core", "protocol", "gpu"},
    "ctl": {"core", "config", "gpu", "metrics", "client"},
    "replay": {"core"},
    "examples": {"client", "core"},
}

# What an include of another project begins with -> its name here. Not listed: the standard library and the system's headers.
LIBRARIES = {
    "caf/": "CAF",
    "boost/": "Boost",
    "spdlog/": "spdlog",
    "fmt/": "fmt",
    "tl/": "tl",
    "xxhash.h": "xxhash",
    "toml++/": "toml++",
    "toml.hpp": "toml++",
    "CLI/": "CLI11",
    "lzma.h": "lzma",
    "openssl/": "OpenSSL",
    "hwy/": "Highway",
    "curses.h": "curses",
    "ncurses": "curses",
    "cuda": "CUDA",
    "cublas": "CUDA",
    "cub/": "CUDA",
    "thrust/": "CUDA",
    "nvtx": "CUDA",
    "hiredis/": "hiredis",
    "prometheus/": "prometheus",
    "Eigen/": "Eigen",
}
COMMON = {"fmt", "tl"}  # result and error are made of them
ALLOWED: dict[str, set[str]] = {
    "core": {"xxhash", "Highway"},
    "core/salt_hash.cpp": {"OpenSSL"},
    "core/trend.cpp": {"Boost"},
    "protocol": set(),
    "metrics": {"prometheus"},
    "config": set(),
    "config/load.cpp": {"toml++"},
    "gpu": {"xxhash", "Highway"},
    "gpu/kernels": set(),
    "gpu/kernels/device.hpp": {"CUDA"},
    "gpu/eigen": {"Eigen"},
    "gpu/emulated": {"Boost"},
    "gpu/cuda": {"xxhash", "CUDA"},
    "actors": {"CAF", "xxhash"},
    "daemon": {"CAF", "Boost", "spdlog", "CLI11", "xxhash"},
    "client": {"CLI11", "OpenSSL", "xxhash", "curses"},
    "ctl": {"CLI11", "curses", "prometheus"},
    "replay": {"lzma"},
    "replay/main.cpp": {"CLI11"},
    "examples": set(),
}
# Bytes and rules only: no system call, so that the fuzzer and the tests see all there is.
PURE = {"protocol"}
SYSTEM = re.compile(r"^(sys/|linux/|netinet/|arpa/)|^(unistd|fcntl|poll|pthread|signal|sched)\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def entry(table: dict[str, set[str]], path: pathlib.PurePosixPath) -> set[str]:
    """The most particular line of a table for this file."""
    for place in (path, *path.parents):
        if str(place) in table:
            return table[str(place)]
    raise KeyError(path)


def own_folder(include: str) -> str | None:
    top = include.split("/", 1)[0]
    return top if "/" in include and (ROOT / top).is_dir() else None


def problem_of_own(path: pathlib.PurePosixPath, include: str) -> str | None:
    target = own_folder(include)
    if target is None:
        local = ROOT / path.parent / include
        public = ROOT / "client/include" / include
        if include.startswith("cellard/") and public.exists():
            target = "client"
        elif local.exists():
            return f'"{include}" has to be written from the root: "{path.parent / include}"'
        else:
            return f'"{include}" is no file of this project'
    folder = path.parts[0]
    if target in ("tests", "bench"):
        return f"{folder} may not include {target}"
    if target != folder and target not in entry(FOLDERS, path):
        return f"{folder} may not include {target} (allowed: {', '.join(sorted(entry(FOLDERS, path))) or 'nothing'})"
    if include.startswith("gpu/cuda/") and not str(path).startswith("gpu/"):
        return f"{folder} may not include gpu/cuda: the seam is gpu/*.hpp"
    if "/detail/" in include and target != folder:
        return f"{folder} may not include {target}'s detail/"
    return None


def problem_of_system(path: pathlib.PurePosixPath, include: str) -> str | None:
    folder = path.parts[0]
    if folder in PURE and SYSTEM.search(include):
        return f"{folder} does no system calls, so it may not include <{include}>"
    if include.startswith("cellard/") or own_folder(include) in FOLDERS:
        return f"<{include}> is ours: write it with quotes"
    for prefix, library in LIBRARIES.items():
        if include.startswith(prefix):
            if library in COMMON or library in entry(ALLOWED, path):
                return None
            return f"{path.parent} may not include {library} (<{include}>)"
    return None


def check(file: pathlib.Path) -> list[str]:
    path = pathlib.PurePosixPath(file.relative_to(ROOT))
    problems = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not (match := INCLUDE.match(line)):
            continue
        own, system = match.groups()
        problem = problem_of_own(path, own) if own else problem_of_system(path, system)
        if problem:
            problems.append(f"{path}:{number}: {problem}")
    return problems


def main() -> int:
    files = [
        file
        for folder in {key.split("/")[0] for key in FOLDERS}
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in SUFFIXES
    ]
    problems = [problem for file in files for problem in check(file)]
    print(*sorted(problems), f"{len(files)} files, {len(problems)} forbidden includes", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
