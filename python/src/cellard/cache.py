# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The connection to the daemon."""

import json
from dataclasses import dataclass
from os import PathLike, fspath
from types import TracebackType
from typing import Any

from . import _cellard
from .aio import LoopQueues
from .errors import MISSES
from .layout import Layout, existing_as_c
from .space import Space


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The daemon and the connection. ``instance`` changes with every start of the daemon; sizes are
    bytes.
    """

    server: str
    instance: int
    pid: int
    connected: bool
    shared_memory: bool
    privileged: bool
    max_keys: int
    max_requests: int
    max_block_bytes: int
    staging_bytes: int
    reconnects: int
    leases_lost: int


class Cache:
    """One connection; made by ``connect``. A context manager that closes it.

    Threads may share a cache; one request is in flight at a time, so threads that must not wait for
    each other connect each. It reconnects by itself. A child process after fork gets Forked and
    connects anew.
    """

    def __init__(self, client: _cellard.Client, strict: bool) -> None:
        self._client = client
        self._strict = strict
        self._queues = LoopQueues(client)

    def open(
        self,
        name: str,
        layout: Layout | None = None,
        *,
        weights: str = "",
        salt: bytes = b"",
        kv_group: int = 0,
        max_age: float | None = None,
    ) -> Space:
        """Opens a namespace, creating it at first.

        layout: what its blocks look like. None opens what is there, whatever its layout, which is
            then ``space.layout``: this raises Error (NOT_FOUND) where there is none, and
            Unavailable without a daemon.
        weights: fingerprint of the weights ("sha256:..."): blocks of other weights must not be
            found.
        salt: keeps the blocks of different users apart.
        kv_group: for models whose layers have several kinds of KV, one namespace each.
        max_age: seconds after which a block no longer counts.

        Raises LayoutMismatch when it exists with another layout. Without a daemon the space gives
        misses until there is one (a strict cache raises Unavailable, here or when it is used).
        """
        salt = bytes(salt)
        if layout is None:
            if weights or max_age is not None:
                raise TypeError("weights and max_age are those of the namespace that is there")
            found = self._client.open(name, existing_as_c(kv_group), salt)
            return Space(name, Layout.of_c(found.layout()), self._strict, lambda: found, self._queues)
        if not isinstance(layout, Layout):
            raise TypeError(f"layout is {type(layout).__name__}, not cellard.Layout")
        if max_age is not None and max_age <= 0:
            raise ValueError(f"max_age is {max_age}, it has to be more than 0 seconds")
        fields = layout.as_c(weights, kv_group, max_age)
        space = Space(
            name, layout, self._strict, lambda: self._client.open(name, fields, salt), self._queues
        )
        try:
            space._opened()
        except MISSES:
            if self._strict:
                raise
        return space

    @property
    def server(self) -> ServerInfo:
        """What the daemon said at hello, and how the connection is."""
        return ServerInfo(**self._client.server())

    def stats(self, all: bool = False) -> dict[str, Any]:
        """Counters and sizes; ``all`` for every tenant's, for owner and root. Raises when there is
        no daemon.
        """
        return self._object("stats", all)

    def health(self) -> dict[str, Any]:
        """Whether the daemon is well, and if not, why."""
        return self._object("health", False)

    def _object(self, what: str, all: bool) -> dict[str, Any]:
        answer = self.admin(what, all)
        return answer if isinstance(answer, dict) else {what: answer}

    def admin(self, what: str, all: bool = False) -> Any:
        """Asks for "stats", "health", "namespaces", "sessions", "config", "reload", "drain" or
        "clear".

        The answer is what the daemon's JSON says, or a string when it is none.
        """
        text = self._client.admin(what, all)
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text

    def forget(self, name: str, kv_group: int = 0) -> None:
        """Removes a namespace with all its blocks."""
        self._client.forget(name, kv_group)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._client.closed

    def close(self) -> None:
        """Ends connection, spaces and leases; further calls raise ValueError. May be called twice.

        Views of blocks stay readable; writable views of a stage keep the connection until they are
        gone. Awaited calls that have not ended raise ValueError; where there are any, close on the
        event loop's thread.
        """
        self._queues.close()
        self._client.close()

    def __enter__(self) -> "Cache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def connect(
    socket: str | PathLike[str] | None = None,
    deadline: float | None = None,
    name: str | None = None,
    *,
    strict: bool = False,
    lazy: bool = False,
) -> Cache:
    """Connects to the daemon.

    socket: None is $CELLARD_SOCKET, else $XDG_RUNTIME_DIR/cellard/cellard.sock, else
        /run/cellard/cellard.sock.
    deadline: seconds that each call may take; None is $CELLARD_DEADLINE, else 1.
    name: what listings call this client; None is the program's name.
    strict: calls raise Unavailable, TimedOut and Busy instead of giving a miss.
    lazy: succeed without a daemon; there are misses until there is one.

    Raises Unavailable when no daemon answers and ``lazy`` is not set.
    """
    if deadline is not None and not 0 < deadline <= 4_000_000:
        raise ValueError(f"deadline is {deadline}, allowed are more than 0 to 4000000 seconds")
    milliseconds = 0 if deadline is None else max(1, round(deadline * 1000))
    path = None if socket is None else fspath(socket)
    return Cache(_cellard.Client(path, name, milliseconds, lazy), strict)
