# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Keys: the documented SHA-256 chain, checked against hashlib."""

import hashlib
import struct
from typing import Any

import numpy as np
import pytest

import cellard


def reference(tokens: list[int], block_tokens: int, extra: bytes = b"") -> list[bytes]:
    seed = b"cellard chain v1\0" + struct.pack("<II", block_tokens, len(extra)) + extra
    key, keys = hashlib.sha256(seed).digest(), []
    for start in range(0, len(tokens) - block_tokens + 1, block_tokens):
        block = tokens[start : start + block_tokens]
        key = hashlib.sha256(key + struct.pack(f"<{block_tokens}I", *block)).digest()
        keys.append(key)
    return keys


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 160])
@pytest.mark.parametrize("extra", [b"", b"lora:7", b"\0" * 100])
def test_keys_are_the_documented_chain(count: int, extra: bytes) -> None:
    tokens = [(i * 2654435761) % 2**32 for i in range(count)]
    assert cellard.chain_keys(tokens, 16, extra) == reference(tokens, 16, extra)


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int64, np.uint64, np.uint16])
def test_arrays_of_integers_give_the_same_keys(dtype: Any) -> None:
    tokens = np.arange(40, dtype=dtype)
    assert cellard.chain_keys(tokens, 8) == reference(list(range(40)), 8)


def test_strided_arrays_give_the_same_keys() -> None:
    assert cellard.chain_keys(np.arange(80, dtype=np.uint32)[::2], 8) == reference(
        list(range(0, 80, 2)), 8
    )


@pytest.mark.parametrize(
    ("tokens", "kind", "message"),
    [
        ([1, -1], ValueError, r"tokens\[1\] is -1"),
        ([2**32], ValueError, r"tokens\[0\] is 4294967296"),
        ([1.5], TypeError, "not float64"),
        ([[1], [2]], ValueError, "2 axes"),
    ],
)
def test_wrong_tokens_are_named(tokens: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        cellard.chain_keys(tokens, 1)


def test_block_tokens_has_to_be_positive() -> None:
    with pytest.raises(ValueError, match="block_tokens is 0"):
        cellard.chain_keys([1], 0)


def test_other_hashes_become_keys() -> None:
    assert len(cellard.key_from_bytes(b"anything")) == 32
    assert cellard.key_from_bytes(b"a") != cellard.key_from_bytes(b"b")
