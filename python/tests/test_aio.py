# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The awaited calls: side by side in one event loop, with a daemon that is there, and one that is
not.
"""

import asyncio
import gc
import os
import signal
import threading
import weakref

import numpy as np
import pytest

import cellard
from conftest import LAYOUT, arrays, chain
from daemon import Daemon

KEYS = chain(LAYOUT, 3)


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


@pytest.mark.daemon
def test_what_is_put_is_found_and_read(space: cellard.Space) -> None:
    async def work() -> None:
        ks, vs = arrays(LAYOUT, 3)
        assert await space.amatch(KEYS) == 0
        before = threads()
        result = await space.aput(KEYS, ks, vs)
        assert result.statuses == ["ok"] * 3
        assert await space.alookup(KEYS) == cellard.Match(3, 3, 0)
        assert (await space.atouch(KEYS)).ready == 3
        with await space.aget(KEYS) as blocks:
            assert len(blocks) == 3
            tokens = LAYOUT.block_tokens
            np.testing.assert_array_equal(blocks[1].k, ks[:, tokens : 2 * tokens])
        assert await space.aremove(KEYS[2:]) == 1
        assert threads() == before

    asyncio.run(work())
    assert space.match(KEYS) == 2  # the blocking calls see the same


@pytest.mark.daemon
def test_many_calls_run_side_by_side(space: cellard.Space) -> None:
    async def one(number: int) -> int:
        keys = chain(LAYOUT, 2, first=1000 * number)
        assert (await space.aput(keys, *arrays(LAYOUT, 2, number))).stored == 2
        with await space.aget(keys) as blocks:
            return len(blocks)

    async def work() -> list[int]:
        return await asyncio.gather(*(one(number) for number in range(1, 101)))

    assert asyncio.run(work()) == [2] * 100


@pytest.mark.daemon
def test_each_event_loop_has_its_own_queue(space: cellard.Space) -> None:
    loops = []

    async def work() -> int:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        return await space.amatch(KEYS)

    assert asyncio.run(work()) == 0
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        assert asyncio.run(work()) == 0
    other = threading.Thread(target=lambda: asyncio.run(work()))
    other.start()
    other.join()
    gc.collect()
    assert [loop() for loop in loops] == [None] * 7
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.daemon
def test_opaque_blocks(cache: cellard.Cache) -> None:
    layout = cellard.Layout.opaque(64)
    space = cache.open("test_aio_opaque", layout)

    async def work() -> bytes:
        result = await space.aput(KEYS[:1], data=[b"bytes of a block"])
        assert result.stored == 1
        with await space.aget(KEYS) as blocks:
            return blocks[0].raw_bytes()

    assert asyncio.run(work()) == b"bytes of a block"


@pytest.mark.daemon
def test_a_cancelled_put_holds_its_arrays_until_it_ends(space: cellard.Space) -> None:
    async def work() -> None:
        ks, vs = arrays(LAYOUT, 3)
        alive = weakref.ref(ks)
        task = asyncio.create_task(space.aput(KEYS, ks, vs))
        await asyncio.sleep(0)  # it has been submitted
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert alive() is not None
        del ks, task

        async def until_let_go() -> None:
            while alive() is not None:
                await space.amatch(KEYS)

        await asyncio.wait_for(until_let_go(), 30)
        assert await space.amatch(KEYS) == 3  # it happened all the same

    asyncio.run(work())


@pytest.mark.daemon
def test_a_killed_daemon_is_a_miss_and_a_new_one_is_found(own_daemon: Daemon) -> None:
    async def work() -> None:
        with cellard.connect(own_daemon.socket, deadline=1) as cache:
            space = cache.open("tinylm", LAYOUT)
            assert (await space.aput(KEYS, *arrays(LAYOUT, 3))).stored == 3
            own_daemon.stop(signal.SIGKILL)
            assert await space.amatch(KEYS) == 0
            assert len(await space.aget(KEYS)) == 0
            result = await space.aput(KEYS, *arrays(LAYOUT, 3))
            assert result.statuses == ["unavailable"] * 3
            own_daemon.start()

            async def until_stored() -> None:
                while (await space.aput(KEYS, *arrays(LAYOUT, 3))).stored < 3:
                    pass

            await asyncio.wait_for(until_stored(), 30)

    asyncio.run(work())


@pytest.mark.daemon
def test_a_stopped_daemon_costs_the_deadline_and_the_loop_goes_on(own_daemon: Daemon) -> None:
    async def work() -> None:
        with cellard.connect(own_daemon.socket, deadline=0.3, strict=True) as cache:
            space = cache.open("tinylm", LAYOUT)
            assert await space.amatch(KEYS) == 0
            assert own_daemon.process is not None
            own_daemon.process.send_signal(signal.SIGSTOP)
            os.waitpid(own_daemon.process.pid, os.WUNTRACED)
            turns = 0

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            counting = asyncio.create_task(count())
            with pytest.raises(cellard.TimedOut):
                await space.amatch(KEYS)
            counting.cancel()
            assert turns > 10
            own_daemon.process.send_signal(signal.SIGCONT)

    asyncio.run(work())


def test_an_absent_daemon_is_a_miss(absent: cellard.Cache) -> None:
    async def work() -> None:
        space = absent.open("tinylm", LAYOUT)
        assert await space.amatch(KEYS) == 0
        assert len(await space.aget(KEYS)) == 0
        assert (await space.aput(KEYS, *arrays(LAYOUT, 3))).stored == 0
        assert await space.aremove(KEYS) == 0

    asyncio.run(work())


@pytest.mark.daemon
def test_close_ends_who_waits(own_daemon: Daemon) -> None:
    async def work() -> None:
        cache = cellard.connect(own_daemon.socket, deadline=30)
        space = cache.open("tinylm", LAYOUT)
        assert own_daemon.process is not None
        own_daemon.process.send_signal(signal.SIGSTOP)
        os.waitpid(own_daemon.process.pid, os.WUNTRACED)
        waiting = asyncio.create_task(space.amatch(KEYS))
        await asyncio.sleep(0)  # it has been submitted
        cache.close()
        with pytest.raises(ValueError, match="closed"):
            await waiting
        with pytest.raises(ValueError, match="closed"):
            await space.amatch(KEYS)
        own_daemon.process.send_signal(signal.SIGCONT)

    asyncio.run(work())


@pytest.mark.daemon
def test_wrong_arguments_raise_as_in_the_blocking_calls(space: cellard.Space) -> None:
    async def work() -> None:
        with pytest.raises(ValueError, match="tokens"):
            await space.aput(KEYS, *arrays(LAYOUT, 2))
        with pytest.raises(ValueError, match="32"):
            await space.amatch([b"short"])

    asyncio.run(work())
