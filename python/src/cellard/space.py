# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""A namespace: find, read, write, remove blocks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from . import _cellard
from .aio import LoopQueues
from .arrays import byte_array, chain_array, empty_chain
from .awaitable import AwaitableCalls, CheckedPut
from .blocks import Blocks
from .errors import MISSES, Error
from .layout import Layout
from .listing import BlockInfo, pages
from .match import Match
from .stage import PutAnswer, PutResult, Stage

T = TypeVar("T")
# Inside the class `list` is the method.
BytesList = list[bytes]
ArrayList = list[_cellard.Array]


class Space(AwaitableCalls):
    """One namespace, from ``cache.open``. ``keys`` are always the keys of one chain in order, 32
    bytes each.

    Every call ends within the cache's deadline. Unless the cache is strict, a daemon that is
    absent, slow, restarted or out of room is a miss: finding gives 0, reading gives nothing,
    writing stores nothing.

    Threads may share a space; their calls are served one after the other. The calls that begin
    with ``a`` are for asyncio: they are awaited, and run side by side.
    """

    def __init__(
        self,
        name: str,
        layout: Layout,
        strict: bool,
        opener: Callable[[], _cellard.Space],
        queues: LoopQueues,
    ):
        self.name = name
        self.layout = layout
        self._strict = strict
        self._opener = opener
        self._queues = queues
        self._space: _cellard.Space | None = None

    def _opened(self) -> _cellard.Space:
        """The open namespace; one that could not be opened yet is tried again with each call."""
        if self._space is None:
            self._space = self._opener()
        return self._space

    def _ask(self, call: Callable[[_cellard.Space], T], miss: Callable[[Error], T]) -> T:
        try:
            return call(self._opened())
        except MISSES as error:
            if self._strict:
                raise
            return miss(error)

    @property
    def block_bytes(self) -> int:
        """Bytes of one raw block of this process's part; max_bytes for opaque layouts."""
        return self.layout.block_bytes

    # ---- find ----

    def match(self, keys: Sequence[bytes]) -> int:
        """How many leading blocks are readable now: no lease, no side effect."""
        return self.lookup(keys).ready

    def lookup(self, keys: Sequence[bytes]) -> Match:
        """The same, with those in slower tiers."""
        return self._ask(lambda s: Match(*s.lookup(keys)), lambda _: Match(0, 0, 0))

    def touch(self, keys: Sequence[bytes]) -> Match:
        """lookup, and the blocks count as used."""
        return self._ask(lambda s: Match(*s.touch(keys)), lambda _: Match(0, 0, 0))

    def prefetch(self, keys: Sequence[bytes]) -> Match:
        """lookup, and blocks in slower tiers are fetched; ask again to see them become ready."""
        return self._ask(lambda s: Match(*s.prefetch(keys)), lambda _: Match(0, 0, 0))

    # ---- read ----

    def get(self, keys: Sequence[bytes]) -> Blocks:
        """Leases the leading blocks that are present; empty when none is. Use it in a ``with``."""
        return self._ask(
            lambda s: Blocks(s.get(keys), self.layout), lambda _: Blocks(None, self.layout)
        )

    def copy(
        self, keys: Sequence[bytes], out_k: Any = None, out_v: Any = None
    ) -> tuple[int, Any, Any]:
        """The leading blocks that are present, copied out, decoded and checked: (n, k, v).

        out_k, out_v: writable arrays [layers, len(keys) x block_tokens, kv_heads, head_dim] in the
            layout's dtype (for bfloat16 and float8 also uint16 and uint8), made when None. Layers
            may have any stride, the other axes are contiguous.

        k and v are out_k and out_v cut to n x block_tokens tokens; v is None where the layout has
        no V. What lies behind the n blocks in out_k and out_v is undefined. For opaque layouts
        there is copy_data.
        """
        layout, count = self.layout, len(keys)
        if layout.is_opaque:
            raise TypeError("an opaque layout has no k and v: use copy_data")
        has_v = layout.v_dim > 0
        if out_v is not None and not has_v:
            raise TypeError("out_v is given, the layout has no V (v_head_dim is 0)")
        k = empty_chain(layout, count) if out_k is None else out_k
        v = (empty_chain(layout, count, v=True) if out_v is None else out_v) if has_v else None
        into_k = chain_array("out_k", k, layout, count, writable=True)
        into_v = chain_array("out_v", v, layout, count, v=True, writable=True) if has_v else None
        n = self._ask(lambda s: s.get_copy(keys, into_k, into_v, layout.block_tokens), lambda _: 0)
        tokens = n * layout.block_tokens
        return n, k[:, :tokens], v[:, :tokens] if v is not None else None

    def copy_data(self, keys: Sequence[bytes]) -> BytesList:
        """The bytes of the leading blocks that are present, copied out and checked. LeaseLost when
        that failed.
        """
        with self.get(keys) as blocks:
            return [block.raw_bytes() for block in blocks]

    # ---- write ----

    def put(
        self,
        keys: Sequence[bytes],
        ks: Any = None,
        vs: Any = None,
        *,
        parent: bytes | None = None,
        data: Sequence[Any] | None = None,
    ) -> PutResult:
        """Stores the blocks of a chain; those that are present are skipped.

        ks: [layers, len(keys) x block_tokens, kv_heads, head_dim] in the layout's dtype (for
            bfloat16 and float8 also uint16 and uint8), in CPU memory: NumPy or anything with DLPack
            or the buffer protocol. Layers may have any stride, the other axes are contiguous; the
            array is read in place.
        vs: the same with v_head_dim; None where the layout has no V.
        data: for opaque layouts, one bytes-like object a key instead.
        parent: the key before keys[0] in its chain; None for the start of one.

        Raises ValueError or TypeError that names the argument and the axis.
        """
        blocks, k, v = self._checked_put(keys, ks, vs, data)
        if blocks is not None:
            return self._put(len(keys), lambda s: s.put_data(keys, parent, blocks))
        assert k is not None  # _checked_put gives either
        return self._put(len(keys), lambda s: s.put(keys, parent, k, v, self.layout.block_tokens))

    def _checked_put(
        self, keys: Sequence[bytes], ks: Any, vs: Any, data: Sequence[Any] | None
    ) -> CheckedPut:
        layout, count = self.layout, len(keys)
        if layout.is_opaque:
            return self._opaque_data(count, ks, vs, data), None, None
        if data is not None:
            raise TypeError("data is for opaque layouts: this one takes ks and vs")
        if (vs is None) != (layout.v_dim == 0):
            raise TypeError(
                f"vs is {'missing' if vs is None else 'given'}, v_head_dim is {layout.v_dim}"
            )
        k = chain_array("ks", ks, layout, count)
        return None, k, None if vs is None else chain_array("vs", vs, layout, count, v=True)

    def _opaque_data(self, count: int, ks: Any, vs: Any, data: Sequence[Any] | None) -> ArrayList:
        if ks is not None or vs is not None or data is None:
            raise TypeError("an opaque layout takes data=[...], not ks and vs")
        if len(data) != count:
            raise ValueError(f"data has {len(data)} blocks, {count} expected")
        return [byte_array(f"data[{i}]", item, self.layout) for i, item in enumerate(data)]

    def _put(self, count: int, call: Callable[[_cellard.Space], PutAnswer]) -> PutResult:
        return self._ask(
            lambda s: PutResult.of(call(s), self._strict),
            lambda error: PutResult.missed(error.status, count),
        )

    def stage(
        self,
        keys: Sequence[bytes],
        *,
        parent: bytes | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Stage:
        """Reserves room for blocks, to be written in place and committed.

        lengths: bytes of each block, for opaque layouts; max_bytes when None.
        """
        wanted = [] if lengths is None else list(lengths)
        if lengths is not None and len(wanted) != len(keys):
            raise ValueError(f"lengths has {len(wanted)} entries, {len(keys)} expected")
        if not keys:
            return Stage(None, self.layout)
        return self._ask(
            lambda s: Stage(s.reserve(keys, parent, wanted), self.layout, strict=self._strict),
            lambda error: Stage(None, self.layout, missed=[error.status] * len(keys)),
        )

    # ---- the rest ----

    def remove(self, keys: Sequence[bytes], *, scrub: bool = False) -> int:
        """Removes the blocks and all that continue them. How many went.

        scrub: overwrite their bytes before this returns; where somebody reads in the namespace at
            that time, when these leases have ended. A daemon that does not answer raises, since
            what was not done must not look like a miss.
        """
        if scrub:
            return self._opened().scrub(keys)[0]
        return self._ask(lambda s: s.remove(keys), lambda _: 0)

    def pin(self, keys: Sequence[bytes], seconds: float) -> int:
        """Keeps blocks from eviction, at most for limits.pin_time. How many were present."""
        if not 0 < seconds <= 4_000_000:
            raise ValueError(f"seconds is {seconds}, allowed are more than 0 to 4000000")
        return self._ask(lambda s: s.pin(keys, max(1, round(seconds * 1000))), lambda _: 0)

    def unpin(self, keys: Sequence[bytes]) -> int:
        """Ends a pin. How many blocks had one."""
        return self._ask(lambda s: s.unpin(keys), lambda _: 0)

    def list(self) -> Iterator[BlockInfo]:
        """All blocks of the namespace, page by page. A daemon that goes away raises Unavailable."""
        return pages(self._opened())
