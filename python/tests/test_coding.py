# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""cellard.codec: the codecs without a daemon."""

import dataclasses
import pathlib

import numpy as np
import pytest

import cellard
from cellard.coding import backends

ROPE = {"rotary_dim": 16, "pairing": "half", "theta": 10000.0, "first_position": 0}


def tensors(tokens: int = 300, dtype: str = "float16") -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    shape = (2, 3, tokens, 2, 16)
    return rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape).astype(dtype)


def error_of(seen: np.ndarray, was: np.ndarray) -> float:
    seen, was = seen.astype("f8"), was.astype("f8")
    return float(np.linalg.norm(seen - was) / np.linalg.norm(was))


@pytest.mark.parametrize("name", ["raw", "lossless", "lossless-rans"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_exact_codecs_are_exact(name: str, dtype: str) -> None:
    k, v = tensors(dtype=dtype)
    k[0, 0, 5] = np.nan
    v[1, 2, 299, 1, 3] = np.inf
    k2, v2, bits = cellard.codec(name).roundtrip(k, v, rope=ROPE)
    assert k2.tobytes() == k.tobytes()
    assert v2.tobytes() == v.tobytes()
    assert bits < 8 * k.dtype.itemsize + 0.5


@pytest.mark.parametrize(
    ("name", "most"), [("int8", 0.008), ("int6", 0.03), ("int4", 0.11), ("int2", 0.6)]
)
def test_bits_and_error_of_the_quantizer(name: str, most: float) -> None:
    k, v = tensors()
    k2, v2, bits = cellard.codec(name).roundtrip(k, v, rope=ROPE)
    assert k2.shape == k.shape
    assert k2.dtype == k.dtype
    assert error_of(k2, k) < most
    assert error_of(v2, v) < most
    # 16 or 32 bits of scales a channel of up to 256 tokens, and a vector of 16 values.
    assert int(name[3:]) < bits < int(name[3:]) + 2.5


def test_without_sequences_and_without_v() -> None:
    k, v = tensors()
    codec = cellard.codec("int8")
    k2, v2, _ = codec.roundtrip(k[:, 0], v[:, 0])
    assert k2.shape == k[:, 0].shape
    encoded = codec.encode(k[:, 0])
    np.testing.assert_array_equal(codec.decode(encoded)[0], k2)
    assert codec.decode(encoded)[1] is None
    assert v2.shape == v[:, 0].shape


def test_bfloat16_and_float8_by_their_bits() -> None:
    values = tensors(dtype="float32")[0]
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
    k2, _, per_value = cellard.codec("lossless", dtype="bfloat16").roundtrip(bits, bits)
    np.testing.assert_array_equal(k2, bits)
    assert per_value < 14
    small = np.random.default_rng(2).integers(0, 120, (1, 1, 64, 2, 16)).astype(np.uint8)
    k3, _, _ = cellard.codec("int8", dtype="float8_e4m3").roundtrip(small, small)
    assert k3.dtype == np.uint8


def test_all_backends_write_the_same_bytes() -> None:
    k, v = tensors()
    for name in ("int8", "int4", "mixed", "lossless", "svd", "lowrank", "sparse"):
        blocks = {
            each: cellard.codec(name, backend=each).encode(k, v, rope=ROPE).blocks
            for each in backends()
        }
        assert len(set(blocks.values())) == 1, name


def test_first_tokens_stay_raw() -> None:
    k, v = tensors()
    k2, v2, _ = cellard.codec("int2", first_raw=4).roundtrip(k, v, rope=ROPE)
    np.testing.assert_array_equal(k2[:, :, :4], k[:, :, :4])
    np.testing.assert_array_equal(v2[:, :, :4], v[:, :, :4])
    assert error_of(k2[:, :, 4:8], k[:, :, 4:8]) > 0


def test_a_bound_is_kept_by_gentler_codecs() -> None:
    k, v = tensors()
    encoded = cellard.codec("int2", max_key_error=0.05, max_value_error=0.05).encode(k, v)
    assert encoded.gentler > 0
    assert encoded.key_error <= 0.05
    assert encoded.value_error <= 0.05


def mixed(seed: int, tokens: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Channels that follow a few hidden ones, the same for all seeds."""
    mixing = np.random.default_rng(0).standard_normal((2, 4, 16))
    rng = np.random.default_rng(seed)

    def some() -> np.ndarray:
        hidden = rng.standard_normal((2, 3, tokens, 2, 4))
        values = np.einsum("lsthd,hdc->lsthc", hidden, mixing)
        return (values + 0.05 * rng.standard_normal(values.shape)).astype("f2")

    return some(), some()


@pytest.mark.parametrize("scope", ["head", "layer"])
def test_xtc_by_a_profile_of_other_tokens(scope: str) -> None:
    profile = cellard.Profile.calibrate(*mixed(1), scope=scope)
    k, v = mixed(2)
    codec = cellard.codec("xtc", profile=profile)
    encoded = codec.encode(k, v)
    k2, v2 = codec.decode(encoded)
    assert encoded.gentler == 0
    assert encoded.bits_per_value < 4
    assert error_of(k2, k) < 0.12
    assert error_of(v2, v) < 0.12
    np.testing.assert_array_equal(k2[:, :, :4], k[:, :, :4])
    with pytest.raises(cellard.Error, match="profile"):
        other = cellard.Profile.calibrate(k, v, scope=scope)
        codec.decode(dataclasses.replace(encoded, profile=other))


def test_xtc_calibrates_on_what_it_is_given() -> None:
    k, v = mixed(3)
    errors, bits = [], []
    for level in range(1, 6):
        k2, _, per_value = cellard.codec(f"xtc-{level}").roundtrip(k, v, rope=ROPE)
        errors.append(error_of(k2, k))
        bits.append(per_value)
    assert errors == sorted(errors)
    assert bits == sorted(bits, reverse=True)
    assert cellard.codec("xtc").roundtrip(k, v, rope=ROPE)[2] == bits[2]


def test_a_profile_is_its_bytes(tmp_path: pathlib.Path) -> None:
    profile = cellard.Profile.calibrate(*mixed(1), rope=ROPE)
    assert profile.tokens == 3 * 296
    profile.save(tmp_path / "profile")
    again = cellard.Profile.load(tmp_path / "profile")
    assert again == profile
    assert again.id == profile.id
    assert again.data == profile.data
    assert again.scope == "head"
    with pytest.raises(cellard.Error, match="profile"):
        cellard.Profile(profile.data[:-1])
    with pytest.raises(ValueError, match="scope"):
        cellard.Profile.calibrate(*mixed(1), scope="model")


def test_damage_is_found() -> None:
    k, v = tensors()
    codec = cellard.codec("int8")
    encoded = codec.encode(k, v)
    worse = bytearray(encoded.blocks[0])
    worse[-20] ^= 0xFF
    damaged = cellard.Encoded(
        **{
            **{field: getattr(encoded, field) for field in encoded.__dataclass_fields__},
            "blocks": (bytes(worse), *encoded.blocks[1:]),
        }
    )
    with pytest.raises(cellard.Error, match="decode"):
        codec.decode(damaged)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": np.zeros((2, 3), "f2")}, "k has 2 axes"),
        ({"k": np.zeros((2, 3, 0, 2, 8), "f2")}, "no axis may be empty"),
        (
            {"k": np.zeros((1, 1, 4, 2, 8), "f2"), "v": np.zeros((1, 1, 4, 2, 8), "f4")},
            "have to be alike",
        ),
        (
            {"k": np.zeros((1, 1, 4, 2, 8), "f2"), "v": np.zeros((1, 1, 5, 2, 8), "f2")},
            "only the last axis",
        ),
        ({"k": np.zeros((1, 1, 4, 2, 8), "i4")}, "dtype"),
    ],
)
def test_wrong_arrays_are_named(arguments: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cellard.codec("int8").encode(**arguments)


def test_names() -> None:
    assert "int4" in cellard.codecs()
    with pytest.raises(ValueError, match="int4"):
        cellard.codec("int7")
    with pytest.raises(ValueError, match="scalar"):
        cellard.codec("int4", backend="mmx")
