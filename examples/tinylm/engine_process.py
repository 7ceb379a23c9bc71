# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The driver's side of one worker: starts it, sends it commands, waits for answers, never longer than a bound."""

import json
import os
import pathlib
import selectors
import subprocess
import sys
import time
from typing import Any

ANSWER_SECONDS = 60.0
WORKER = pathlib.Path(__file__).resolve().with_name("worker.py")


class WorkerError(RuntimeError):
    """A worker ended, or did not answer in time."""


class EngineProcess:
    """One worker.py. Commands can be sent to several before the first answer is waited for."""

    def __init__(self, name: str, *options: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, os.fspath(WORKER), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._received = b""

    def ready(self) -> "EngineProcess":
        """Waits until the model is loaded and the daemon connected."""
        self.answer()
        return self

    def send(self, do: str, **arguments: Any) -> None:
        """Sends a command; its answer is still to be fetched."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        except BrokenPipeError:
            raise WorkerError(f"engine {self.name} has ended") from None

    def answer(self) -> dict[str, Any]:
        """The next answer."""
        assert self._process.stdout is not None
        until = time.monotonic() + ANSWER_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._received:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise WorkerError(f"engine {self.name} did not answer within {ANSWER_SECONDS:.0f} s")
                piece = os.read(self._process.stdout.fileno(), 65536)
                if not piece:
                    raise WorkerError(f"engine {self.name} ended without an answer (what it said is above)")
                self._received += piece
        line, self._received = self._received.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Sends a command and waits for its answer."""
        self.send(do, **arguments)
        return self.answer()

    def kill(self) -> int:
        """kill -9; the worker gets no chance to give anything back. Returns its exit code, -9."""
        self._process.kill()
        code = self._process.wait()
        self._close_pipes()
        return code

    def close(self) -> None:
        """Ends the worker by closing its stdin, or by force where that does not do. Harmless on one that ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
