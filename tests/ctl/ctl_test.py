#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Runs every command of cellarctl against a real daemon: ctl_test.py CELLARCTL CELLARD"""

import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import urllib.request

from ctl_house import KEY, OTHER, PATIENCE, Engine, WithDaemon, programs, run_tests


class Blocks(WithDaemon):
    def test_a_block_comes_back_as_it_was_stored(self) -> None:
        data = os.urandom(100_000)
        self.store(data)
        self.assertEqual(self.ctl("get", "notes", KEY).stdout, data)
        target = self.folder / "block"
        answer = self.json("get", "notes", KEY, "-o", target)
        self.assertEqual((answer["bytes"], target.read_bytes()), (len(data), data))

    def test_a_file_is_stored_once(self) -> None:
        source = self.folder / "source"
        source.write_bytes(b"x" * 10)
        self.assertEqual(self.json("put", "notes", KEY, source)["status"], "ok")
        self.assertEqual(self.json("put", "notes", KEY, source)["status"], "exists")
        self.assertIn("was there already", self.text("put", "notes", KEY, source))

    def test_ls_shows_chains_and_rm_takes_what_continues(self) -> None:
        self.store(b"root")
        self.store(b"child", OTHER, "--parent", KEY)
        rows = {row["key"]: row for row in self.json("ls", "notes")["blocks"]}
        self.assertEqual((rows[KEY]["bytes"], rows[KEY]["children"], rows[OTHER]["depth"] - rows[KEY]["depth"]), (4, 1, 1))
        self.assertIn(OTHER, self.text("ls", "notes"))
        self.assertEqual(self.json("rm", "notes", KEY)["removed"], 2)
        self.assertEqual(self.json("ls", "notes")["blocks"], [])
        self.assertIn(b"no such block", self.ctl("rm", "notes", KEY, code=1).stderr)

    def test_rm_overwrites_when_asked(self) -> None:
        self.store(b"secret")
        self.assertEqual(self.json("rm", "notes", KEY, "--scrub"), {"removed": 1, "later": 0})
        self.store(b"secret")
        self.assertIn("overwrote the bytes", self.text("rm", "notes", KEY, "--scrub"))
        self.assertIn(b"no such block", self.ctl("rm", "notes", KEY, "--scrub", code=1).stderr)

    def test_what_is_not_there_is_said_and_not_made(self) -> None:
        self.assertIn(b"no namespace 'nobody'", self.ctl("ls", "nobody", code=1).stderr)
        self.assertEqual(self.json("namespaces")["namespaces"], [])
        self.store(b"x")
        self.assertIn(b"no such block", self.ctl("get", "notes", OTHER, code=1).stderr)
        self.assertIn(b"64 hexadecimal digits", self.ctl("get", "notes", "abc", code=1).stderr)
        self.assertIn(b"no hexadecimal", self.ctl("get", "notes", "zz" * 32, code=1).stderr)
        self.assertIn(b"cannot open", self.ctl("put", "notes", OTHER, self.folder / "nothing", code=1).stderr)
        self.assertEqual(self.json("get", "notes", OTHER, "-o", "/dev/null", code=1)["error"]["name"], "not_found")

    def test_a_put_without_its_parent_is_refused_by_name(self) -> None:
        failed = self.ctl("put", "notes", KEY, "-", "--parent", OTHER, stdin=b"x", code=1)
        self.assertIn(b"no_parent", failed.stderr)

    def test_another_layout_is_refused_in_the_daemons_words(self) -> None:
        self.store(b"x", KEY, "--max-bytes", "1 KiB")
        failed = self.ctl("put", "notes", OTHER, "-", "--max-bytes", "2 KiB", stdin=b"x", code=1)
        self.assertIn(b"another layout", failed.stderr)
        self.store(b"y", OTHER)  # without the option the namespace's own layout counts

    def test_a_namespace_of_an_engine_is_read_written_and_emptied(self) -> None:
        # An f16 layout as docs/protocol.md has it; cellarctl never heard of it.
        name, shape = b"engine", struct.pack("<B3x5IQIHH8x", 2, 1, 1, 8, 8, 4, 0, 0, 1, 0)
        engine = Engine(self.daemon.socket)
        self.addCleanup(engine.close)
        engine.ask(2, shape + struct.pack("<HH", 1, len(name)) + name + bytes(-len(name) % 4))
        data = os.urandom(2 * 1 * 4 * 1 * 16)
        self.ctl("put", "engine", KEY, "-", stdin=data)
        self.assertEqual(self.ctl("get", "engine", KEY).stdout, data)
        self.assertEqual([row["key"] for row in self.json("ls", "engine")["blocks"]], [KEY])
        self.assertIn(b"128", self.ctl("put", "engine", OTHER, "-", stdin=b"short", code=1).stderr)
        self.assertEqual(self.json("rm", "engine", KEY)["removed"], 1)

    def test_salts_are_kept_apart(self) -> None:
        self.store(b"x", KEY, "--salt", "a")
        self.ctl("get", "notes", KEY, code=1)
        self.assertEqual(self.ctl("get", "notes", KEY, "--salt", "a").stdout, b"x")

    def test_a_namespace_can_be_removed(self) -> None:
        self.store(b"x")
        self.assertIn("notes", self.text("namespaces"))
        self.assertIn("notes", self.text("namespaces", "ls"))
        self.ctl("namespaces", "rm", "notes")
        self.assertEqual(self.json("namespaces")["namespaces"], [])
        self.assertEqual(self.json("namespaces", "rm", "notes", code=1)["error"]["name"], "not_found")


