# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Element types: their names, and what NumPy has in their place."""

from typing import NamedTuple

import numpy as np


class ElementType(NamedTuple):
    """number: cellard_dtype's. numpy: the dtype of views. accepts: what a put may have."""

    name: str
    number: int
    numpy: np.dtype[np.generic]
    accepts: tuple[str, ...]


_TYPES = (
    ElementType("float32", 1, np.dtype(np.float32), ("float32",)),
    ElementType("float16", 2, np.dtype(np.float16), ("float16",)),
    ElementType("bfloat16", 3, np.dtype(np.uint16), ("bfloat16", "uint16")),
    ElementType("float8_e4m3", 4, np.dtype(np.uint8), ("float8_e4m3", "uint8")),
)
OPAQUE = ElementType("opaque", 0, np.dtype(np.uint8), ("uint8",))

_BY_NAME = {kind.name: kind for kind in (*_TYPES, OPAQUE)}
_BY_NUMBER = {kind.number: kind for kind in _BY_NAME.values()}
_ALIASES = {
    "f32": "float32",
    "f16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "f8e4m3": "float8_e4m3",
    "float8_e4m3fn": "float8_e4m3",
}


def element_type(dtype: object) -> ElementType:
    """From "float16", "bf16", numpy.float16, torch.bfloat16 and the like."""
    if isinstance(dtype, type) and issubclass(dtype, np.generic):
        dtype = np.dtype(dtype)
    name = str(dtype).removeprefix("torch.")
    known = _BY_NAME.get(_ALIASES.get(name, name))
    if known is None:
        allowed = ", ".join(kind.name for kind in _TYPES)
        raise ValueError(f"layout: dtype {name!r} is unknown, allowed are {allowed}")
    return known


def element_type_of(number: int) -> ElementType:
    """From cellard_dtype's number."""
    return _BY_NUMBER[number]
