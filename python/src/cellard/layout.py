# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What one block of a namespace looks like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .dtypes import OPAQUE, ElementType, element_type, element_type_of
from .rope import Rope

_MAX_AXIS = 1 << 20
_MAX_PARTS = 64


def _check(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"layout: {name} has to be an int, not {type(value).__name__}")
    if not least <= value <= most:
        raise ValueError(f"layout: {name} is {value}, allowed are {least} to {most}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One block: K [layers, block_tokens, kv_heads, head_dim], then V [layers, block_tokens,
    kv_heads, v_head_dim].

    dtype: "float32", "float16", "bfloat16", "float8_e4m3" (NumPy and torch dtypes with these names
        do too).
    v_head_dim: None is head_dim; 0 is no V (latent attention).
    parts, part: a block cut over ranks: how many, and which this process holds. The shape is one
        part's, all are alike.
    rope: how positions were rotated into K, as a Rope or a dict with its fields.
    model: a name for people; it is part of the namespace's identity.

    Raises ValueError or TypeError naming the axis.
    """

    dtype: str
    layers: int = 0
    kv_heads: int = 0
    head_dim: int = 0
    block_tokens: int = 0
    v_head_dim: int | None = None
    parts: int = 1
    part: int = 0
    rope: Rope | Mapping[str, Any] | None = None
    model: str = ""
    max_bytes: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", element_type(self.dtype).name)
        object.__setattr__(self, "rope", Rope.of(self.rope))
        _check("parts", self.parts, 1, _MAX_PARTS)
        _check("part", self.part, 0, self.parts - 1)
        if self.is_opaque:
            _check("max_bytes", self.max_bytes, 1, (1 << 63) - 1)
        else:
            self._check_shape()

    def _check_shape(self) -> None:
        if self.max_bytes != 0:
            raise ValueError("layout: max_bytes is for opaque layouts; a shape has its own size")
        for name in ("layers", "kv_heads", "head_dim", "block_tokens"):
            _check(name, getattr(self, name), 1, _MAX_AXIS)
        if self.v_head_dim is None:
            object.__setattr__(self, "v_head_dim", self.head_dim)
        _check("v_head_dim", self.v_dim, 0, _MAX_AXIS)
        if isinstance(self.rope, Rope) and self.rope.rotary_dim > self.head_dim:
            raise ValueError(
                f"layout: rope.rotary_dim is {self.rope.rotary_dim}, head_dim only {self.head_dim}"
            )

    @classmethod
    def opaque(
        cls,
        max_bytes: int,
        *,
        block_tokens: int = 0,
        parts: int = 1,
        part: int = 0,
        model: str = "",
    ) -> "Layout":
        """Blocks of 1 to max_bytes bytes without a shape. block_tokens is kept for the caller."""
        return cls(
            dtype="opaque",
            max_bytes=max_bytes,
            block_tokens=block_tokens,
            parts=parts,
            part=part,
            model=model,
        )

    @property
    def is_opaque(self) -> bool:
        """Whether blocks are bytes without a shape."""
        return self.dtype == OPAQUE.name

    @property
    def v_dim(self) -> int:
        """v_head_dim as a number."""
        return self.head_dim if self.v_head_dim is None else self.v_head_dim

    @property
    def element(self) -> ElementType:
        """The dtype with its numbers."""
        return element_type(self.dtype)

    @property
    def k_shape(self) -> tuple[int, int, int, int]:
        """Shape of one block's K."""
        return (self.layers, self.block_tokens, self.kv_heads, self.head_dim)

    @property
    def v_shape(self) -> tuple[int, int, int, int]:
        """Shape of one block's V; the last axis is 0 where there is none."""
        return (self.layers, self.block_tokens, self.kv_heads, self.v_dim)

    @property
    def k_bytes(self) -> int:
        """Bytes of one block's K; V begins there."""
        layers, tokens, heads, dim = self.k_shape
        return layers * tokens * heads * dim * self.element.numpy.itemsize

    @property
    def block_bytes(self) -> int:
        """Bytes of one raw block of one part; max_bytes for opaque layouts."""
        if self.is_opaque:
            return self.max_bytes
        return self.k_bytes // self.head_dim * (self.head_dim + self.v_dim)

    def as_c(self, weights: str, kv_group: int, max_age: float | None) -> dict[str, Any]:
        """The fields of cellard_layout."""
        return {
            "dtype": self.element.number,
            "layers": self.layers,
            "kv_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "v_head_dim": 0 if self.is_opaque else self.v_dim,
            "block_tokens": self.block_tokens,
            "max_bytes": self.max_bytes,
            "kv_group": kv_group,
            "parts": self.parts,
            "part": self.part,
            "model": self.model,
            "weights": weights,
            "rope": self.rope.as_c() if isinstance(self.rope, Rope) else None,
            "max_age_ms": 0 if max_age is None else max(1, round(max_age * 1000)),
            "existing": 0,
        }

    @classmethod
    def of_c(cls, fields: dict[str, Any]) -> "Layout":
        """From the fields of cellard_layout, as the daemon has them."""
        kind = element_type_of(fields["dtype"])
        rope = fields["rope"]
        return cls(
            **{
                **fields,
                "dtype": kind.name,
                "v_head_dim": None if kind is OPAQUE else fields["v_head_dim"],
                "rope": None if rope is None else Rope.of_c(rope),
            }
        )


def existing_as_c(kv_group: int) -> dict[str, Any]:
    """The fields of cellard_layout for a namespace as it exists: the shape does not count."""
    return {**Layout.opaque(1).as_c("", kv_group, None), "existing": 1}
