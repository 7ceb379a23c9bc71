#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Checks what gpu/kernels may not contain (docs/gpu.md has the reasons); each violation is one line file:line. With --self-test,
checks instead that every rule meets its example."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEAM = "device.hpp"  # the one file that may know the compiler

# Rule -> what breaks it, and an example of that.
RULES: dict[str, tuple[str, str]] = {
    "no assembly outside device.hpp": (r"\basm\b", 'asm volatile("nop;");'),
    "no question who compiles outside device.hpp": (r"__CUDA_ARCH__|__CUDACC__|__NVCC__", "#ifdef __CUDA_ARCH__"),
    "shared memory is shared<T>()": (r"__shared__", "__shared__ float x[32];"),
    "no mask of whoever happens to be there": (r"__activemask", "__activemask()"),
    "no fast or inexact function": (
        r"\b(__(exp|log|pow|sin|cos|tan|fdivide|saturate)\w*f?|(exp|exp2|log|log2|pow|sin|cos|tan|rsqrt|tanh)f?)\s*\(",
        "y = expf(x);",
    ),
    "no fmin and fmax: they differ at NaN and -0": (r"\b(fmin|fmax)f?\s*\(", "fmaxf(a, b)"),
    "no operator that may contract: __fmul_rn, __fadd_rn, __fmaf_rn": (r"\bfmaf?\s*\(", "fmaf(a, b, c)"),
    "no waiting for another thread": (r"\bvolatile\b|cooperative_groups|__nanosleep", "volatile int* flag"),
    "no launch from a kernel": (r"<<<|\bcuda[A-Z]\w*\s*\(", "entry<<<1, 1>>>();"),
    "no output, no allocation": (r"\b(printf|malloc|free|new|delete)\b", "printf("),
    "no texture": (r"\btex[123]D\b|\btexture\b", "tex2D(t, x, y)"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?!gpu/kernels/)([^"]+)"|<(\w+\.h|\w+/[^>]+)>)')
SEAM_MAY = ("no assembly", "no question", "shared memory")


def code_of(line: str) -> str:
    """Without its comment and its strings."""
    return re.sub(r'"[^"]*"', '""', line.split("//", 1)[0])


def problems_of(name: str, lines: list[str]) -> list[tuple[int, str]]:
    out = []
    for number, line in enumerate(lines, 1):
        for rule, (pattern, _) in RULES.items():
            if re.search(pattern, code_of(line)) and not (name == SEAM and rule.startswith(SEAM_MAY)):
                out.append((number, rule))
        if name != SEAM and INCLUDE.match(line):
            out.append((number, "includes only gpu/kernels and the standard library"))
    return out


def self_test() -> int:
    deaf = [rule for rule, (_, example) in RULES.items() if rule not in {r for _, r in problems_of("x.cuh", [example])}]
    for example in ('#include "gpu/numbers.hpp"', "#include <cuda_fp16.h>", "#include <cub/cub.cuh>"):
        if not problems_of("x.cuh", [example]):
            deaf.append(example)
    for healthy in ("// no printf here", "#include <cstddef>", '#include "gpu/kernels/device.hpp"', "const float a = __fmaf_rn(b, c, d);"):
        if problems_of("x.cuh", [healthy]):
            deaf.append(f"meets what is allowed: {healthy}")
    print(*deaf, f"rules of kernels: {len(RULES)}, {len(deaf)} of them wrong", sep="\n")
    return 1 if deaf else 0


def main() -> int:
    if "--self-test" in sys.argv:
        return self_test()
    files = sorted((ROOT / "gpu/kernels").iterdir())
    problems = [
        f"{file.relative_to(ROOT)}:{number}: {rule}"
        for file in files
        for number, rule in problems_of(file.name, file.read_text(encoding="utf-8").splitlines())
    ]
    print(*problems, f"{len(files)} files of kernels, {len(problems)} problems", sep="\n")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
