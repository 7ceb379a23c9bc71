# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Arrays of a put or a copy: errors name argument and axis, before the daemon is asked."""

from typing import Any

import numpy as np
import pytest

import cellard
from conftest import LAYOUT, arrays, chain

KEYS = chain(LAYOUT, 3)
KS, VS = arrays(LAYOUT, 3)


@pytest.fixture
def space(absent: cellard.Cache) -> cellard.Space:
    return absent.open("tinylm", LAYOUT)


@pytest.mark.parametrize(
    ("ks", "message"),
    [
        (KS[:2], r"ks: axis 0 \(layers\) is 2, 3 expected"),
        (KS[:, :8], r"ks: axis 1 \(tokens\) is 8, 12 expected"),
        (KS[:, :, :1], r"ks: axis 2 \(kv_heads\) is 1, 2 expected"),
        (KS[..., :4], r"ks: axis 3 \(head_dim\) is 4, 8 expected"),
        (KS[0], "ks has 3 axes, 4 expected"),
        (np.asfortranarray(KS), r"ks: axis 3 \(head_dim\) has a stride of 72 elements, 1 expected"),
        (KS[:, ::-1], r"ks: axis 1 \(tokens\) has a stride of -16"),
    ],
)
def test_a_wrong_shape_is_named(space: cellard.Space, ks: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        space.put(KEYS, ks, VS)


def test_a_wrong_v_is_named(space: cellard.Space) -> None:
    with pytest.raises(ValueError, match=r"vs: axis 1 \(tokens\)"):
        space.put(KEYS, KS, VS[:, :4])


def test_layers_may_lie_anywhere(space: cellard.Space) -> None:
    wide = np.zeros((3, 100, 2, 8), np.float16)
    assert space.put(KEYS, wide[:, 5:17], wide[::-1, 5:17]).statuses == ["unavailable"] * 3


@pytest.mark.parametrize("dtype", [np.float32, np.uint16, np.int8, np.complex64])
def test_a_wrong_dtype_is_named(space: cellard.Space, dtype: Any) -> None:
    with pytest.raises(
        TypeError, match=f"ks is {np.dtype(dtype).name}, the layout asks for float16"
    ):
        space.put(KEYS, KS.astype(dtype), VS)


def test_what_is_no_array_is_named(space: cellard.Space) -> None:
    with pytest.raises(TypeError, match=r"ks \(list\) is not an array in CPU memory"):
        space.put(KEYS, [1, 2], VS)


def test_v_goes_with_the_layout(absent: cellard.Cache, space: cellard.Space) -> None:
    with pytest.raises(TypeError, match="vs is missing"):
        space.put(KEYS, KS)
    latent = cellard.Layout(
        dtype="float16", layers=3, kv_heads=2, head_dim=8, block_tokens=4, v_head_dim=0
    )
    with pytest.raises(TypeError, match="vs is given"):
        absent.open("latent", latent).put(KEYS, KS, VS)
    assert absent.open("latent", latent).put(KEYS, KS).stored == 0


def test_read_only_arrays_can_be_stored_but_not_copied_to(space: cellard.Space) -> None:
    frozen = KS.copy()
    frozen.setflags(write=False)
    assert space.put(KEYS, frozen, VS).stored == 0
    with pytest.raises(TypeError, match=r"out_k .* is not a writable array"):
        space.copy(KEYS, frozen, VS)


def test_bfloat16_and_float8_are_plain_integers_in_numpy(absent: cellard.Cache) -> None:
    for dtype, plain in (("bfloat16", np.uint16), ("float8_e4m3", np.uint8)):
        layout = cellard.Layout(dtype=dtype, layers=3, kv_heads=2, head_dim=8, block_tokens=4)
        result = absent.open(dtype, layout).put(KEYS, KS.astype(plain), VS.astype(plain))
        assert result.statuses == ["unavailable"] * 3
        with pytest.raises(TypeError, match=f"the layout asks for {dtype} or {np.dtype(plain)}"):
            absent.open(dtype, layout).put(KEYS, KS, VS)


def test_opaque_layouts_take_bytes(absent: cellard.Cache) -> None:
    space = absent.open("opaque", cellard.Layout.opaque(4))
    assert space.put(KEYS, data=[b"1", bytearray(2), memoryview(b"123")]).stored == 0
    with pytest.raises(ValueError, match=r"data\[1\] has 5 bytes, allowed are 1 to 4"):
        space.put(KEYS, data=[b"1", b"12345", b"1"])
    with pytest.raises(ValueError, match="data has 1 blocks, 3 expected"):
        space.put(KEYS, data=[b"1"])
    with pytest.raises(TypeError, match="takes data="):
        space.put(KEYS, KS, VS)
    with pytest.raises(TypeError, match="use copy_data"):
        space.copy(KEYS)
