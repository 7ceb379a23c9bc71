# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Without a daemon: misses, or Unavailable for who is strict; never a hang."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

import cellard
from conftest import LAYOUT, arrays, chain

KEYS = chain(LAYOUT, 3)


def test_connecting_raises_unavailable(tmp_path: Path) -> None:
    with pytest.raises(cellard.Unavailable):
        cellard.connect(tmp_path / "none.sock")


@pytest.mark.parametrize("deadline", [0, -1.0, 1e9, float("nan")])
def test_a_wrong_deadline_is_named(deadline: float) -> None:
    with pytest.raises(ValueError, match="deadline is"):
        cellard.connect("/nowhere", deadline=deadline)


def test_everything_is_a_miss(absent: cellard.Cache) -> None:
    space = absent.open("tinylm", LAYOUT)
    ks, vs = arrays(LAYOUT, 3)
    assert space.match(KEYS) == 0
    assert space.lookup(KEYS) == space.touch(KEYS) == space.prefetch(KEYS) == (0, 0, 0)
    with space.get(KEYS) as blocks:
        assert list(blocks) == []
    assert space.put(KEYS, ks, vs) == cellard.PutResult(0, 0, ["unavailable"] * 3)
    assert (space.remove(KEYS), space.pin(KEYS, 1), space.unpin(KEYS)) == (0, 0, 0)
    n, k, v = space.copy(KEYS)
    assert n == 0
    assert k.shape == v.shape == (3, 0, 2, 8)
    assert space.block_bytes == LAYOUT.block_bytes


def test_a_stage_has_nothing_to_write(absent: cellard.Cache) -> None:
    with absent.open("tinylm", LAYOUT).stage(KEYS) as stage:
        assert stage.blocks == [None] * 3
        assert stage.statuses == ["unavailable"] * 3
        assert stage.commit().stored == 0
    assert len(absent.open("tinylm", LAYOUT).stage([])) == 0


def test_misses_come_within_the_deadline(absent: cellard.Cache) -> None:
    space = absent.open("tinylm", LAYOUT)
    started = time.monotonic()
    for _ in range(20):
        space.match(KEYS)
    assert time.monotonic() - started < 20 * 0.2 + 2


def test_a_strict_cache_raises(tmp_path: Path) -> None:
    with cellard.connect(tmp_path / "none.sock", 0.2, lazy=True, strict=True) as cache:
        with pytest.raises(cellard.Unavailable):
            cache.open("tinylm", LAYOUT).match(KEYS)
        with pytest.raises(cellard.Unavailable):
            cache.open("tinylm", LAYOUT).put(KEYS, *arrays(LAYOUT, 3))
        with pytest.raises(cellard.Unavailable):
            cache.stats()


def test_a_closed_cache_says_so(absent: cellard.Cache) -> None:
    space = absent.open("tinylm", LAYOUT)
    absent.close()
    absent.close()
    assert absent.closed
    with pytest.raises(ValueError, match="closed"):
        absent.stats()
    with pytest.raises(ValueError, match="closed"):
        space.match(KEYS)


def test_a_layout_has_to_be_one(absent: cellard.Cache) -> None:
    with pytest.raises(TypeError, match="layout is dict"):
        absent.open("tinylm", dict(layers=1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_age is 0"):
        absent.open("tinylm", LAYOUT, max_age=0)


def test_a_child_after_fork_is_told(absent: cellard.Cache) -> None:
    space = absent.open("tinylm", LAYOUT)
    child = os.fork()
    if child == 0:
        try:
            space.match(KEYS)
        except cellard.Forked:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert space.match(KEYS) == 0


def test_disabled_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLARD_DISABLE", "1")
    with cellard.connect(tmp_path / "none.sock", lazy=True) as cache:
        space = cache.open("tinylm", LAYOUT)
        assert space.match(KEYS) == 0
        assert space.put(KEYS, *arrays(LAYOUT, 3)).stored == 0
        assert np.asarray(space.copy(KEYS)[1]).size == 0
