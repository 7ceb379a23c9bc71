# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What the calibrated codec knows of a model.

    profile = cellard.Profile.calibrate(k, v, rope=rope)   # a few thousand tokens of several texts
    cellard.codec("xtc", profile=profile).roundtrip(other_k, other_v, rope=rope)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._cellard import Calibrator, ModelProfile
from .dtypes import element_type
from .rope import Rope
from .tensors import check_pair, five_axes, raw_block, shape_of

_Array = npt.NDArray[Any]
_SCOPES = ("head", "layer")


class Profile:
    """Immutable and named after its bytes; threads may share one."""

    def __init__(self, data: bytes) -> None:
        """From its bytes (docs/codec-format.md). Raises cellard.Error when they are none."""
        self.native = ModelProfile.read(bytes(data))

    @classmethod
    def calibrate(
        cls,
        k: _Array,
        v: _Array | None = None,
        *,
        rope: Rope | Mapping[str, Any] | None = None,
        scope: str = "head",
        dtype: object = None,
        skip: int = 4,
    ) -> "Profile":
        """Learns from K and V, in the shapes of `cellard.codec(...).encode`.

        scope: "head" for a basis a head, "layer" for a larger and slower one that saves some bits.
        skip: first tokens of each sequence that are not looked at, since they stay raw.
        """
        if scope not in _SCOPES:
            raise ValueError(f"scope is {scope!r}, allowed are {_SCOPES}")
        k = np.asarray(k)
        v = None if v is None else np.asarray(v)
        kind = element_type(k.dtype if dtype is None else dtype)
        check_pair(k, v, kind)
        keys = five_axes(k)
        values = None if v is None else five_axes(v)
        tokens = keys.shape[2]
        if tokens - skip < 2:
            skip = 0
        how = Rope.of(rope)
        shape = shape_of(kind, keys, values, skip, tokens, how)
        calibrator = Calibrator(shape, scope == "layer")
        for sequence in range(keys.shape[1]):
            calibrator.add(shape, raw_block(keys, values, sequence, skip, tokens))
        return cls(calibrator.build(_eigh).data)

    @classmethod
    def load(cls, path: str | Path) -> "Profile":
        return cls(Path(path).read_bytes())

    def save(self, path: str | Path) -> None:
        Path(path).write_bytes(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<cellard.Profile {self.id.hex()}, a basis a {self.scope}, {self.tokens} tokens>"

    @property
    def data(self) -> bytes:
        return self.native.data

    @property
    def id(self) -> bytes:
        """Sixteen bytes, in the header of what was encoded with it."""
        return self.native.id

    @property
    def scope(self) -> str:
        return _SCOPES[self.native.layer_scope]

    @property
    def tokens(self) -> int:
        """How many it was learned from."""
        return self.native.tokens


def _eigh(matrix: _Array) -> tuple[_Array, _Array]:
    values, vectors = np.linalg.eigh(matrix)
    return values, np.ascontiguousarray(vectors.T)
