# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Layouts: sizes, and errors that name the axis."""

from typing import Any

import numpy as np
import pytest

import cellard

GOOD: dict[str, Any] = dict(dtype="float16", layers=6, kv_heads=2, head_dim=64, block_tokens=16)


def test_shapes_and_bytes_follow_the_axes() -> None:
    layout = cellard.Layout(**GOOD, v_head_dim=32)
    assert layout.k_shape == (6, 16, 2, 64)
    assert layout.v_shape == (6, 16, 2, 32)
    assert layout.k_bytes == 6 * 16 * 2 * 64 * 2
    assert layout.block_bytes == 6 * 16 * 2 * (64 + 32) * 2


def test_v_is_as_wide_as_k_unless_said_otherwise() -> None:
    assert cellard.Layout(**GOOD).v_head_dim == 64
    assert cellard.Layout(**GOOD, v_head_dim=0).block_bytes == 6 * 16 * 2 * 64 * 2


@pytest.mark.parametrize("axis", ["layers", "kv_heads", "head_dim", "block_tokens"])
@pytest.mark.parametrize("value", [0, -1, 1 << 21])
def test_an_axis_outside_its_range_is_named(axis: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{axis} is {value}, allowed"):
        cellard.Layout(**{**GOOD, axis: value})


def test_an_axis_that_is_no_int_is_named() -> None:
    with pytest.raises(TypeError, match="layers has to be an int, not float"):
        cellard.Layout(**{**GOOD, "layers": 6.0})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("f16", "float16"),
        (np.float32, "float32"),
        (np.dtype("float16"), "float16"),
        ("torch.bfloat16", "bfloat16"),
        ("float8_e4m3fn", "float8_e4m3"),
    ],
)
def test_dtypes_have_aliases(given: Any, name: str) -> None:
    assert cellard.Layout(**{**GOOD, "dtype": given}).dtype == name


def test_an_unknown_dtype_is_named() -> None:
    with pytest.raises(ValueError, match="dtype 'int4' is unknown"):
        cellard.Layout(**{**GOOD, "dtype": "int4"})


def test_parts_are_checked() -> None:
    assert cellard.Layout(**GOOD, parts=4, part=3).part == 3
    with pytest.raises(ValueError, match="part is 4, allowed are 0 to 3"):
        cellard.Layout(**GOOD, parts=4, part=4)
    with pytest.raises(ValueError, match="parts is 65"):
        cellard.Layout(**GOOD, parts=65)


def test_opaque_layouts_have_only_a_size() -> None:
    layout = cellard.Layout.opaque(1000)
    assert layout.is_opaque
    assert layout.block_bytes == 1000
    with pytest.raises(ValueError, match="max_bytes is 0"):
        cellard.Layout.opaque(0)
    with pytest.raises(ValueError, match="max_bytes is for opaque"):
        cellard.Layout(**GOOD, max_bytes=1)


def test_rope_is_a_dict_or_a_rope() -> None:
    layout = cellard.Layout(**GOOD, rope=dict(rotary_dim=64, pairing="interleaved", theta=1e4))
    assert layout.rope == cellard.Rope(64, "interleaved", 1e4)
    assert layout.as_c("", 0, None)["rope"]["interleaved"] == 1


@pytest.mark.parametrize(
    ("rope", "message"),
    [
        (dict(rotary_dim=63), "rotary_dim is 63"),
        (dict(rotary_dim=128), "head_dim only 64"),
        (dict(rotary_dim=64, pairing="thirds"), "pairing is 'thirds'"),
        (dict(rotary_dim=64, base=1), "unknown field base"),
        (dict(theta=1.0), "rotary_dim is missing"),
        (dict(rotary_dim=64, inverse_frequencies=[1.0]), "rotary_dim 64 asks for 32"),
    ],
)
def test_a_wrong_rope_is_explained(rope: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cellard.Layout(**GOOD, rope=rope)
