# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Arrays of whole chains, [layers, n x block_tokens, kv_heads, head_dim]: checked here, read and
written in C++.
"""

from typing import Any

import numpy as np

from ._cellard import Array
from .layout import Layout

_AXES = ("layers", "tokens", "kv_heads", "head_dim")


def _hold(name: str, value: object, writable: bool) -> Array:
    try:
        return Array(value, writable)
    except (TypeError, RuntimeError) as error:
        wanted = "a writable array in CPU memory" if writable else "an array in CPU memory"
        raise TypeError(f"{name} ({type(value).__name__}) is not {wanted}") from error


def _check_shape(
    name: str, shape: list[int], wanted: tuple[int, ...], axes: tuple[str, ...]
) -> None:
    if len(shape) != len(wanted):
        raise ValueError(f"{name} has {len(shape)} axes, 4 expected: [{', '.join(axes)}]")
    for axis, (has, needs) in enumerate(zip(shape, wanted, strict=True)):
        if has != needs:
            raise ValueError(f"{name}: axis {axis} ({axes[axis]}) is {has}, {needs} expected")


def _check_strides(name: str, array: Array, axes: tuple[str, ...]) -> None:
    """The bytes of a block's tokens in one layer have to be one piece; layers may lie anywhere."""
    if 0 in array.shape:
        return
    step = 1
    for axis in (3, 2, 1):
        if array.shape[axis] > 1 and array.strides[axis] != step:
            raise ValueError(
                f"{name}: axis {axis} ({axes[axis]}) has a stride of {array.strides[axis]} "
                f"elements, {step} expected; numpy.ascontiguousarray makes a copy that fits"
            )
        step *= array.shape[axis]


def chain_array(
    name: str,
    value: object,
    layout: Layout,
    blocks: int,
    *,
    v: bool = False,
    writable: bool = False,
) -> Array:
    """A checked array of `blocks` blocks of K, or of V. Raises ValueError or TypeError naming
    argument and axis.
    """
    array = _hold(name, value, writable)
    layers, tokens, heads, dim = layout.v_shape if v else layout.k_shape
    axes = (*_AXES[:3], "v_head_dim") if v and layout.v_dim != layout.head_dim else _AXES
    _check_shape(name, array.shape, (layers, blocks * tokens, heads, dim), axes)
    if array.dtype not in layout.element.accepts:
        allowed = " or ".join(layout.element.accepts)
        raise TypeError(f"{name} is {array.dtype}, the layout asks for {allowed}")
    _check_strides(name, array, axes)
    return array


def byte_array(name: str, value: Any, layout: Layout) -> Array:
    """A checked buffer of one opaque block, 1 to max_bytes bytes."""
    try:
        flat = np.frombuffer(value, np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise TypeError(f"{name} ({type(value).__name__}) is not a contiguous buffer") from error
    if not 1 <= flat.size <= layout.max_bytes:
        raise ValueError(f"{name} has {flat.size} bytes, allowed are 1 to {layout.max_bytes}")
    return Array(flat, False)


def empty_chain(layout: Layout, blocks: int, *, v: bool = False) -> np.ndarray[Any, Any]:
    """An uninitialised array for `blocks` blocks of K, or of V."""
    layers, tokens, heads, dim = layout.v_shape if v else layout.k_shape
    return np.empty((layers, blocks * tokens, heads, dim), layout.element.numpy)
