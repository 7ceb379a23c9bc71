#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""cellarctl where there is no daemon: its answers, its manual, its completion: offline_test.py CELLARCTL CELLARD"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from ctl_house import KEY, PATIENCE, programs, run_tests


class WithoutDaemon(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cellarctl-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def ctl(self, *arguments: object, code: int) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [programs.ctl, *map(str, arguments), "--socket", self.folder / "none.sock"],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout!r} {done.stderr!r}")
        return done

    def test_every_command_says_that_there_is_no_daemon(self) -> None:
        commands = (
            "status", "stats", "sessions", "namespaces", "top", "top --once", "config show", "reload", "drain",
            "clear --yes", "metrics", "ping", "bench", "ls a", f"get a {KEY}", f"rm a {KEY}", f"put a {KEY} /dev/null",
            "namespaces rm a", "trend", "forecast", "forecast -1GiB", "stats --window 1h",
        )  # fmt: skip
        for command in commands:
            with self.subTest(command):
                done = self.ctl(*command.split(), code=69)
                self.assertIn(b"none.sock", done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1)
        error = json.loads(self.ctl("status", "--json", code=69).stdout)["error"]
        self.assertEqual(error["name"], "unavailable")

    def test_the_textfile_says_that_the_daemon_is_down(self) -> None:
        file = self.folder / "cellard.prom"
        self.ctl("metrics", "--textfile", file, code=69)
        self.assertTrue(file.read_text().endswith("cellard_up 0\n"))

    def test_these_need_none(self) -> None:
        for command in ("config default", "devices", "man", "completion bash", "completion zsh", "--help", "--version"):
            with self.subTest(command):
                self.assertTrue(self.ctl(*command.split(), code=0).stdout)

    def test_a_wrong_command_line_is_2(self) -> None:
        for command in ("", "fly", "get a", "ping -c 0", "completion fish", "status --deadline 0"):
            with self.subTest(command):
                self.ctl(*command.split(), code=2)


class Documents(unittest.TestCase):
    def run_ctl(self, *arguments: str) -> str:
        return subprocess.run([programs.ctl, *arguments], capture_output=True, check=True, timeout=PATIENCE).stdout.decode()

    def complete(self, line: str) -> list[str]:
        script = (
            f'source /dev/stdin <<< "$SCRIPT"; COMP_WORDS=({line} ""); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); '
            '_cellarctl; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        env = {**os.environ, "SCRIPT": self.run_ctl("completion", "bash")}
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, check=True, timeout=PATIENCE)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode().split()

    def test_bash_completes_commands_options_and_files(self) -> None:
        self.assertLess({"status", "top", "config", "--json"}, set(self.complete("cellarctl")))
        self.assertLess({"show", "default", "check", "diff"}, set(self.complete("cellarctl --socket x config")))
        self.assertIn("--textfile", self.complete("cellarctl --json metrics"))
        self.assertIn("zsh", self.complete("cellarctl completion"))

    def test_zsh_takes_the_completion(self) -> None:
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        subprocess.run(["zsh", "-n"], input=self.run_ctl("completion", "zsh").encode(), check=True, timeout=PATIENCE)

    def test_the_manual_names_every_command_of_help(self) -> None:
        manual = self.run_ctl("man").replace("\\-", "-")
        for command in ("status", "top", "config show", "namespaces rm", "put", "metrics"):
            self.assertIn(f'.SS "cellarctl {command}', manual)
        self.assertIn("69  no daemon answers", manual)

    def test_the_manual_is_good_roff(self) -> None:
        if shutil.which("groff") is None:
            self.skipTest("groff is not installed")
        done = subprocess.run(
            ["groff", "-man", "-ww", "-Tutf8", "-z"],
            input=self.run_ctl("man").encode(),
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
        self.assertEqual(done.stderr, b"")


if __name__ == "__main__":
    run_tests()
