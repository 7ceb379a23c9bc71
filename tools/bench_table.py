#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Prints the JSON lines of benchmarks as a table: bench_table.py [FILE], default standard input."""

import json
import sys

COLUMNS = ("bench", "value", "unit", "reference", "ratio", "goal", "met")


def cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return str(value)


def main() -> int:
    source = open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin
    rows = [COLUMNS]
    for line in source:
        if not line.startswith("{"):
            print(line, end="")  # a program's remark
            continue
        record = json.loads(line)
        rows.append(tuple(cell(record.get(column)) for column in COLUMNS))
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    for number, row in enumerate(rows):
        text = (
            field.ljust(width) if name in ("bench", "unit", "goal") else field.rjust(width)
            for name, field, width in zip(COLUMNS, row, widths)
        )
        print("  ".join(text).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    return 0


if __name__ == "__main__":
    sys.exit(main())
