# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Writing in place."""

import numpy as np
import pytest

import cellard
from conftest import LAYOUT, arrays, chain

pytestmark = pytest.mark.daemon
KEYS = chain(LAYOUT, 3)
TOKENS = LAYOUT.block_tokens


def fill(stage: cellard.Stage, ks: np.ndarray, vs: np.ndarray) -> None:
    for i, block in enumerate(stage.blocks):
        if block is not None:
            part = slice(i * TOKENS, (i + 1) * TOKENS)
            block.k[:] = ks[:, part]
            assert block.v is not None
            block.v[:] = vs[:, part]


def test_what_was_written_in_place_is_read_back(space: cellard.Space) -> None:
    ks, vs = arrays(LAYOUT, 3)
    with space.stage(KEYS) as stage:
        assert len(stage) == 3
        fill(stage, ks, vs)
        result = stage.commit()
    assert (result.stored, result.new) == (3, 3)
    n, k, v = space.copy(KEYS)
    assert n == 3
    np.testing.assert_array_equal(k, ks)
    np.testing.assert_array_equal(v, vs)


def test_nothing_is_to_be_written_for_what_exists(space: cellard.Space) -> None:
    ks, vs = arrays(LAYOUT, 3)
    space.put(KEYS[:1], ks[:, :TOKENS], vs[:, :TOKENS])
    with space.stage(KEYS) as stage:
        assert stage.blocks[0] is None
        assert stage.statuses == ["exists", "ok", "ok"]
        fill(stage, ks, vs)
        assert (stage.commit().stored, space.match(KEYS)) == (3, 3)


def test_leaving_without_commit_aborts(space: cellard.Space) -> None:
    with space.stage(KEYS):
        pass
    assert space.match(KEYS) == 0
    with space.stage(KEYS) as again:
        assert again.statuses == ["ok"] * 3


def test_a_second_writer_is_told(space: cellard.Space, cache: cellard.Cache) -> None:
    with space.stage(KEYS), space.stage(KEYS) as second:
        assert second.blocks == [None] * 3
        assert second.statuses == ["pending"] * 3


def test_a_stage_is_used_once(space: cellard.Space) -> None:
    stage = space.stage(KEYS)
    fill(stage, *arrays(LAYOUT, 3))
    block = stage.blocks[0]
    stage.commit()
    stage.abort()
    with pytest.raises(ValueError, match="committed or aborted"):
        stage.commit()
    assert block is not None
    with pytest.raises(ValueError, match="committed or aborted"):
        _ = block.k


def test_opaque_stages_have_lengths(cache: cellard.Cache) -> None:
    space = cache.open("opaque stage", cellard.Layout.opaque(64))
    keys = [cellard.key_from_bytes(b"1"), cellard.key_from_bytes(b"2")]
    with space.stage(keys, lengths=[3, 64]) as stage:
        for block, text in zip(stage.blocks, (b"abc", bytes(range(64))), strict=True):
            assert block is not None
            block.data[:] = text
        assert stage.commit().new == 2
    assert space.copy_data(keys) == [b"abc", bytes(range(64))]
    with pytest.raises(ValueError, match="lengths has 1 entries"):
        space.stage(keys, lengths=[1])


def test_views_of_a_stage_outlive_it(space: cellard.Space, cache: cellard.Cache) -> None:
    stage = space.stage(KEYS)
    block = stage.blocks[0]
    assert block is not None
    view = block.k
    del block
    stage.abort()
    cache.close()
    view[:] = 1  # goes nowhere, and does not crash
