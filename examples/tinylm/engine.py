# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What an inference engine does with cellard: look for the prompt's beginning, take it, compute the rest, store that.

The cache is optional. Without one, and after any miss, the engine computes everything, in the same chunks of
block_tokens, and comes to the same bits.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cellard
import numpy as np

from model import Array, Context, Model

BLOCK_TOKENS = 16
CAPACITY = 1024  # as long as the texts that the model was trained on; longer prompts are refused


def layout_of(model: Model) -> cellard.Layout:
    """What one block of this model's keys and values looks like."""
    config = model.config
    return cellard.Layout(
        dtype="float16",
        layers=config.layers,
        kv_heads=config.kv_heads,
        head_dim=config.head_dim,
        block_tokens=BLOCK_TOKENS,
    )


def block_bytes(model: Model) -> int:
    """The size of one block: keys and values of BLOCK_TOKENS tokens in float16."""
    config = model.config
    return 2 * config.layers * BLOCK_TOKENS * config.kv_heads * config.head_dim * np.dtype(np.float16).itemsize


def open_space(cache: cellard.Cache, model: Model) -> cellard.Space:
    """The namespace of this model; the fingerprint keeps the blocks of other weights out of it."""
    return cache.open("tinylm", layout_of(model), weights=model.fingerprint, salt=b"")


@dataclass
class Prefill:
    """One prompt, read. `seconds` is all of it; `lookup_seconds` and `store_seconds` are what the cache took of it."""

    context: Context
    logits: Array  # of every token from `logits_from` on
    tokens_found: int
    blocks_stored: int
    seconds: float
    lookup_seconds: float
    store_seconds: float


class Engine:
    """A model, and a namespace of the cache to find and leave keys and values in (None: none)."""

    def __init__(self, model: Model, space: cellard.Space | None) -> None:
        self.model = model
        self.space = space
        # The first products of a process start BLAS up; that is no part of anybody's prefill.
        warm = Context(model.config, CAPACITY)
        model.logits(model.forward([0] * BLOCK_TOKENS, warm))

    def prefill(self, tokens: list[int], logits_from: int) -> Prefill:
        """Reads `tokens`, whose last token is always computed, since its logits are what the caller is after."""
        if len(tokens) > CAPACITY:
            raise ValueError(f"a prompt of {len(tokens)} tokens is longer than {CAPACITY}")
        began = time.perf_counter()
        context = Context(self.model.config, CAPACITY)
        keys = cellard.chain_keys(tokens, BLOCK_TOKENS) if self.space is not None else []
        self._lookup(keys[: (len(tokens) - 1) // BLOCK_TOKENS], context)
        found = context.length
        lookup_seconds = time.perf_counter() - began

        logits: list[Array] = []
        stored, store_seconds = 0, 0.0
        for start in range(found, len(tokens), BLOCK_TOKENS):
            chunk = tokens[start : start + BLOCK_TOKENS]
            hidden = self.model.forward(chunk, context)
            if context.length > logits_from:
                logits.append(self.model.logits(hidden)[max(0, logits_from - start) :])
            if self.space is not None and len(chunk) == BLOCK_TOKENS:
                put_began = time.perf_counter()
                stored += self._store(keys, start // BLOCK_TOKENS, context)
                store_seconds += time.perf_counter() - put_began
        seconds = time.perf_counter() - began
        return Prefill(context, np.concatenate(logits), found, stored, seconds, lookup_seconds, store_seconds)

    def generate(self, prefill: Prefill, count: int) -> list[int]:
        """Continues the text with the most likely token, `count` times; their logits join those of the prompt."""
        tokens: list[int] = []
        for _ in range(min(count, CAPACITY - prefill.context.length)):
            tokens.append(int(prefill.logits[-1].argmax()))
            after = self.model.logits(self.model.forward(tokens[-1:], prefill.context))
            prefill.logits = np.concatenate([prefill.logits, after])
        return tokens

    def _lookup(self, keys: list[bytes], context: Context) -> None:
        """Copies the leading blocks that the cache has; a miss leaves the context as it was."""
        if self.space is None or not keys:
            return
        try:
            with self.space.get(keys) as blocks:
                for block in blocks:
                    context.load(block.k, block.v)
        except cellard.LeaseLost:
            context.length = 0  # a block was given up while it was copied: what came of it may not be used

    def _store(self, keys: list[bytes], index: int, context: Context) -> int:
        """Writes one block in place, under the one before it; 0 where another engine has stored it or is about to."""
        assert self.space is not None
        with self.space.stage(keys[index : index + 1], parent=keys[index - 1] if index else None) as stage:
            (block,) = stage.blocks
            if block is None:
                return 0
            block.k[:], block.v[:] = context.store(index * BLOCK_TOKENS, (index + 1) * BLOCK_TOKENS)
            stage.commit()
        return 1
