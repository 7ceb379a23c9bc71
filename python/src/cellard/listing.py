# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""What a namespace holds, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass

from ._cellard import Space

_PAGE = 1024


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """One block of a listing.

    length: bytes as stored. depth: place in its chain, 0 for a root. codec: 0 is raw. visible:
        False while it is being written. leaf: no block continues it. children: how many do.
    """

    key: bytes
    length: int
    depth: int
    codec: int
    visible: bool
    leased: bool
    pinned: bool
    leaf: bool
    children: int


def pages(space: Space) -> Iterator[BlockInfo]:
    """All blocks. Ones that come or go meanwhile may be missed or listed."""
    cursor = 0
    while True:
        items, cursor = space.list(cursor, _PAGE)
        for key, length, depth, codec, state, flags, children in items:
            yield BlockInfo(
                key=key,
                length=length,
                depth=depth,
                codec=codec,
                visible=state == 0,
                leased=bool(flags & 1),
                pinned=bool(flags & 2),
                leaf=bool(flags & 4),
                children=children,
            )
        if cursor == 0:
            return
