# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""A daemon that ends and comes back: misses meanwhile, then a cache again."""

import signal
import time

import pytest

import cellard
from conftest import LAYOUT, arrays, chain
from daemon import Daemon

pytestmark = pytest.mark.daemon
KEYS = chain(LAYOUT, 3)


def test_a_killed_daemon_is_a_miss(own_daemon: Daemon) -> None:
    with cellard.connect(own_daemon.socket, deadline=1) as cache:
        space = cache.open("tinylm", LAYOUT)
        space.put(KEYS, *arrays(LAYOUT, 3))
        blocks = space.get(KEYS)
        view = blocks[0].k
        own_daemon.stop(signal.SIGKILL)
        assert space.match(KEYS) == 0
        assert len(space.get(KEYS)) == 0
        assert space.put(KEYS, *arrays(LAYOUT, 3)).stored == 0
        assert view.sum() >= 0  # mapped still
        blocks.release()


def test_a_stage_whose_daemon_was_killed_is_a_miss(own_daemon: Daemon) -> None:
    with cellard.connect(own_daemon.socket, deadline=1) as cache:
        stage = cache.open("tinylm", LAYOUT).stage(KEYS)
        own_daemon.stop(signal.SIGKILL)
        assert stage.commit().statuses == ["unavailable"] * 3


def test_the_library_reconnects(own_daemon: Daemon) -> None:
    with cellard.connect(own_daemon.socket, deadline=1) as cache:
        space = cache.open("tinylm", LAYOUT)
        own_daemon.stop(signal.SIGKILL)
        assert space.match(KEYS) == 0
        own_daemon.start()
        end = time.monotonic() + 30
        while space.put(KEYS, *arrays(LAYOUT, 3)).stored < 3:
            assert time.monotonic() < end, "no connection after 30 s"
            time.sleep(0.05)
        assert space.match(KEYS) == 3


def test_a_space_opened_without_a_daemon_opens_later(own_daemon: Daemon) -> None:
    own_daemon.stop()
    with cellard.connect(own_daemon.socket, deadline=1, lazy=True) as cache:
        space = cache.open("tinylm", LAYOUT)
        assert space.match(KEYS) == 0
        own_daemon.start()
        end = time.monotonic() + 30
        while space.put(KEYS, *arrays(LAYOUT, 3)).stored < 3:
            assert time.monotonic() < end, "no connection after 30 s"
            time.sleep(0.05)
        assert space.match(KEYS) == 3
