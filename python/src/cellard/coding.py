# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""The codecs without a daemon, for people who study what compression does to a model's KV.

    codec = cellard.codec("int4")
    k2, v2, bits_per_value = codec.roundtrip(k, v, rope={"rotary_dim": 64, "theta": 10000.0})

The bytes are those that the daemon keeps (docs/codec-format.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._cellard import Coder, codec_backends, codec_names
from .dtypes import ElementType, element_type
from .profile import Profile
from .rope import Rope
from .tensors import check_pair, five_axes, raw_block, shape_of, tiles_of

_Array = npt.NDArray[Any]


def codecs() -> dict[str, str]:
    """Names that `codec` takes, each with a line of description."""
    return {name: text for name, text, _ in codec_names()}


@dataclass(frozen=True, slots=True)
class Encoded:
    """What `Codec.encode` made of K and V.

    blocks: one encoded block for each tile of each sequence, sequence by sequence.
    shape, v_shape: of K and V as they were given; v_shape is None when there was no V.
    key_error, value_error: largest relative Frobenius error of a segment (a tile of one layer);
        0 when everything is exact or nothing was verified.
    gentler: segments that a gentler codec took, because the wanted one refused or erred too much.
    profile: what it was encoded with, and is decoded with.
    """

    blocks: tuple[bytes, ...]
    shape: tuple[int, ...]
    v_shape: tuple[int, ...] | None
    dtype: str
    numpy: np.dtype[Any]
    tile_tokens: int
    rope: Rope | None
    key_error: float
    value_error: float
    gentler: int
    profile: Profile | None = None

    @property
    def nbytes(self) -> int:
        """All encoded bytes, headers and padding included."""
        return sum(map(len, self.blocks))

    @property
    def bits_per_value(self) -> float:
        """Bits for each value of K and V, all metadata included (a profile is not: it is shared)."""
        values = np.prod(self.shape) + (np.prod(self.v_shape) if self.v_shape else 0)
        return float(8 * self.nbytes / values) if values else 0.0


class Codec:
    """Made by `cellard.codec`. Immutable; threads may share one."""

    def __init__(
        self,
        name: str,
        coder: Coder,
        tile_tokens: int,
        dtype: ElementType | None,
        profile: Profile | None,
        scope: str,
    ):
        self.name = name
        self.profile = profile
        self._scope = scope
        self._coder = coder
        self._tile_tokens = tile_tokens
        self._dtype = dtype

    def __repr__(self) -> str:
        return f"<cellard.Codec {self.name} on {self.backend}, tiles of {self._tile_tokens} tokens>"

    @property
    def backend(self) -> str:
        """Instruction set whose loops run."""
        return str(self._coder.backend)

    def encode(
        self, k: _Array, v: _Array | None = None, *, rope: Rope | Mapping[str, Any] | None = None
    ) -> Encoded:
        """K and V, [layers, sequences, tokens, kv_heads, head_dim] or without sequences.

        rope: how K was rotated, as `cellard.Rope` or a dict of its fields; codecs that gain by it
        undo the rotation. `first_position` is the position of each sequence's first token.
        Raises ValueError naming the axis when the shapes do not fit, cellard.Error when a codec
        cannot do it.
        """
        k = np.asarray(k)
        v = None if v is None else np.asarray(v)
        check_pair(k, v, self._dtype)
        kind = self._dtype or element_type(k.dtype)
        known = Rope.of(rope)
        profile = self.profile
        if profile is None and self.name in _learned():
            profile = Profile.calibrate(k, v, rope=known, scope=self._scope, dtype=kind.name)
        keys = five_axes(k)
        values = None if v is None else five_axes(v)
        blocks: list[bytes] = []
        key_error = value_error = 0.0
        gentler = 0
        for sequence, begin, end in tiles_of(keys.shape, self._tile_tokens):
            coded, of_keys, of_values, milder = self._coder.encode(
                shape_of(kind, keys, values, begin, end, known),
                raw_block(keys, values, sequence, begin, end),
                profile and profile.native,
            )
            blocks.append(coded)
            key_error = max(key_error, of_keys)
            value_error = max(value_error, of_values)
            gentler += milder
        return Encoded(
            blocks=tuple(blocks),
            shape=k.shape,
            v_shape=None if v is None else v.shape,
            dtype=kind.name,
            numpy=k.dtype,
            tile_tokens=self._tile_tokens,
            rope=known,
            key_error=key_error,
            value_error=value_error,
            gentler=gentler,
            profile=profile,
        )

    def decode(self, encoded: Encoded) -> tuple[_Array, _Array | None]:
        """K and V in the shapes and dtype that they had. Raises cellard.Error when bytes were
        damaged.
        """
        kind = element_type(encoded.dtype)
        k = np.empty(encoded.shape, encoded.numpy)
        v = None if encoded.v_shape is None else np.empty(encoded.v_shape, encoded.numpy)
        keys = five_axes(k)
        values = None if v is None else five_axes(v)
        tiles = tiles_of(keys.shape, encoded.tile_tokens)
        for coded, (sequence, begin, end) in zip(encoded.blocks, tiles, strict=True):
            shape = shape_of(kind, keys, values, begin, end, encoded.rope)
            parts = [keys[:, sequence, begin:end]]
            if values is not None:
                parts.append(values[:, sequence, begin:end])
            raw = np.empty(sum(part.nbytes for part in parts), np.uint8)
            self._coder.decode(shape, coded, raw, encoded.profile and encoded.profile.native)
            at = 0
            for part in parts:
                part[...] = raw[at : at + part.nbytes].view(part.dtype).reshape(part.shape)
                at += part.nbytes
        return k, v

    def roundtrip(
        self, k: _Array, v: _Array, *, rope: Rope | Mapping[str, Any] | None = None
    ) -> tuple[_Array, _Array, float]:
        """K, V as they come back, and bits per value with all metadata. Shapes as for `encode`."""
        encoded = self.encode(k, v, rope=rope)
        k2, v2 = self.decode(encoded)
        assert v2 is not None
        return k2, v2, encoded.bits_per_value


def codec(
    name: str,
    *,
    dtype: object = None,
    tile_tokens: int = 256,
    first_raw: int | None = None,
    last_raw: int = 0,
    max_key_error: float = 0.0,
    max_value_error: float = 0.0,
    verify: bool = True,
    backend: str = "",
    profile: Profile | None = None,
    scope: str = "head",
) -> Codec:
    """A codec by name (`cellard.codecs()` lists them).

    dtype: of the values, where NumPy has no type of its own: "bfloat16" in uint16 arrays,
        "float8_e4m3" in uint8 arrays. Otherwise the array's.
    tile_tokens: tokens that are encoded together.
    first_raw: leading tokens of a sequence that stay as they are (attention sinks); the codec's
        default when None.
    last_raw: trailing tokens of every tile that stay as they are.
    max_key_error, max_value_error: bound on the relative Frobenius error of a segment; what errs
        more is kept by a gentler codec. 0 is no bound.
    verify: measure errors and store checks, which costs a decode.
    backend: "scalar", "avx2", ...; the best of this machine when empty.
    profile: of the model, for "xtc"; without one each `encode` calibrates on what it is given.
    scope: of such a profile, "head" or "layer".
    """
    if name not in codecs():
        raise ValueError(f"there is no codec {name!r}, there are {', '.join(codecs())}")
    if tile_tokens < 1:
        raise ValueError(f"tile_tokens is {tile_tokens}, at least 1 expected")
    kind = None if dtype is None else element_type(dtype)
    coder = Coder(
        name,
        backend,
        -1 if first_raw is None else first_raw,
        last_raw,
        verify,
        max_key_error,
        max_value_error,
    )
    return Codec(name, coder, tile_tokens, kind, profile, scope)


def backends() -> list[str]:
    """Instruction sets that `codec` takes on this machine, the best last."""
    return list(codec_backends())


def _learned() -> set[str]:
    """Codecs that need a profile."""
    return {name for name, _, learned in codec_names() if learned}
