# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""K and V of whole sequences as arrays, cut into the blocks that codecs see."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ._cellard import BlockShape
from .dtypes import ElementType
from .rope import Rope

_Array = npt.NDArray[Any]
_AXES = ("layers", "sequences", "tokens", "kv_heads", "head_dim")


def check_pair(k: _Array, v: _Array | None, kind: ElementType | None) -> None:
    """Raises ValueError naming the axis or dtype that does not fit; `kind` is what is expected."""
    if k.ndim not in (4, 5):
        raise ValueError(f"k has {k.ndim} axes, 4 or 5 expected: [{', '.join(_AXES)}]")
    if kind is not None and k.dtype.name not in (*kind.accepts, kind.numpy.name):
        raise ValueError(f"k is {k.dtype}, {kind.name} expected")
    if 0 in k.shape:
        raise ValueError(f"k has the shape {k.shape}: no axis may be empty")
    if v is None:
        return
    if v.dtype != k.dtype:
        raise ValueError(f"k is {k.dtype} and v is {v.dtype}: they have to be alike")
    if v.ndim != k.ndim or v.shape[:-1] != k.shape[:-1] or v.shape[-1] == 0:
        raise ValueError(
            f"k has the shape {k.shape} and v {v.shape}: only the last axis may differ"
        )


def five_axes(array: _Array) -> _Array:
    """A view with an axis of sequences."""
    return array if array.ndim == 5 else array[:, None]


def tiles_of(shape: tuple[int, ...], tokens: int) -> Iterator[tuple[int, int, int]]:
    """(sequence, first token, end) of each tile."""
    for sequence in range(shape[1]):
        for begin in range(0, shape[2], tokens):
            yield sequence, begin, min(begin + tokens, shape[2])


def raw_block(
    keys: _Array, values: _Array | None, sequence: int, begin: int, end: int
) -> npt.NDArray[np.uint8]:
    """The bytes of a raw block, K and then V."""
    parts = [keys] if values is None else [keys, values]
    return np.concatenate(
        [
            np.ascontiguousarray(part[:, sequence, begin:end]).reshape(-1).view(np.uint8)
            for part in parts
        ]
    )


def shape_of(
    kind: ElementType, keys: _Array, values: _Array | None, begin: int, end: int, rope: Rope | None
) -> BlockShape:
    """Of tokens `begin` to `end`."""
    layers, _, _, heads, dim = keys.shape
    how = rope.as_c() if rope else None
    value_dim = 0 if values is None else values.shape[4]
    return BlockShape(kind.number, layers, end - begin, heads, dim, value_dim, begin, how)