class Numbers(WithDaemon):
    def test_status_says_how_the_daemon_is(self) -> None:
        self.assertIn(f"pid {self.daemon.process.pid}, ok", self.text("status"))
        answer = self.json("status")
        self.assertEqual((answer["health"]["status"], answer["stats"]["capacity_bytes"]), ("ok", 64 << 20))

    def test_stats_and_sessions(self) -> None:
        self.store(b"x")
        self.assertEqual(self.json("stats")["blocks"], 1)
        self.assertIn("used_bytes", self.text("stats"))
        names = [row["name"] for row in self.json("sessions")["sessions"]]
        self.assertIn("cellarctl", names)
        self.assertIn("cellarctl", self.text("sessions"))

    def test_trend_says_what_happened_and_that_little_is_no_trend(self) -> None:
        self.store(b"x")
        answer = self.json("trend", "--window", "10min")
        puts = answer["numbers"]["puts"]
        self.assertAlmostEqual(puts["average"] * answer["covered_seconds"], 1, places=1)
        self.assertFalse(puts["trend"]["is_trend"])
        self.assertEqual(answer["marks"][0]["what"], "start")
        self.daemon.config.write_text(self.CONFIG + "[statistics]\nnamespaces = 2\n", encoding="utf-8")
        self.ctl("reload")
        self.assertRegex(self.text("trend"), r"reload .* ago")
        self.assertRegex(self.text("trend", "puts", "--namespace", "notes"), r"puts +\S+.*no trend: too few points")
        self.assertIn(b"there are blocks, ", self.ctl("trend", "nothing", code=1).stderr)
        self.assertIn(b"no time", self.ctl("trend", "--window", "8days", code=1).stderr)
        self.assertEqual(self.json("trend", "--namespace", "none", code=1)["error"]["name"], "not_found")

    def test_forecast_says_that_little_is_not_enough_and_then_what_memory_is_worth(self) -> None:
        self.store(b"x")
        self.assertIn("not enough yet: a forecast needs 1000 sampled blocks", self.text("forecast"))
        self.assertFalse(self.json("forecast", "+8MiB")["enough"])
        self.assertNotIn("cellard_forecast_hit_ratio", self.text("metrics"))
        engine, name = Engine(self.daemon.socket), b"engine"
        self.addCleanup(engine.close)
        shape = struct.pack("<B3x5IQIHH8x", 2, 1, 1, 1024, 1024, 16, 0, 0, 1, 0)  # so large that all fit the sample
        space = struct.unpack_from("<I", engine.ask(2, shape + struct.pack("<HH", 1, len(name)) + name + b"\0\0"))[0]
        self.ctl("put", "engine", KEY, "-", stdin=bytes(1 << 16))
        for _ in range(300):
            engine.ask(6, struct.pack("<IHHII", space, 0, 4, 0, 0) + bytes.fromhex(KEY) + os.urandom(96))
        answer = self.json("forecast", "-8MiB", "+8MiB", "128 MiB")
        self.assertEqual((answer["blocks_asked"], answer["hit_ratio"], answer["enough"]), (1200, 0.25, True))
        self.assertEqual([each["hit_ratio"] for each in answer["points"]], [0.25] * 3)
        now = answer["capacity_bytes"]
        self.assertEqual([each["capacity_bytes"] for each in answer["points"]], [now - (8 << 20), now + (8 << 20), 128 << 20])
        text = self.text("forecast", "+8MiB", "-8MiB", "--namespace", "engine")
        self.assertIn("with 8.0 MiB more you would hit 25.0 %, with 8.0 MiB less 25.0 %", text)
        self.assertRegex(self.text("forecast"), r"(?m)^ *\S+ MiB +what there is +25.0 %")
        self.assertRegex(self.text("metrics"), r'(?m)^cellard_forecast_hit_ratio{capacities="2"} 0.25$')
        self.assertIn(b"is no amount of memory", self.ctl("forecast", "-1TiB", code=1).stderr)
        self.assertEqual(self.json("forecast", "--namespace", "none", code=1)["error"]["name"], "not_found")

    def test_stats_of_a_window_are_averages(self) -> None:
        self.store(b"x")
        self.assertRegex(self.text("stats", "--window", "1min"), r"put_bytes +\S+ (B|KiB)/s")
        self.assertIn("hit_ratio", self.json("stats", "--window", "1min", "--namespace", "notes")["numbers"])

    def test_own_numbers_leave_the_daemons_out(self) -> None:
        self.assertIn("capacity_bytes", self.json("stats"))
        self.assertNotIn("capacity_bytes", self.json("stats", "--own"))
        self.assertIn("capacity_bytes", self.json("stats", "--all"))

    def test_metrics_are_prometheus_text(self) -> None:
        self.store(b"x")
        text = self.text("metrics")
        self.assertIn('cellard_blocks{namespace="notes"', text)
        self.assertRegex(text, r"(?m)^cellard_requests_total \d")
        self.assertEqual(self.json("metrics")["cellard_up"]["samples"][0]["value"], 1)
        file = self.folder / "cellard.prom"
        self.ctl("metrics", "--textfile", file)
        self.assertIn("cellard_up 1\n", file.read_text())
        self.assertEqual(file.stat().st_mode & 0o777, 0o644)

    def test_ping_and_bench_measure(self) -> None:
        self.assertEqual(self.json("ping", "-c", 3)["calls"], 3)
        self.assertIn("p50", self.text("ping", "-c", 3))
        answer = self.json("bench", "--size", "64 KiB", "-c", 8)
        self.assertEqual((answer["stored"], answer["found"]), (8, 8))
        self.assertIn("GB/s", self.text("bench", "--size", "4 KiB", "-c", 2))
        self.assertEqual(self.json("namespaces")["namespaces"], [])

    def test_devices_are_the_hosts(self) -> None:
        answer = self.json("devices")
        self.assertGreater(answer["memory"]["total_bytes"], 0)
        self.assertEqual(answer["pages"]["bytes"], os.sysconf("SC_PAGESIZE"))
        self.assertIn("shares are of", self.text("devices"))


