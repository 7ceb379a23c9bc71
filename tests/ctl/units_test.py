#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Installs the units and asks systemd about them: units_test.py CMAKE BUILD CELLARCTL CELLARD"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
THRESHOLD = "10"  # of systemd-analyze's exposure in tenths: 1.0


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
    )  # fmt: skip


def skip(why: str) -> int:
    print(f"SKIPPED: {why}; the units were NOT checked")
    return SKIPPED


def staged(stage: pathlib.Path, cmake: str, build: str, programs: dict[str, str]) -> list[pathlib.Path]:
    """Installs, and lets the units name the programs of the build, since verify looks for them."""
    done = subprocess.run(
        [cmake, "--install", build, "--component", "systemd"],
        env={**os.environ, "DESTDIR": os.fspath(stage)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    folder = next(stage.rglob("systemd/system"))
    units = sorted(path for path in folder.iterdir() if path.is_file())
    for unit in units:
        text = unit.read_text()
        for name, program in programs.items():
            text = re.sub(rf"=\S*bin/{name}(?=\s)", f"={program}", text)
        # The user and the manual come with the package.
        text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
        unit.write_text(text)
    return units


def check(units: list[pathlib.Path], stage: pathlib.Path) -> list[str]:
    problems = []
    names = {unit.name for unit in units}
    for wanted in ("cellard.service", "cellard.socket", "cellard.slice"):
        if wanted not in names:
            problems.append(f"{wanted} was not installed")
    for wanted in ("sysusers.d/cellard.conf", "tmpfiles.d/cellard.conf", "cellard/cellard.toml"):
        if not list(stage.rglob(wanted)):
            problems.append(f"{wanted} was not installed")
    verified = run("systemd-analyze", "verify", *map(str, units))
    if verified.returncode != 0 or verified.stdout:
        problems.append(f"systemd-analyze verify ({verified.returncode}) prints:\n{verified.stdout}")
    service = next(str(unit) for unit in units if unit.name == "cellard.service")
    security = run("systemd-analyze", "security", "--offline=yes", f"--threshold={THRESHOLD}", service)
    print(security.stdout.strip().splitlines()[-1] if security.stdout.strip() else "")
    if security.returncode != 0:
        problems.append(f"systemd-analyze security:\n{security.stdout}")
    # With the drop-in for metrics.listen it still has to parse, and to reach the loopback device alone.
    shutil.copytree(next(stage.rglob("drop-ins")), f"{service}.d", ignore=shutil.ignore_patterns("[!3]*"))
    verified = run("systemd-analyze", "verify", service)
    if verified.returncode != 0 or verified.stdout:
        problems.append(f"systemd-analyze verify with 30-metrics.conf prints:\n{verified.stdout}")
    security = run("systemd-analyze", "security", "--offline=yes", service).stdout
    if "access to the host's network" not in security or "only localhost entries" not in security:
        problems.append(f"30-metrics.conf does not open the loopback device alone:\n{security}")
    return problems


def main(cmake: str, build: str, cellarctl: str, cellard: str) -> int:
    if shutil.which("systemd-analyze") is None:
        return skip("systemd-analyze is not installed (package systemd)")
    if (version := run("systemd-analyze", "--version")).returncode != 0:
        return skip(f"systemd-analyze does not run: {version.stdout}")
    print(version.stdout.splitlines()[0])
    with tempfile.TemporaryDirectory(prefix="cellard-units-") as name:
        stage = pathlib.Path(name)
        units = staged(stage, cmake, build, {"cellard": cellard, "cellarctl": cellarctl})
        problems = check(units, stage)
    print(*problems, f"{len(units)} units, {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(f"usage: {sys.argv[0]} CMAKE BUILD CELLARCTL CELLARD")
    sys.exit(main(*sys.argv[1:]))
