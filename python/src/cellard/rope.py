# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""How positions were rotated into K, for codecs that undo it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

_PAIRINGS = ("half", "interleaved")


@dataclass(frozen=True, slots=True)
class Rope:
    """Rotary position embedding.

    rotary_dim: channels that are rotated; even, at most head_dim.
    pairing: "half" pairs channel i with i + rotary_dim/2, "interleaved" 2i with 2i + 1.
    theta: the base; 0 when inverse_frequencies are given.
    first_position: position of the first token of a chain.
    scaling: linear position scaling factor; 1 is none.
    inverse_frequencies: rotary_dim / 2 floats, or none.
    """

    rotary_dim: int
    pairing: str = "half"
    theta: float = 0.0
    first_position: int = 0
    scaling: float = 1.0
    inverse_frequencies: Sequence[float] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "inverse_frequencies", tuple(map(float, self.inverse_frequencies)))
        if self.pairing not in _PAIRINGS:
            raise ValueError(f"rope: pairing is {self.pairing!r}, allowed are {_PAIRINGS}")
        if self.rotary_dim < 0 or self.rotary_dim % 2 != 0:
            raise ValueError(f"rope: rotary_dim is {self.rotary_dim}, it has to be even")
        count = len(self.inverse_frequencies)
        if count not in (0, self.rotary_dim // 2):
            raise ValueError(
                f"rope: there are {count} inverse_frequencies, rotary_dim {self.rotary_dim} "
                f"asks for {self.rotary_dim // 2}"
            )

    @classmethod
    def of(cls, value: "Rope | Mapping[str, Any] | None") -> "Rope | None":
        """From a dict with the field names; unknown names are refused."""
        if value is None or isinstance(value, Rope):
            return value
        unknown = set(value) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"rope: unknown field {', '.join(sorted(unknown))}")
        if "rotary_dim" not in value:
            raise ValueError("rope: rotary_dim is missing")
        return cls(**value)

    def as_c(self) -> dict[str, Any]:
        """The fields of cellard_rope."""
        return {
            "rotary_dim": self.rotary_dim,
            "interleaved": _PAIRINGS.index(self.pairing),
            "first_position": self.first_position,
            "theta": float(self.theta),
            "scaling": float(self.scaling),
            "inverse_frequencies": list(self.inverse_frequencies),
        }

    @classmethod
    def of_c(cls, fields: dict[str, Any]) -> "Rope":
        """From the fields of cellard_rope."""
        rest = {name: value for name, value in fields.items() if name != "interleaved"}
        return cls(pairing=_PAIRINGS[fields["interleaved"]], **rest)
