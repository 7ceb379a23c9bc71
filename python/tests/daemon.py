# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""A daemon of a test's own: started from $CELLARD_DAEMON on a socket in a temporary folder."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 30.0


class Daemon:
    """One process; `start` returns when it said READY=1."""

    def __init__(self, binary: str, folder: Path, configuration: str = "") -> None:
        self.binary = binary
        self.configuration = configuration
        self.folder = folder
        self.socket = folder / "cellard.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Daemon":
        arguments = [self.binary, "--socket", str(self.socket)]
        if self.configuration:
            file = self.folder / "cellard.toml"
            file.write_text(self.configuration)
            arguments += ["--config", str(file)]
        notify = self.folder / "notify"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(notify))
            ready.settimeout(0.1)
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    arguments,
                    env={
                        **os.environ,
                        "NOTIFY_SOCKET": str(notify),
                        "XDG_RUNTIME_DIR": str(self.folder),
                    },
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self._await_ready(ready)
        return self

    def _await_ready(self, ready: socket.socket) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"the daemon ended with {self.process.returncode}:\n{self.log()}"
                )
            try:
                if b"READY=1" in ready.recv(4096):
                    return
            except TimeoutError:
                continue
        self.stop(signal.SIGKILL)
        raise RuntimeError(f"the daemon was not ready after {START_SECONDS} s:\n{self.log()}")

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self.socket.unlink(missing_ok=True)


def short_folder() -> "tempfile.TemporaryDirectory[str]":
    """A path short enough for a socket address (107 bytes), which pytest's own folders are not."""
    return tempfile.TemporaryDirectory(prefix="cellard-py-")
