# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Views of one block: what a leased block and a staged one have in common."""

from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from .layout import Layout

Part = Literal["k", "v", "data"]
NumpyArray = npt.NDArray[Any]


class Source(Protocol):
    """Lease and Stage of _cellard."""

    def view(self, index: int, offset: int, shape: list[int], dtype: str, numpy: bool) -> Any: ...


class BlockViews:
    """Arrays over one block's memory, made when asked for. They keep the memory mapped as long as
    they live.
    """

    __slots__ = ("_index", "_layout", "_length", "_source")

    def __init__(self, source: Source, layout: Layout, index: int, length: int) -> None:
        self._source = source
        self._layout = layout
        self._index = index
        self._length = length

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """Bytes of the block."""
        return self._length

    def _shaped(self, part: Part) -> tuple[int, tuple[int, ...], str]:
        layout = self._layout
        if part == "data":
            return (0, (self._length,), "uint8")
        if part not in ("k", "v"):
            raise ValueError(f"a block has 'k', 'v' and 'data', no {part!r}")
        if layout.is_opaque:
            raise TypeError(f"an opaque layout has no {part}: use .data")
        if part == "k":
            return (0, layout.k_shape, layout.dtype)
        if layout.v_dim == 0:
            raise TypeError("the layout has no V (v_head_dim is 0)")
        return (layout.k_bytes, layout.v_shape, layout.dtype)

    def _view(self, part: Part, numpy: bool) -> Any:
        offset, shape, dtype = self._shaped(part)
        return self._source.view(self._index, offset, list(shape), dtype, numpy)

    @property
    def k(self) -> NumpyArray:
        """K [layers, block_tokens, kv_heads, head_dim]; bfloat16 as uint16, float8 as uint8."""
        return np.asarray(self._view("k", True))

    @property
    def v(self) -> NumpyArray | None:
        """V [layers, block_tokens, kv_heads, v_head_dim]; None where the layout has none."""
        if not self._layout.is_opaque and self._layout.v_dim == 0:
            return None
        return np.asarray(self._view("v", True))

    @property
    def data(self) -> memoryview:
        """All bytes of the block, of any layout."""
        return memoryview(self._view("data", True))

    def tensor(self, part: Part) -> Any:
        """The same memory as an object with __dlpack__ that carries the layout's own dtype.

        For torch.from_dlpack(block.tensor("k")) and the like: bfloat16 arrives as bfloat16. A
        consumer that does not know DLPack's read-only flag (before version 1.0) gets a BufferError
        for a leased block or must not write to it.
        """
        return self._view(part, False)
