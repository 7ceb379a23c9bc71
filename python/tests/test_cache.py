# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Against a daemon: find, read, write, remove."""

import threading

import numpy as np
import pytest

import cellard
from conftest import LAYOUT, arrays, chain

pytestmark = pytest.mark.daemon
TOKENS = LAYOUT.block_tokens


def test_what_was_put_is_read_back(space: cellard.Space) -> None:
    keys, (ks, vs) = chain(LAYOUT, 5), arrays(LAYOUT, 5)
    assert space.match(keys) == 0
    result = space.put(keys, ks, vs)
    assert (result.stored, result.new, result.statuses) == (5, 5, ["ok"] * 5)
    assert space.match(keys) == 5
    with space.get(keys) as blocks:
        assert len(blocks) == 5
        for i, block in enumerate(blocks):
            part = slice(i * TOKENS, (i + 1) * TOKENS)
            assert block.k.shape == LAYOUT.k_shape
            assert block.k.dtype == np.float16
            np.testing.assert_array_equal(block.k, ks[:, part])
            np.testing.assert_array_equal(block.v, vs[:, part])


def test_what_is_present_is_skipped(space: cellard.Space) -> None:
    keys = chain(LAYOUT, 4)
    ks, vs = arrays(LAYOUT, 4)
    space.put(keys[:2], ks[:, : 2 * TOKENS], vs[:, : 2 * TOKENS])
    result = space.put(keys, ks + 1, vs)
    assert (result.stored, result.new) == (4, 2)
    assert result.statuses == ["exists", "exists", "ok", "ok"]
    assert space.copy(keys[:1])[1][0, 0, 0, 0] == ks[0, 0, 0, 0]


def test_a_chain_grows_at_its_parent(space: cellard.Space) -> None:
    keys, (ks, vs) = chain(LAYOUT, 4), arrays(LAYOUT, 4)
    lost = space.put(keys[2:], ks[:, 8:], vs[:, 8:], parent=keys[1])
    assert (lost.stored, lost.statuses[0]) == (0, "no_parent")
    space.put(keys[:2], ks[:, :8], vs[:, :8])
    assert space.put(keys[2:], ks[:, 8:], vs[:, 8:], parent=keys[1]).new == 2
    assert space.match(keys) == 4


def test_strided_layers_are_stored_in_place(space: cellard.Space) -> None:
    keys, (ks, vs) = chain(LAYOUT, 2), arrays(LAYOUT, 2)
    wide = np.zeros((6, 20, 2, 8), np.float16)
    wide[::2, 3:11] = ks
    space.put(keys, wide[::2, 3:11], vs)
    np.testing.assert_array_equal(space.copy(keys)[1], ks)


def test_copy_fills_the_callers_arrays(space: cellard.Space) -> None:
    keys, (ks, vs) = chain(LAYOUT, 3), arrays(LAYOUT, 3)
    space.put(keys[:2], ks[:, :8], vs[:, :8])
    wide = np.zeros((3, 30, 2, 8), np.float16)
    n, k, v = space.copy(keys, out_k=wide[:, 10:22])
    assert n == 2
    np.testing.assert_array_equal(wide[:, 10:18], ks[:, :8])
    np.testing.assert_array_equal(k, ks[:, :8])
    np.testing.assert_array_equal(v, vs[:, :8])
    assert not wide[:, :10].any() and not wide[:, 22:].any()


def test_remove_takes_what_continues_a_block(space: cellard.Space) -> None:
    keys = chain(LAYOUT, 4)
    space.put(keys, *arrays(LAYOUT, 4))
    assert space.remove([keys[1]]) == 3
    assert space.match(keys) == 1


def test_listing_names_every_block(space: cellard.Space) -> None:
    keys = chain(LAYOUT, 4)
    space.put(keys, *arrays(LAYOUT, 4))
    infos = list(space.list())
    assert {info.key for info in infos} == set(keys)
    assert all(info.visible and info.length == space.block_bytes for info in infos)


def test_pins_and_touches_count_blocks(space: cellard.Space) -> None:
    keys = chain(LAYOUT, 3)
    space.put(keys, *arrays(LAYOUT, 3))
    assert space.touch(keys).matched == 3
    assert space.prefetch(keys).ready == 3
    assert space.pin(keys, seconds=5) == 3
    assert space.unpin(keys) == 3


def test_a_differing_layout_is_refused(cache: cellard.Cache, space: cellard.Space) -> None:
    space.put(chain(LAYOUT, 1), *arrays(LAYOUT, 1))
    other = cellard.Layout(dtype="float16", layers=4, kv_heads=2, head_dim=8, block_tokens=4)
    with pytest.raises(cellard.LayoutMismatch, match="layers"):
        cache.open(space.name, other, weights="sha256:00")


