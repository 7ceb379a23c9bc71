# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The calls of a space that are awaited: the same answers, and the event loop goes on meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from . import _cellard
from .aio import LoopQueues, Op
from .blocks import Blocks
from .errors import MISSES, Error, error_for
from .layout import Layout
from .match import Match
from .stage import PutResult

T = TypeVar("T")
#: An opaque layout's blocks, or K and V.
CheckedPut = tuple[list[_cellard.Array] | None, _cellard.Array | None, _cellard.Array | None]
Submit = Callable[[_cellard.Queue, _cellard.Space], int]


class AwaitableCalls:
    """What Space inherits. Calls run side by side, and may end in any order: await the first where
    the second has to see its effect. Each ends within the cache's deadline, and a daemon that is
    absent, slow, restarted or out of room is the same miss as in the blocking calls.

    A cancelled call may still happen; the arrays of a cancelled put are held until its end.
    """

    layout: Layout
    _strict: bool
    _space: _cellard.Space | None
    _queues: LoopQueues
    _opened: Callable[[], _cellard.Space]
    _checked_put: Callable[..., CheckedPut]

    async def _await(
        self, submit: Submit, make: Callable[[Any], T], miss: Callable[[Error], T]
    ) -> T:
        try:
            space = self._space
            if space is None:  # not open yet, which is a blocking call
                space = await asyncio.to_thread(self._opened)
            opened = space
            status, message, value = await self._queues.here().ask(lambda q: submit(q, opened))
            if status != 0:
                raise error_for(status, message)
            return make(value)
        except MISSES as error:
            if self._strict:
                raise
            return miss(error)

    async def _find(self, op: Op, keys: Sequence[bytes]) -> Match:
        return await self._await(
            lambda q, s: q.submit(s, op, keys),
            lambda found: Match(*found),
            lambda _: Match(0, 0, 0),
        )

    async def _count(self, op: Op, keys: Sequence[bytes], for_ms: int = 0) -> int:
        return await self._await(
            lambda q, s: q.submit(s, op, keys, for_ms), lambda count: int(count), lambda _: 0
        )

    async def amatch(self, keys: Sequence[bytes]) -> int:
        """match, awaited."""
        return (await self._find(Op.LOOKUP, keys)).ready

    async def alookup(self, keys: Sequence[bytes]) -> Match:
        """lookup, awaited."""
        return await self._find(Op.LOOKUP, keys)

    async def atouch(self, keys: Sequence[bytes]) -> Match:
        """touch, awaited."""
        return await self._find(Op.TOUCH, keys)

    async def aprefetch(self, keys: Sequence[bytes]) -> Match:
        """prefetch, awaited."""
        return await self._find(Op.PREFETCH, keys)

    async def aget(self, keys: Sequence[bytes]) -> Blocks:
        """get, awaited: ``with await space.aget(keys) as blocks``."""
        return await self._await(
            lambda q, s: q.submit(s, Op.GET, keys),
            lambda lease: Blocks(lease, self.layout),
            lambda _: Blocks(None, self.layout),
        )

    async def aput(
        self,
        keys: Sequence[bytes],
        ks: Any = None,
        vs: Any = None,
        *,
        parent: bytes | None = None,
        data: Sequence[Any] | None = None,
    ) -> PutResult:
        """put, awaited. The arrays are read until then: do not write to them meanwhile."""
        blocks, k, v = self._checked_put(keys, ks, vs, data)

        def submit(queue: _cellard.Queue, space: _cellard.Space) -> int:
            if blocks is not None:
                return queue.put_data(space, keys, parent, blocks)
            assert k is not None  # _checked_put gives either
            return queue.put(space, keys, parent, k, v, self.layout.block_tokens)

        def missed(error: Error) -> PutResult:
            return PutResult.missed(error.status, len(keys))

        return await self._await(submit, lambda answer: PutResult.of(answer, self._strict), missed)

    async def aremove(self, keys: Sequence[bytes]) -> int:
        """remove, awaited."""
        return await self._count(Op.REMOVE, keys)
