# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Blocks that the daemon keeps encoded: read as if they were raw, within the codec's error."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import cellard
from conftest import arrays, chain, daemon_binary
from daemon import Daemon, short_folder

pytestmark = pytest.mark.daemon

LAYOUT = cellard.Layout(
    dtype="float16",
    layers=3,
    kv_heads=2,
    head_dim=32,
    block_tokens=128,
    rope={"rotary_dim": 32, "theta": 10000.0},
)
CONFIGURATION = """
[codec]
policy = "int8"
cpu = "100 %"
[[quota]]
namespace = "exact*"
codec = "lossless-rans"
[[quota]]
namespace = "raw*"
codec = "raw"
[[quota]]
namespace = "svd"
codec = "svd"
[[quota]]
namespace = "lowrank"
codec = "lowrank"
[[quota]]
namespace = "sparse"
codec = "sparse"
"""


@pytest.fixture(scope="module")
def encoding_daemon() -> Iterator[Daemon]:
    with short_folder() as folder:
        daemon = Daemon(daemon_binary(), Path(folder), CONFIGURATION).start()
        yield daemon
        daemon.stop()


@pytest.fixture
def cache(encoding_daemon: Daemon) -> Iterator[cellard.Cache]:
    with cellard.connect(encoding_daemon.socket, deadline=5) as cache:
        yield cache


def settled(cache: cellard.Cache, name: str, blocks: int) -> dict[str, int]:
    """The namespace's numbers once each of its blocks was encoded, or found not worth it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for space in cache.stats()["per_namespace"]:
            if space["name"] == name and space["recoded"] + space["recodes_dropped"] >= blocks:
                return dict(space)
    raise AssertionError(f"{blocks} blocks of {name} were not encoded in 20 s")


def error_of(seen: np.ndarray, stored: np.ndarray) -> float:
    seen, stored = seen.astype("f8"), stored.astype("f8")
    return float(np.linalg.norm(seen - stored) / np.linalg.norm(stored))


def test_encoded_blocks_are_read_as_arrays(cache: cellard.Cache) -> None:
    space, keys = cache.open("int8", LAYOUT), chain(LAYOUT, 3)
    ks, vs = arrays(LAYOUT, 3)
    space.put(keys, ks, vs)
    numbers = settled(cache, "int8", 3)
    assert numbers["recoded"] == 3
    assert numbers["payload_bytes"] < 0.6 * 3 * LAYOUT.block_bytes
    tokens = LAYOUT.block_tokens
    with space.get(keys) as blocks:
        assert len(blocks) == 3
        for i, block in enumerate(blocks):
            assert block.codec == 1
            assert len(block.stored) < 0.6 * LAYOUT.block_bytes
            assert len(block) == len(block.data) == LAYOUT.block_bytes
            assert block.k.shape == LAYOUT.k_shape
            assert not block.k.flags.writeable
            part = slice(i * tokens, (i + 1) * tokens)
            assert block.v is not None
            assert error_of(block.k, ks[:, part]) < 0.01
            assert error_of(block.v, vs[:, part]) < 0.01
            # The worst layer's error, which is measured without the raw ends; never too small.
            worst = max(error_of(block.k[layer], ks[layer, part]) for layer in range(LAYOUT.layers))
            assert worst <= block.errors.k < 0.01
            assert 0 < block.errors.v < 0.01
            assert bytes(block.data[: block.k.nbytes]) == block.k.tobytes()
        # Attention sinks: the first tokens of the sequence are exact.
        np.testing.assert_array_equal(blocks[0].k[:, :4], ks[:, :4])
    count, k2, v2 = space.copy(keys)
    assert count == 3
    assert error_of(k2, ks) < 0.01
    assert error_of(v2, vs) < 0.01


def test_views_from_before_stay_as_they_were(cache: cellard.Cache) -> None:
    space, keys = cache.open("before", LAYOUT), chain(LAYOUT, 1)
    ks, vs = arrays(LAYOUT, 1)
    space.put(keys, ks, vs)
    with space.get(keys) as blocks:
        seen = blocks[0]
        raw = seen.codec == 0
        settled(cache, "before", 1)
        if raw:  # leased before it was encoded: the old bytes are there as long as the lease
            np.testing.assert_array_equal(seen.k, ks)
    with space.get(keys) as blocks:
        assert blocks[0].codec == 1


def test_a_quota_keeps_its_namespaces_exact(cache: cellard.Cache) -> None:
    layout = cellard.Layout(
        dtype="bfloat16", layers=2, kv_heads=2, head_dim=64, block_tokens=128
    )
    space, keys = cache.open("exact", layout), chain(layout, 2)
    values = np.random.default_rng(1).standard_normal((2, 2, 256, 2, 64)).astype("f4")
    ks, vs = (values.view(np.uint32) >> 16).astype(np.uint16)
    space.put(keys, ks, vs)
    assert settled(cache, "exact", 2)["recoded"] == 2
    with space.get(keys) as blocks:
        assert blocks[0].codec == 1
        assert blocks[0].errors == (0, 0)
        np.testing.assert_array_equal(blocks[1].k, ks[:, 128:])
    _, k2, v2 = space.copy(keys)
    np.testing.assert_array_equal(k2, ks)
    np.testing.assert_array_equal(v2, vs)


@pytest.mark.parametrize(
    ("name", "share", "most"), [("svd", 0.2, 0.11), ("lowrank", 0.55, 0.03), ("sparse", 0.4, 0.4)]
)
def test_codecs_of_few_directions_and_few_values(
    cache: cellard.Cache, name: str, share: float, most: float
) -> None:
    layout = cellard.Layout(dtype="float16", layers=2, kv_heads=2, head_dim=32, block_tokens=128)
    space, keys = cache.open(name, layout), chain(layout, 2)
    rng = np.random.default_rng(3)

    def three_directions_and_noise() -> np.ndarray:
        whole = rng.standard_normal((2, 256, 3)) @ rng.standard_normal((2, 3, 64))
        noise = 0.05 * rng.standard_normal(whole.shape)
        return (whole + noise).astype("f2").reshape(2, 256, 2, 32)

    ks, vs = three_directions_and_noise(), three_directions_and_noise()
    space.put(keys, ks, vs)
    numbers = settled(cache, name, 2)
    assert numbers["recoded"] == 2
    assert numbers["payload_bytes"] < share * 2 * layout.block_bytes
    _, k2, v2 = space.copy(keys)
    assert error_of(k2, ks) < most
    assert error_of(v2, vs) < most
    np.testing.assert_array_equal(k2[:, :4], ks[:, :4])


def test_a_quota_may_ask_for_raw(cache: cellard.Cache) -> None:
    space, keys = cache.open("raw one", LAYOUT), chain(LAYOUT, 1)
    ks, vs = arrays(LAYOUT, 1)
    space.put(keys, ks, vs)
    other, key = cache.open("after it", LAYOUT), chain(LAYOUT, 1)
    other.put(key, ks, vs)
    settled(cache, "after it", 1)
    with space.get(keys) as blocks:
        assert blocks[0].codec == 0
        assert blocks[0].errors == (0, 0)
