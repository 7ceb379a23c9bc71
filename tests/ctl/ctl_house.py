# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What tests of cellarctl stand on: a daemon of their own, a client by hand, and the programs' paths."""

import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest


class programs:
    """Paths of the two programs, set by whoever runs the tests."""

    ctl = ""
    cellard = ""


PATIENCE = 30.0  # for a busy machine
KEY = "ab" * 32
OTHER = "cd" * 32


class Daemon:
    """The daemon on a socket of its own; it is up once it said READY=1."""

    def __init__(self, folder: pathlib.Path, config: str = "") -> None:
        self.socket = folder / "cellard.sock"
        self.config = folder / "cellard.toml"
        self.config.write_text(config, encoding="utf-8")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(os.fspath(folder / "notify"))
            notify.settimeout(PATIENCE)
            self.log = (folder / "log").open("wb")
            self.process = subprocess.Popen(
                [programs.cellard, "--config", self.config, "--socket", self.socket],
                env={**os.environ, "NOTIFY_SOCKET": os.fspath(folder / "notify")},
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
            )
            try:
                if b"READY=1" not in notify.recv(4096):
                    raise RuntimeError("the daemon's first word was not READY=1")
            except (OSError, RuntimeError) as problem:
                self.process.kill()
                self.process.wait()
                self.log.close()
                raise RuntimeError(f"{problem}: {(folder / 'log').read_text()}") from problem

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self.log.close()


class WithDaemon(unittest.TestCase):
    CONFIG = '[memory]\ncapacity = "64 MiB"\nprefault = false\n[daemon]\nwatch_file = false\n'

    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cellarctl-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.daemon = Daemon(self.folder, self.CONFIG)
        self.addCleanup(self.daemon.close)

    def ctl(self, *arguments: object, code: int = 0, stdin: bytes = b"") -> subprocess.CompletedProcess:
        done = subprocess.run(
            [programs.ctl, "--socket", self.daemon.socket, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout!r} {done.stderr!r}")
        return done

    def text(self, *arguments: object) -> str:
        return self.ctl(*arguments).stdout.decode()

    def json(self, *arguments: object, code: int = 0) -> dict:
        return json.loads(self.ctl(*arguments, "--json", code=code).stdout)

    def store(self, data: bytes, key: str = KEY, *more: str) -> None:
        self.ctl("put", "notes", key, "-", *more, stdin=data)


class Engine:
    """A client that speaks the protocol by hand, and says hello."""

    def __init__(self, path: pathlib.Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(os.fspath(path))
        self.ask(1, b"CELLARD\0" + struct.pack("<HHIQ", 1, 1, 0, 0))

    def ask(self, opcode: int, body: bytes) -> bytes:
        self.socket.send(struct.pack("<HHIIHH", opcode, 0, 1, 0, 0, 0) + body)
        answer = self.socket.recv(1 << 20)
        if answer[2] != 0:
            raise RuntimeError(answer[16:].decode())
        return answer[16:]

    def close(self) -> None:
        self.socket.close()


def run_tests() -> None:
    """The main program of each file of tests: CELLARCTL CELLARD [TEST...]."""
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} CELLARCTL CELLARD [TEST...]")
    programs.ctl, programs.cellard = sys.argv[1:3]
    os.environ.pop("CELLARD_SOCKET", None)
    os.environ.pop("CELLARD_DEADLINE", None)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