class Page(WithDaemon):
    CONFIG = WithDaemon.CONFIG + '[metrics]\nlisten = "127.0.0.1:0"\n'

    def test_the_daemons_own_page_is_the_same_text(self) -> None:
        self.store(b"x")
        url = re.search(r"http://\S+/metrics", (self.folder / "log").read_text())[0]
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            page, kind = answer.read().decode(), answer.headers["Content-Type"]
        self.assertTrue(kind.startswith("text/plain; version=0.0.4"), kind)
        moving = ("uptime_seconds", "requests_total", "sessions", "sessions_opened_total", "staging_bytes")  # cellarctl is a client itself
        still = [
            [re.sub(r" \S+$", "", line) if line.startswith(tuple(f"cellard_{name} " for name in moving)) else line
             for line in text.splitlines()]
            for text in (page, self.text("metrics"))
        ]  # fmt: skip
        self.assertEqual(*still)
        self.assertIn('cellard_blocks{namespace="notes",tenant=', page)
        self.daemon.config.write_text(self.CONFIG.replace("127.0.0.1", "[::1]"), encoding="utf-8")
        self.assertRegex(self.text("reload"), r"metrics.listen.*restart")


class Configuration(WithDaemon):
    def test_show_loads_to_the_same(self) -> None:
        file = self.folder / "shown.toml"
        file.write_text(self.text("config", "show"), encoding="utf-8")
        self.assertEqual(self.text("config", "diff", file), "")
        self.assertEqual(self.json("config", "diff", file), {"differences": []})
        self.assertIn("64 MiB", self.text("config", "show", "--changed"))

    def test_default_is_a_good_file(self) -> None:
        for mode in ("inference", "bulk"):
            file = self.folder / "default.toml"
            file.write_text(self.text("config", "default", "--mode", mode), encoding="utf-8")
            self.assertIn("is good", self.text("config", "check", file))
        self.assertIn("[memory]", self.json("config", "default")["toml"])
        self.ctl("config", "default", "--mode", "hasty", code=2)

    def test_a_bad_file_is_refused_with_its_line(self) -> None:
        file = self.folder / "bad.toml"
        file.write_text('[limits]\nframe = "9 GiB"\nframes = 1\n', encoding="utf-8")
        failed = self.ctl("config", "check", file, code=1)
        self.assertIn(b"bad.toml:2", failed.stderr)
        self.assertIn(b"limits.frame", failed.stderr)
        self.assertEqual(self.json("config", "check", file, code=1)["error"]["name"], "config_invalid")
        self.ctl("config", "check", self.folder / "nothing.toml", code=1)

    def test_diff_says_what_a_reload_would_change(self) -> None:
        file = self.folder / "wanted.toml"
        file.write_text(self.CONFIG.replace("64", "32") + 'slow_request = "1 s"\n', encoding="utf-8")
        keys = {row["key"]: row["file"] for row in self.json("config", "diff", file)["differences"]}
        self.assertEqual(set(keys), {"memory.capacity", "daemon.slow_request"})
        self.assertIn("daemon.slow_request", self.text("config", "diff", file))

    def test_reload_takes_a_good_file_and_says_what_changed(self) -> None:
        self.assertIn("nothing changed", self.text("reload"))
        self.daemon.config.write_text(self.CONFIG + 'slow_request = "1 s"\n', encoding="utf-8")
        self.assertIn("daemon.slow_request", self.text("reload"))
        self.assertIn('slow_request = "1 s"', self.text("config", "show"))
        self.assertEqual(self.json("reload"), {"changes": []})

    def test_reload_of_a_bad_file_fails_with_the_parsers_message(self) -> None:
        before = self.text("config", "show")
        self.daemon.config.write_text("[memory]\ncapacity = 'much'\n", encoding="utf-8")
        failed = self.ctl("reload", code=1)
        self.assertIn(b"cellard.toml:2", failed.stderr)
        self.assertIn(b"memory.capacity", failed.stderr)
        self.assertEqual(self.text("config", "show"), before)

    def test_drain_refuses_new_blocks_and_clear_removes_all(self) -> None:
        self.store(b"x")
        self.ctl("clear", code=2)
        self.assertEqual(self.json("clear", "--yes")["removed"], 1)
        self.store(b"x")
        self.assertIn("draining", self.text("drain"))
        self.assertEqual(self.json("status")["health"]["status"], "draining")
        self.ctl("put", "notes", OTHER, "-", stdin=b"y", code=1)
        self.assertEqual(self.ctl("get", "notes", KEY).stdout, b"x")


