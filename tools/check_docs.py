#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Checks that documents and code name the same things:

- docs/errors.md has one row for every errc, with its number, and client.h has the same number;
- docs/protocol.md has a section for every opcode, with its number, and its chain keys are right;
- docs/configuration.md names every key of config/cellard.example.toml;
- no source file passes its ceiling (a warning only).
"""

import hashlib
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CEILINGS = {".cpp": 400, ".hpp": 250}
SOURCES = ("core", "protocol", "config", "metrics", "gpu", "actors", "daemon", "client", "ctl", "replay", "tests", "bench")


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def enumerators(path: str, enum: str) -> dict[str, int]:
    body = re.search(rf"enum class {enum}\b[^{{]*\{{(.*?)\}};", text(path), re.DOTALL)
    assert body, f"{path} has no enum class {enum}"
    return {name: int(value) for name, value in re.findall(r"^\s*(\w+) = (\d+),", body[1], re.MULTILINE)}


def check_errors() -> list[str]:
    rows = dict(re.findall(r"^\| *(\d+) *\| *`(\w+)`", text("docs/errors.md"), re.MULTILINE))
    abi = dict(re.findall(r"^\s*CELLARD_(\w+) = (\d+),?$", text("client/include/cellard/client.h"), re.MULTILINE))
    problems = []
    codes = enumerators("core/error.hpp", "errc")
    for name, number in codes.items():
        if rows.pop(str(number), None) != name:
            problems.append(f"docs/errors.md: no row '| {number} | `{name}` |' (core/error.hpp has it)")
        if abi.get(name.upper()) != str(number):
            problems.append(f"client/include/cellard/client.h: CELLARD_{name.upper()} is not {number}")
    return problems + [f"docs/errors.md: {name} ({number}) is no errc" for number, name in rows.items()]


def check_opcodes() -> list[str]:
    sections = dict(re.findall(r"^#{2,4} (\d+) `(\w+)`", text("docs/protocol.md"), re.MULTILINE))
    problems = []
    for name, number in enumerators("protocol/frame.hpp", "opcode").items():
        if sections.pop(str(number), None) != name:
            problems.append(f"docs/protocol.md: no section '### {number} `{name}`' (protocol/frame.hpp has it)")
    return problems + [f"docs/protocol.md: {name} ({number}) is no opcode" for number, name in sections.items()]


def check_chain_keys() -> list[str]:
    """The key examples, computed from the definition that stands above them."""

    def sha256(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    expected = [sha256(b"cellard key v1\0", bytes(range(1, 9)))]
    for tokens, extra in ((range(1, 9), b""), (range(1, 5), b"lora-7")):
        key = sha256(b"cellard chain v1\0", struct.pack("<II", 4, len(extra)), extra)
        expected.append(key)
        for start in range(0, len(tokens), 4):
            key = sha256(key, struct.pack("<4I", *tokens[start : start + 4]))
            expected.append(key)
    page = text("docs/protocol.md")
    return [f"docs/protocol.md: the key {key.hex()} of the examples is not there" for key in expected if key.hex() not in page]


def check_configuration() -> list[str]:
    example, page = ROOT / "config/cellard.example.toml", ROOT / "docs/configuration.md"
    absent = [str(path.relative_to(ROOT)) for path in (example, page) if not path.exists()]
    if absent:
        print(f"SKIPPED: configuration keys: {' and '.join(absent)} not there yet")
        return []
    documented = page.read_text(encoding="utf-8")
    table, problems = "", []
    for number, line in enumerate(example.read_text(encoding="utf-8").splitlines(), 1):
        if heading := re.match(r"\s*#?\s*\[+([\w.\"-]+)\]+\s*$", line):
            table = heading[1]
        elif key := re.match(r"\s*#?\s*([a-z][a-z0-9_]*) = \S", line):
            full = f"{table}.{key[1]}" if table else key[1]
            if f"`{full}`" not in documented and f"`{key[1]}`" not in documented:
                problems.append(f"config/cellard.example.toml:{number}: {full} is not in docs/configuration.md")
    return problems


def warn_sizes() -> None:
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*")):
            if ceiling := CEILINGS.get(file.suffix):
                lines = len(file.read_text(encoding="utf-8", errors="replace").splitlines())
                if lines > ceiling:
                    print(f"warning: {file.relative_to(ROOT)} has {lines} lines, aim at {ceiling} or fewer")


def main() -> int:
    warn_sizes()
    problems = check_errors() + check_opcodes() + check_chain_keys() + check_configuration()
    print(*problems, f"documents: {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
