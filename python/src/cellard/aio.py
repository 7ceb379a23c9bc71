# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""asyncio: a queue of the C library for each cache and event loop, and the futures that wait for
its completions.

There is no thread: the loop watches the queue's descriptor and polls the queue when that is
readable.
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Any
from weakref import WeakKeyDictionary, ref

from ._cellard import Client, Queue

#: Of the library: status, sentence, value.
Completion = tuple[int, str, Any]


class Op(IntEnum):
    """cellard_op of cellard/client.h, without put."""

    LOOKUP = 1
    TOUCH = 2
    PREFETCH = 3
    GET = 4
    REMOVE = 6
    PIN = 7
    UNPIN = 8


class LoopQueue:
    """One cache's queue in one event loop; used on the loop's thread only."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self._queue = Queue(client)
        self._loop = ref(loop)
        self._waiting: dict[int, asyncio.Future[Completion]] = {}
        self._descriptor = self._queue.descriptor
        loop.add_reader(self._descriptor, self._reap)

    async def ask(self, submit: Callable[[Queue], int]) -> Completion:
        """Waits for the completion of what `submit` submits. If the waiting is cancelled, the
        completion still comes, and only then the arrays are let go.
        """
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        tag = submit(self._queue)
        self._waiting[tag] = future
        try:
            return await future
        finally:
            self._waiting.pop(tag, None)

    def _reap(self) -> None:
        for tag, status, message, value in self._queue.poll():
            future = self._waiting.pop(tag, None)
            if future is not None and not future.done():
                future.set_result((status, message, value))

    def close(self) -> None:
        """Who still waits gets a ValueError, as from any call on a closed cache."""
        loop = self._loop()
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._descriptor)
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ValueError("the cache is closed"))
        self._waiting.clear()
        self._queue.close()


class LoopQueues:
    """A cache's queues, made by the first use in a loop, and gone with it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopQueue] = WeakKeyDictionary()

    def here(self) -> LoopQueue:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = LoopQueue(self._client, loop)
        return queue

    def close(self) -> None:
        for queue in self._queues.values():
            queue.close()
        self._queues.clear()
