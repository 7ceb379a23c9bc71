# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The codecs of factors and gaps against what numpy makes of the same matrices."""

import struct

import numpy as np
import pytest

import cellard

TOKENS, HEADS, DIM = 200, 2, 24
CHANNELS = HEADS * DIM
SVD, LOWRANK, SPARSE = 4, 5, 6


def low_rank_and_noise(seed: int, falling: float, noise: float) -> np.ndarray:
    """[TOKENS, CHANNELS] whose singular values fall by that factor."""
    rng = np.random.default_rng(seed)
    strengths = falling ** np.arange(CHANNELS)
    matrix = (rng.standard_normal((TOKENS, CHANNELS)) * strengths) @ rng.standard_normal(
        (CHANNELS, CHANNELS)
    )
    matrix /= matrix.std()
    return (matrix + noise * rng.standard_normal(matrix.shape)).astype("f4")


def through(name: str, k: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[bytes]]:
    """K and V decoded, and their payloads: one layer, one sequence, one block."""
    codec = cellard.codec(name)
    encoded = codec.encode(*(each.reshape(1, TOKENS, HEADS, DIM) for each in (k, v)))
    (block,) = encoded.blocks
    payloads, formats, at = [], [], 64 + 2 * 16
    for entry in range(2):
        size, number = struct.unpack_from("<IH", block, 64 + 16 * entry)
        payloads.append(block[at : at + size])
        formats.append(number)
        at += -(-size // 8) * 8
    assert formats == [{"svd": SVD, "sparse": SPARSE}.get(name, LOWRANK)] * 2
    k2, v2 = codec.decode(encoded)
    assert v2 is not None
    return k2.reshape(k.shape), v2.reshape(v.shape), payloads


def error_of(seen: np.ndarray, was: np.ndarray) -> float:
    return float(np.linalg.norm(seen.astype("f8") - was) / np.linalg.norm(was))


def truncated(matrix: np.ndarray, rank: int) -> np.ndarray:
    u, s, vt = np.linalg.svd(matrix.astype("f8"), full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vt[:rank]


@pytest.mark.parametrize("falling", [0.5, 0.8, 0.9])
def test_svd_has_the_rank_and_the_error_of_the_best_factors(falling: float) -> None:
    k, v = (low_rank_and_noise(seed, falling, 0.02) for seed in (1, 2))
    k2, v2, payloads = through("svd", k, v)
    # Channels of keys are brought to one size first; values only all together.
    sizes = np.sqrt((k.astype("f8") ** 2).mean(axis=0))
    for matrix, seen, payload in ((k / sizes, k2 / sizes, payloads[0]), (v, v2, payloads[1])):
        energy = np.cumsum(np.linalg.svd(matrix.astype("f8"), compute_uv=False) ** 2)
        best = int(np.searchsorted(energy / energy[-1], 0.99)) + 1
        rank = struct.unpack_from("<I", payload)[0]
        assert best <= rank <= best + 1
        assert len(payload) == 8 + (2 + rank) * (TOKENS + CHANNELS)
        optimum = error_of(truncated(matrix, rank), matrix)
        # Factors in eight bits, and float32 decoded: an error of their own of a hundredth or less.
        assert optimum * 0.999 <= error_of(seen, matrix) <= np.hypot(optimum, 0.015)


@pytest.mark.parametrize(("name", "bits"), [("lowrank", 4), ("lowrank-3", 3)])
def test_lowrank_is_sixteen_directions_and_a_quantised_rest(name: str, bits: int) -> None:
    k, v = (low_rank_and_noise(seed, 0.9, 0.1) for seed in (3, 4))
    k2, v2, payloads = through(name, k, v)
    sizes = np.sqrt((k.astype("f8") ** 2).mean(axis=0))
    for matrix, seen, payload, by_channel in (
        (k, k2, payloads[0], True),
        (v, v2, payloads[1], False),
    ):
        assert struct.unpack_from("<I", payload)[0] == 16
        scale = sizes if by_channel else 1.0
        rest = matrix - truncated(matrix / scale, 16) * scale
        groups = rest if by_channel else rest.reshape(TOKENS * HEADS, DIM).T
        least, most = groups.min(axis=0), groups.max(axis=0)
        step = (most - least) / (2**bits - 1)
        off = np.rint((groups - least) / step) * step + least - groups
        reference = float(np.linalg.norm(off) / np.linalg.norm(matrix))
        assert error_of(seen, matrix) == pytest.approx(reference, rel=0.1)


def test_sparse_is_int8_of_the_larger_half() -> None:
    k, v = (low_rank_and_noise(seed, 0.9, 1.0) for seed in (5, 6))
    k2, v2, _ = through("sparse", k, v)
    whole = cellard.codec("int8").roundtrip(
        *(each.reshape(1, TOKENS, HEADS, DIM) for each in (k, v))
    )
    for matrix, seen, dense in ((k, k2, whole[0]), (v, v2, whole[1])):
        larger = np.argsort(-np.abs(matrix), axis=1, kind="stable")[:, : CHANNELS // 2]
        expected = np.zeros_like(matrix)
        np.put_along_axis(
            expected, larger, np.take_along_axis(dense.reshape(matrix.shape), larger, 1), 1
        )
        np.testing.assert_array_equal(seen, expected)


def test_keys_have_fewer_directions_before_their_rotation() -> None:
    rope = {"rotary_dim": DIM, "pairing": "half", "theta": 10000.0, "first_position": 0}
    k = low_rank_and_noise(7, 0.6, 0.02).reshape(TOKENS, HEADS, DIM)
    angles = np.arange(TOKENS)[:, None] * 10000.0 ** (-np.arange(0, DIM, 2) / DIM)
    turn = np.exp(1j * angles)[:, None, :]
    turned = (k[..., : DIM // 2] + 1j * k[..., DIM // 2 :]) * turn
    rotated = np.concatenate([turned.real, turned.imag], axis=-1).astype("f4")[None]
    known = cellard.codec("svd").encode(rotated, rope=rope)
    unknown = cellard.codec("svd").encode(rotated)
    assert len(known.blocks[0]) < 0.6 * len(unknown.blocks[0])
    assert error_of(cellard.codec("svd").decode(known)[0], rotated) < 0.11


def test_svd_leaves_noise_to_a_gentler_codec() -> None:
    noise = np.random.default_rng(8).standard_normal((1, TOKENS, HEADS, DIM)).astype("f4")
    encoded = cellard.codec("svd").encode(noise)
    assert struct.unpack_from("<H", encoded.blocks[0], 64 + 4)[0] == 3  # int_n
    assert error_of(cellard.codec("svd").decode(encoded)[0], noise) < 0.11