def test_opaque_blocks_have_their_own_lengths(cache: cellard.Cache) -> None:
    space = cache.open("opaque", cellard.Layout.opaque(100))
    keys = [cellard.key_from_bytes(name) for name in (b"a", b"b", b"c")]
    data = [b"x", bytes(range(100)), b"yz"]
    assert space.put(keys, data=data).new == 3
    assert space.copy_data(keys) == data
    with space.get(keys) as blocks:
        assert [bytes(block.data) for block in blocks] == data
        assert blocks[0].data.readonly
        with pytest.raises(TypeError, match=r"use \.data"):
            _ = blocks[0].k


def test_latent_layouts_have_no_v(cache: cellard.Cache) -> None:
    layout = cellard.Layout(
        dtype="bfloat16", layers=2, kv_heads=1, head_dim=16, block_tokens=4, v_head_dim=0
    )
    space, keys = cache.open("latent", layout), chain(layout, 2)
    ks, _ = arrays(layout, 2)
    space.put(keys, ks)
    n, k, v = space.copy(keys)
    assert (n, v) == (2, None)
    np.testing.assert_array_equal(k, ks)
    with space.get(keys) as blocks:
        assert blocks[0].v is None


def test_wrong_keys_are_named(space: cellard.Space) -> None:
    with pytest.raises(ValueError, match=r"keys\[1\] has 3 bytes"):
        space.match([bytes(32), b"abc"])
    with pytest.raises(TypeError, match=r"keys\[0\] is str"):
        space.match(["a" * 32])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="one bytes object"):
        space.match(bytes(32))  # type: ignore[arg-type]


def test_no_keys_are_no_error(space: cellard.Space) -> None:
    assert space.match([]) == 0
    assert len(space.get([])) == 0
    assert space.put([], *arrays(LAYOUT, 0)).stored == 0
    assert space.copy([])[0] == 0


def test_a_namespace_opens_without_its_layout(cache: cellard.Cache) -> None:
    rope = cellard.Rope(4, pairing="interleaved", scaling=2.0, inverse_frequencies=(1.0, 0.5))
    layouts = {
        "shaped": cellard.Layout(
            dtype="bfloat16", layers=2, kv_heads=2, head_dim=8, v_head_dim=4, block_tokens=4,
            rope=rope, model="tiny",
        ),
        "latent": cellard.Layout(
            dtype="float8_e4m3", layers=1, kv_heads=1, head_dim=8, v_head_dim=0, block_tokens=4
        ),
        "opaque": cellard.Layout.opaque(1000, block_tokens=16),
    }  # fmt: skip
    for name, layout in layouts.items():
        owner = cache.open(name, layout, kv_group=3)
        found = cache.open(name, kv_group=3)
        assert found.layout == owner.layout
        assert found.block_bytes == layout.block_bytes
    key = bytes(32)
    assert cache.open("opaque", kv_group=3).put([key], data=[b"abc"]).stored == 1
    with cache.open("opaque", kv_group=3).get([key]) as blocks:
        assert bytes(blocks[0].data) == b"abc"


def test_removed_bytes_can_be_overwritten(space: cellard.Space, absent: cellard.Cache) -> None:
    keys, (ks, vs) = chain(LAYOUT, 3), arrays(LAYOUT, 3)
    space.put(keys, ks, vs)
    assert space.remove(keys[:1], scrub=True) == 3
    assert space.match(keys) == 0
    assert space.put(keys, ks, vs).new == 3
    with pytest.raises(cellard.Unavailable):
        absent.open("nobody", LAYOUT).remove(keys, scrub=True)


def test_what_is_not_there_does_not_open_without_a_layout(
    cache: cellard.Cache, absent: cellard.Cache
) -> None:
    with pytest.raises(cellard.Error) as missing:
        cache.open("nobody")
    assert missing.value.status == cellard.Status.NOT_FOUND
    with pytest.raises(cellard.Unavailable):
        absent.open("nobody")
    with pytest.raises(TypeError, match="weights"):
        cache.open("nobody", weights="sha256:00")


def test_the_daemon_answers_for_itself(cache: cellard.Cache) -> None:
    assert isinstance(cache.stats(), dict)
    assert isinstance(cache.health(), dict)
    assert cache.server.connected
    assert cache.server.server.startswith("cellard")


def test_threads_share_a_space(space: cellard.Space) -> None:
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            keys, (ks, vs) = chain(LAYOUT, 4, first), arrays(LAYOUT, 4, first)
            for _ in range(20):
                space.put(keys, ks, vs)
                with space.get(keys) as blocks:
                    np.testing.assert_array_equal(blocks[0].k, ks[:, :TOKENS])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(1000 * i,)) for i in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
