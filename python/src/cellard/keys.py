# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Keys of blocks: 32 bytes that name a block's tokens and all tokens before it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _cellard

Tokens = Sequence[int] | npt.NDArray[np.integer[Any]]


def chain_keys(tokens: Tokens, block_tokens: int, extra: bytes = b"") -> list[bytes]:
    """Keys of all full blocks of a sequence of tokens, one `bytes` of 32 a block.

    tokens: ints or a 1-D integer array (uint32 is used without a copy), each in 0 to 2**32 - 1.
    extra: what else the content depends on (a LoRA's name, a hash of images); it enters the first
        block's key and through it all others.

    A SHA-256 chain, so two different prefixes do not share a key; the C function cellard_chain_keys
    gives the same: k[-1] = SHA-256("cellard chain v1\\0" + u32le(block_tokens) + u32le(len(extra))
    + extra) k[i]  = SHA-256(k[i-1] + tokens of block i as u32le)

    Raises ValueError for a token outside the range, TypeError for one that is no integer.
    """
    if block_tokens < 1:
        raise ValueError(f"block_tokens is {block_tokens}, it has to be at least 1")
    return _cellard.chain_keys(_as_uint32(tokens), block_tokens, bytes(extra))


def _as_uint32(tokens: Tokens) -> npt.NDArray[np.uint32]:
    array = np.asarray(tokens)
    if array.ndim != 1:
        raise ValueError(f"tokens has {array.ndim} axes, 1 expected")
    if array.size == 0:
        return np.empty(0, np.uint32)
    if array.dtype.kind not in "iu":
        raise TypeError(f"tokens have to be integers, not {array.dtype}")
    if array.dtype != np.uint32:
        wrong = np.flatnonzero((array < 0) | (array > 0xFFFFFFFF))
        if wrong.size:
            raise ValueError(f"tokens[{wrong[0]}] is {array[wrong[0]]}, allowed are 0 to 2**32 - 1")
    return np.ascontiguousarray(array, np.uint32)


def key_from_bytes(data: bytes) -> bytes:
    """A key (32 bytes) from an engine's own hash of any length."""
    return _cellard.key_from_bytes(bytes(data))
