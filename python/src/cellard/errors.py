# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What can go wrong: one exception with a status, and subclasses for what a program handles.

Wrong arguments (shapes, dtypes, key lengths) are ValueError and TypeError, as everywhere in Python.
"""

from enum import IntEnum


class Status(IntEnum):
    """The numbers of cellard/client.h; docs/errors.md says for each its cause and what to do."""

    OK = 0
    INVALID_ARGUMENT = 1
    UNSUPPORTED_VERSION = 2
    UNKNOWN_OPCODE = 3
    FRAME_TOO_LARGE = 4
    BAD_FRAME = 5
    NOT_OPEN = 6
    LAYOUT_MISMATCH = 7
    NO_PARENT = 8
    PENDING = 9
    BUSY = 10
    LIMIT_REACHED = 11
    TIMED_OUT = 12
    NOT_FOUND = 13
    GONE = 14
    PERMISSION_DENIED = 15
    SHUTTING_DOWN = 16
    OUT_OF_MEMORY = 17
    OUT_OF_DESCRIPTORS = 18
    IO_ERROR = 19
    CORRUPT = 20
    CONFIG_INVALID = 21
    UNAVAILABLE = 22
    FORKED = 23
    EXISTS = 24
    INTERNAL = 25


class Error(Exception):
    """A call failed. ``status`` says why as a number, ``message`` as a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status: int = status
        self.message = message

    def __str__(self) -> str:
        return self.message or f"status {self.status}"


class Unavailable(Error):
    """No daemon answers at the socket, or it is shutting down."""


class TimedOut(Error):
    """The deadline passed."""


class LayoutMismatch(Error):
    """The namespace exists with another layout; the message names the field and both values."""


class LeaseLost(Error):
    """A block was taken back while it was read: what was read does not count."""


class Busy(Error):
    """There is no space or no place in a queue now."""


class Forked(Error):
    """The cache belongs to the parent process: connect again after fork."""


_CLASSES: dict[int, type[Error]] = {
    Status.UNAVAILABLE: Unavailable,
    Status.SHUTTING_DOWN: Unavailable,
    Status.TIMED_OUT: TimedOut,
    Status.LAYOUT_MISMATCH: LayoutMismatch,
    Status.GONE: LeaseLost,
    Status.BUSY: Busy,
    Status.FORKED: Forked,
}

#: What counts as a miss unless the cache is strict.
MISSES = (Unavailable, TimedOut, Busy)


def error_for(status: int, message: str) -> Error:
    """The exception for a status of the C library."""
    return _CLASSES.get(status, Error)(status, message)
