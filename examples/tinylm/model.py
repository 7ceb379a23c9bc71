# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The language model: a Llama-style transformer, one chunk of tokens at a time, in float32 with numpy alone.

Keys and values are rounded to float16, the type in which the cache keeps them, before anything reads them. So it makes
no difference to a single bit of the result whether a key was computed here or came out of the cache, provided that
the chunks are the same: BLAS adds in another order for another shape.
"""

import hashlib
import json
import pathlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Half = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Config:
    """The sizes of a model, from its config.json (Hugging Face's names there, the words of the cache here)."""

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    epsilon: float
    rope_theta: float

    @classmethod
    def load(cls, path: pathlib.Path) -> "Config":
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            layers=values["num_hidden_layers"],
            heads=values["num_attention_heads"],
            kv_heads=values["num_key_value_heads"],
            head_dim=values["head_dim"],
            epsilon=values["rms_norm_eps"],
            rope_theta=values["rope_theta"],
        )


class Context:
    """The keys and values of one sequence, as attention reads them: [layers, kv_heads, tokens, head_dim], float32.

    The capacity is part of the arithmetic's shape, so runs that are compared have the same one. Every number in
    here fits a float16 exactly, which makes `store` and `load` each other's inverse.
    """

    def __init__(self, config: Config, capacity: int) -> None:
        shape = (config.layers, config.kv_heads, capacity, config.head_dim)
        self.keys: Array = np.zeros(shape, np.float32)
        self.values: Array = np.zeros(shape, np.float32)
        self.length = 0

    def load(self, keys: Half, values: Half) -> None:
        """Appends tokens that somebody else computed, in the cache's order [layers, tokens, kv_heads, head_dim]."""
        end = self.length + keys.shape[1]
        self.keys[:, :, self.length : end] = keys.transpose(0, 2, 1, 3)
        self.values[:, :, self.length : end] = values.transpose(0, 2, 1, 3)
        self.length = end

    def store(self, start: int, end: int) -> tuple[Half, Half]:
        """The keys and values of the tokens from `start` to `end` in the cache's order and type."""
        keys, values = (part[:, :, start:end].transpose(0, 2, 1, 3) for part in (self.keys, self.values))
        return keys.astype(np.float16, order="C"), values.astype(np.float16, order="C")


class Model:
    """The weights and the forward pass. `fingerprint` names the weights: other weights have other keys and values."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.config = Config.load(directory / "config.json")
        path = directory / "weights.npz"
        self.fingerprint = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
        with np.load(path) as stored:
            weights = {name: stored[name].astype(np.float32) for name in stored.files}
        self._embedding: Array = weights.pop("embedding")
        self._final_norm: Array = weights.pop("final_norm")
        self._layers = [{name: part[n] for name, part in weights.items()} for n in range(self.config.layers)]
        half = self.config.head_dim // 2
        self._frequencies = self.config.rope_theta ** (-np.arange(half) / half)

    def forward(self, tokens: list[int], context: Context) -> Array:
        """Reads `tokens` after what `context` holds, adds their keys and values to it, returns their hidden states."""
        start, count = context.length, len(tokens)
        end = start + count
        angles = np.arange(start, end)[:, None] * self._frequencies
        turn = np.cos(angles).astype(np.float32)[:, None], np.sin(angles).astype(np.float32)[:, None]
        hidden = self._embedding[tokens]
        for layer, w in enumerate(self._layers):
            normed = self._normalize(hidden, w["attention_norm"])
            queries = rotate(self._heads(normed @ w["query"].T), turn)
            context.keys[layer, :, start:end] = rounded(rotate(self._heads(normed @ w["key"].T), turn)).swapaxes(0, 1)
            context.values[layer, :, start:end] = rounded(self._heads(normed @ w["value"].T)).swapaxes(0, 1)
            seen = self._attend(queries, context.keys[layer, :, :end], context.values[layer, :, :end])
            hidden = hidden + seen @ w["output"].T
            normed = self._normalize(hidden, w["mlp_norm"])
            hidden = hidden + (silu(normed @ w["gate"].T) * (normed @ w["up"].T)) @ w["down"].T
        context.length = end
        return hidden

    def logits(self, hidden: Array) -> Array:
        """A score for each entry of the vocabulary as the next token, after each token of `hidden`."""
        scores: Array = self._normalize(hidden, self._final_norm) @ self._embedding.T
        return scores

    def _normalize(self, x: Array, weight: Array) -> Array:
        size = np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(self.config.epsilon))
        normed: Array = x / size * weight
        return normed

    def _heads(self, x: Array) -> Array:
        return x.reshape(len(x), -1, self.config.head_dim)

    def _attend(self, queries: Array, keys: Array, values: Array) -> Array:
        """Causal attention of the newest tokens over all; the query heads of one group share a key-value head."""
        config, count = self.config, len(queries)
        group = config.heads // config.kv_heads
        grouped = queries.reshape(count, config.kv_heads, group, config.head_dim).transpose(1, 2, 0, 3)
        rows = grouped.reshape(config.kv_heads, group * count, config.head_dim) * np.float32(config.head_dim**-0.5)
        scores = (rows @ keys.swapaxes(1, 2)).reshape(config.kv_heads, group, count, -1)
        scores[..., -count:] += np.triu(np.full((count, count), -np.inf, np.float32), 1)
        chances = np.exp(scores - scores.max(-1, keepdims=True))
        chances /= chances.sum(-1, keepdims=True)
        seen: Array = chances.reshape(config.kv_heads, group * count, -1) @ values
        return seen.reshape(config.kv_heads, group, count, -1).transpose(2, 0, 1, 3).reshape(count, -1)


def rounded(x: Array) -> Array:
    """The nearest numbers that a float16 can hold."""
    return x.astype(np.float16).astype(np.float32)


def rotate(x: Array, turn: tuple[Array, Array]) -> Array:
    """Rotary positions: element i and element i + head_dim / 2 are one plane, turned by the token's angle."""
    cosine, sine = turn
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


def silu(x: Array) -> Array:
    """x * sigmoid(x), by way of tanh, which cannot overflow."""
    half = np.float32(0.5)
    gated: Array = x * (half + half * np.tanh(half * x))
    return gated
