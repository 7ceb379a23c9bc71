# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Fixtures. Tests with a daemon need $CELLARD_DAEMON: skipped without it, failed in CI."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import cellard
from daemon import Daemon, short_folder

LAYOUT = cellard.Layout(dtype="float16", layers=3, kv_heads=2, head_dim=8, block_tokens=4)


def daemon_binary() -> str:
    named = os.environ.get("CELLARD_DAEMON", "")
    found = shutil.which(named) if named else None
    if found is None:
        reason = f"CELLARD_DAEMON is {named!r}, which is no program: no daemon to test against"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def shared_daemon() -> Iterator[Daemon]:
    """One daemon for all tests that do not stop it."""
    with short_folder() as folder:
        daemon = Daemon(daemon_binary(), Path(folder)).start()
        yield daemon
        daemon.stop()


@pytest.fixture
def own_daemon() -> Iterator[Daemon]:
    """A daemon that the test may kill."""
    with short_folder() as folder:
        daemon = Daemon(daemon_binary(), Path(folder)).start()
        yield daemon
        daemon.stop()


@pytest.fixture
def cache(shared_daemon: Daemon) -> Iterator[cellard.Cache]:
    with cellard.connect(shared_daemon.socket, deadline=5, name="pytest") as cache:
        yield cache


@pytest.fixture
def layout() -> cellard.Layout:
    return LAYOUT


@pytest.fixture
def space(cache: cellard.Cache, request: pytest.FixtureRequest) -> cellard.Space:
    return cache.open(request.node.name, LAYOUT, weights="sha256:00")


@pytest.fixture
def absent(tmp_path: Path) -> Iterator[cellard.Cache]:
    """A cache without a daemon."""
    with cellard.connect(tmp_path / "none.sock", deadline=0.2, lazy=True) as cache:
        yield cache


def chain(layout: cellard.Layout, blocks: int, first: int = 0) -> list[bytes]:
    return cellard.chain_keys(
        range(first, first + blocks * layout.block_tokens), layout.block_tokens
    )


def arrays(layout: cellard.Layout, blocks: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Random K and V of a chain."""
    rng = np.random.default_rng(seed)

    def make(shape: tuple[int, int, int, int]) -> np.ndarray:
        layers, tokens, heads, dim = shape
        wanted = layout.element.numpy
        raw = rng.integers(0, 120, (layers, blocks * tokens, heads, dim))
        return raw.astype(wanted)

    return make(layout.k_shape), make(layout.v_shape)
