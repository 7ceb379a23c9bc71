# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Leased blocks: read-only views, leases that are rechecked, memory that outlives them."""

import gc
import os

import numpy as np
import pytest

import cellard
from cellard.errors import error_for
from conftest import LAYOUT, arrays, chain

pytestmark = pytest.mark.daemon
KEYS = chain(LAYOUT, 3)


@pytest.fixture
def filled(space: cellard.Space) -> cellard.Space:
    space.put(KEYS, *arrays(LAYOUT, 3))
    return space


def test_views_are_read_only_and_share_memory(filled: cellard.Space) -> None:
    with filled.get(KEYS) as blocks:
        block = blocks[0]
        assert not block.k.flags.writeable
        assert np.shares_memory(block.k, np.frombuffer(block.data, np.uint8))
        assert block.data.readonly
        assert len(block) == block.nbytes == LAYOUT.block_bytes
        with pytest.raises(ValueError):
            block.k[0, 0, 0, 0] = 1


def test_blocks_are_a_sequence(filled: cellard.Space) -> None:
    with filled.get(KEYS) as blocks:
        assert len(blocks[1:]) == 2
        np.testing.assert_array_equal(blocks[-1].k, blocks[2].k)
        with pytest.raises(IndexError):
            _ = blocks[3]


def test_dlpack_carries_the_dtype(cache: cellard.Cache) -> None:
    layout = cellard.Layout(dtype="bfloat16", layers=2, kv_heads=1, head_dim=4, block_tokens=4)
    space, keys = cache.open("bf16", layout), chain(layout, 1)
    ks, vs = arrays(layout, 1)
    space.put(keys, ks, vs)
    with space.get(keys) as blocks:
        tensor = blocks[0].tensor("k")
        assert tensor.__dlpack_device__() == (1, 0)
        assert "dltensor" in repr(tensor.__dlpack__(max_version=(1, 1)))
        # A second cache entry from the tensor itself: bfloat16 arrives as such.
        other = cache.open("bf16 again", layout)
        assert other.put(keys, tensor, blocks[0].tensor("v")).new == 1
        np.testing.assert_array_equal(other.copy(keys)[1], ks)


def test_numpy_takes_the_tensor_without_a_copy(filled: cellard.Space) -> None:
    with filled.get(KEYS) as blocks:
        seen = np.from_dlpack(blocks[0].tensor("v"))
        assert np.shares_memory(seen, blocks[0].v)
        assert not seen.flags.writeable


def test_views_outlive_release_and_close(filled: cellard.Space, cache: cellard.Cache) -> None:
    blocks = filled.get(KEYS)
    view, expected = blocks[0].k, np.array(blocks[0].k)
    blocks.release()
    blocks.release()
    del blocks
    cache.close()
    gc.collect()
    np.testing.assert_array_equal(view, expected)


def test_released_blocks_give_no_views(filled: cellard.Space) -> None:
    blocks = filled.get(KEYS)
    block = blocks[0]
    blocks.release()
    for use in (lambda: blocks[0], lambda: block.k, blocks.check):
        with pytest.raises(ValueError, match="released"):
            use()


def test_check_passes_while_the_lease_holds(filled: cellard.Space) -> None:
    with filled.get(KEYS) as blocks:
        blocks.check()


class LostLease:
    """What a lease is once the daemon took a block back."""

    def __len__(self) -> int:
        return 1

    def check(self) -> None:
        raise error_for(cellard.Status.GONE, "block 0 was taken back")

    def release(self) -> None:
        self.released = True


def test_leaving_with_raises_lease_lost() -> None:
    lease = LostLease()
    with pytest.raises(cellard.LeaseLost), cellard.Blocks(lease, LAYOUT):  # type: ignore[arg-type]
        pass
    assert lease.released


def test_an_error_in_the_body_is_kept_and_annotated() -> None:
    lease = LostLease()
    with pytest.raises(KeyError) as caught, cellard.Blocks(lease, LAYOUT):  # type: ignore[arg-type]
        raise KeyError("body")
    assert "block 0 was taken back" in caught.value.__notes__[0]
    assert lease.released


def test_a_child_after_fork_is_told(filled: cellard.Space) -> None:
    blocks = filled.get(KEYS)
    child = os.fork()
    if child == 0:
        told = 0
        for use in (blocks.check, lambda: blocks[0], lambda: filled.match(KEYS)):
            try:
                use()
            except cellard.Forked:
                told += 1
        blocks.release()
        os._exit(0 if told == 3 else 1)
    assert os.waitpid(child, 0)[1] == 0
    blocks.check()
    assert filled.match(KEYS) == 3
    blocks.release()
