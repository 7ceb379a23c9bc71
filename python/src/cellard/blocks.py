# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Leased blocks: views into the daemon's memory."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, overload

from ._cellard import Lease
from .errors import LeaseLost
from .layout import Layout
from .views import BlockViews, NumpyArray, Part


class Errors(NamedTuple):
    """Of K and of V: the norm of the difference over the norm, the largest of all layers. 0.0 is
    exact.
    """

    k: float
    v: float


class Block(BlockViews):
    """One leased block. All views are read-only; see Blocks for how long they count."""

    __slots__ = ("_codec", "_lease", "_stored")

    def __init__(self, lease: Lease, layout: Layout, index: int) -> None:
        self._lease = lease
        self._stored, self._codec = lease.describe(index)
        super().__init__(lease, layout, index, layout.block_bytes if self._codec else self._stored)

    @property
    def codec(self) -> int:
        """0 for raw bytes. Otherwise k, v and data are decoded when they are asked for, into memory
        of their own; keep what you get.
        """
        return self._codec

    @property
    def errors(self) -> Errors:
        """How far the block is from what was put, as measured when it was encoded."""
        return Errors(*self._lease.errors(self._index))

    @property
    def stored(self) -> memoryview:
        """The bytes as the daemon keeps them, encoded or not, in its memory."""
        view = self._source.view(self._index, 0, [self._stored], "uint8", True)
        return memoryview(view)

    def raw_bytes(self) -> bytes:
        """A copy of the block's raw bytes."""
        return bytes(self.data)

    def _view(self, part: Part, numpy: bool) -> NumpyArray:
        if self._codec == 0:
            view: NumpyArray = super()._view(part, numpy)
            return view
        offset, shape, dtype = self._shaped(part)
        decoded: NumpyArray = self._lease.decoded(self._index, offset, list(shape), dtype, numpy)
        return decoded


class Blocks(Sequence[Block]):
    """The leading blocks of a chain that were present, leased: a sequence and a context manager.

    The lease keeps the daemon from reusing the memory, within limits (it has a deadline, and a
    restart ends it). So what was read counts only if ``check()`` passes afterwards; leaving
    ``with`` does that and raises LeaseLost otherwise.

    After ``release()`` no new views can be had. Views that exist stay readable, never crash and
    keep memory and lease until the last of them is gone, but what they show no longer counts. After
    fork the child has neither: its calls raise Forked, and it must not touch views that the parent
    made.
    """

    def __init__(self, lease: Lease | None, layout: Layout) -> None:
        self._lease = lease
        self._layout = layout
        self._count = 0 if lease is None else len(lease)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Block: ...
    @overload
    def __getitem__(self, index: slice) -> list[Block]: ...
    def __getitem__(self, index: int | slice) -> Block | list[Block]:
        if isinstance(index, slice):
            return [self._at(i) for i in range(*index.indices(self._count))]
        position = index + self._count if index < 0 else index
        if not 0 <= position < self._count:
            raise IndexError(f"block {index} of {self._count}")
        return self._at(position)

    def __iter__(self) -> Iterator[Block]:
        return map(self._at, range(self._count))

    def _at(self, index: int) -> Block:
        if self._lease is None:
            raise ValueError("the blocks were released")
        return Block(self._lease, self._layout, index)

    def check(self) -> None:
        """Raises LeaseLost when a block was taken back since it was leased. ValueError after
        release().
        """
        if self._lease is not None:
            self._lease.check()
        elif self._count:
            raise ValueError("the blocks were released")

    def release(self) -> None:
        """Gives the lease back, without a check. May be called twice."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def __enter__(self) -> "Blocks":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._lease is not None:
                self.check()
        except LeaseLost as lost:
            if error is None:
                raise
            error.add_note(f"cellard: {lost}; what was read from the blocks does not count")
        finally:
            self.release()