class Top(WithDaemon):
    def test_without_a_terminal_it_prints_once(self) -> None:
        self.store(b"x")
        for more in ([], ["--once"]):
            text = self.text("top", "--interval", "0.05", *more)
            self.assertIn("NAMESPACE", text)
            self.assertIn("notes", text)

    def start(self) -> None:
        self.master, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.addCleanup(os.close, self.terminal)
        termios.tcsetwinsize(self.terminal, (40, 120)) if hasattr(termios, "tcsetwinsize") else None
        self.before = termios.tcgetattr(self.terminal)
        self.seen = b""
        self.top = subprocess.Popen(
            [programs.ctl, "--socket", self.daemon.socket, "top", "--interval", "0.05"],
            stdin=self.terminal,
            stdout=self.terminal,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40", "LC_ALL": "C.UTF-8"},
        )
        self.addCleanup(self.top.stderr.close)

    def read_until(self, text: bytes) -> None:
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            self.assertGreater(end, time.monotonic(), f"no {text!r} in {self.seen[-2000:]!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536)

    def check_restored(self) -> None:
        self.read_until(b"\x1b[?1049l")  # the screen that was there before
        self.assertEqual(self.top.wait(PATIENCE), 0, self.top.stderr.read())
        self.assertEqual(termios.tcgetattr(self.terminal), self.before)

    def test_q_ends_it_and_the_terminal_is_as_before(self) -> None:
        self.store(b"x")
        self.start()
        self.read_until(b"NAMESPACE")
        self.read_until("▁".encode())
        os.write(self.master, b"s")
        self.read_until(b"hits")
        os.write(self.master, b"q")
        self.check_restored()

    def test_a_signal_ends_it_and_the_terminal_is_as_before(self) -> None:
        self.start()
        self.read_until(b"NAMESPACE")
        self.top.send_signal(signal.SIGTERM)
        self.check_restored()

    def test_it_outlives_the_daemon(self) -> None:
        self.start()
        self.read_until(b"NAMESPACE")
        self.daemon.process.send_signal(signal.SIGTERM)
        self.read_until(b"no numbers")
        os.write(self.master, b"q")
        self.check_restored()


if __name__ == "__main__":
    run_tests()
