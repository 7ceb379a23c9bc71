# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Starts the daemon as a user would, with no arguments, and finds the socket on which that very process listens."""

import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

START_SECONDS = 30.0
STOP_SECONDS = 20.0
PATIENCE = 5.0  # for the readiness message, before the socket alone has to do


class DaemonError(RuntimeError):
    """The daemon did not start, or did not end as it should."""


def default_sockets() -> list[pathlib.Path]:
    """Where a daemon without configuration listens, the clients' own default first."""
    directories = []
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        directories.append(pathlib.Path(runtime) / "cellard")
    if not runtime or os.geteuid() == 0:
        directories.append(pathlib.Path("/run/cellard"))
    return [directory / "cellard.sock" for directory in directories]


def listener(path: pathlib.Path) -> int | None:
    """The process id of who listens on `path`, by the kernel's word; None where nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
            peer = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
    return int(struct.unpack("3i", peer)[0])


class Daemon:
    """A running daemon. `note` tells the reader what was not as in a plain start; most often it is empty."""

    def __init__(self, program: pathlib.Path, scratch: pathlib.Path) -> None:
        self._log = scratch / "daemon.log"
        command, candidates = [os.fspath(program)], default_sockets()
        self.note = ""
        alive = [path for path in candidates if listener(path) is not None]
        no_place = os.geteuid() != 0 and not os.environ.get("XDG_RUNTIME_DIR")
        if alive or no_place:
            candidates = [scratch / "cellard.sock"]
            command += ["--socket", os.fspath(candidates[0])]
            why = f"a daemon already serves {alive[0]}" if alive else "no XDG_RUNTIME_DIR is set"
            self.note = f"{why}, so this one listens on {candidates[0]}"

        environment = {key: value for key, value in os.environ.items() if not key.startswith(("LISTEN_", "WATCHDOG_"))}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(os.fspath(scratch / "notify"))
            notify.settimeout(0.05)
            environment["NOTIFY_SOCKET"] = os.fspath(scratch / "notify")
            began = time.monotonic()
            with self._log.open("wb") as log:
                try:
                    self._process = subprocess.Popen(
                        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                    )
                except OSError as error:
                    raise DaemonError(f"cannot run {program}: {error.strerror}") from None
            try:
                self.socket = self._wait(notify, candidates, began)
            except BaseException:
                self._process.kill()
                self._process.wait()
                raise
            self.start_seconds = time.monotonic() - began
        # Clients look in the default place by themselves; only another one has to be told.
        if self.note or self.socket != default_sockets()[0]:
            os.environ["CELLARD_SOCKET"] = os.fspath(self.socket)

    def _wait(self, notify: socket.socket, candidates: list[pathlib.Path], began: float) -> pathlib.Path:
        """Waits for READY=1, or, where none comes, for the socket; then for the socket that is this process's."""
        ready = False
        while (passed := time.monotonic() - began) < START_SECONDS:
            if self._process.poll() is not None:
                raise DaemonError(f"the daemon ended at start with code {self._process.returncode}:\n{self.log_tail()}")
            with contextlib.suppress(TimeoutError):
                ready = ready or b"READY=1" in notify.recv(4096).split(b"\n")
            if ready or passed > PATIENCE:
                for path in candidates:
                    if listener(path) == self._process.pid:
                        return path
        places = " or ".join(map(str, candidates))
        raise DaemonError(f"the daemon was not on {places} after {START_SECONDS:.0f} s:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The end of what the daemon printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()

    def stop(self) -> int:
        """Asks the daemon to end, and returns its exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise DaemonError(f"the daemon ran on {STOP_SECONDS:.0f} s after SIGTERM:\n{self.log_tail()}") from None

    def close(self) -> None:
        """Ends the daemon whatever it takes; does nothing where it ended already."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
