# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Writing blocks in place: reserve, write, commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from . import _cellard
from .errors import MISSES, Status, error_for
from .layout import Layout
from .views import BlockViews

# status, message, statuses, stored
PutAnswer = tuple[int, str, list[int], int]


def status_names(statuses: Sequence[int]) -> list[str]:
    """The names of the C library, "ok", "exists", "no_parent" and so on."""
    return [_cellard.status_name(status) for status in statuses]


@dataclass(frozen=True, slots=True)
class PutResult:
    """What became of each block.

    stored: blocks of this call that are in the cache now, whoever wrote them.
    new: those that this call wrote.
    statuses: one name a key: "ok" (written now), "exists", "pending" (another process is writing
        it), "no_parent", "busy", or what kept the whole call from being served ("unavailable",
        "timed_out").
    """

    stored: int
    new: int
    statuses: list[str]

    @classmethod
    def of(cls, answer: PutAnswer, strict: bool) -> "PutResult":
        """From the C library's answer. Raises what is no miss, or any failure when `strict`."""
        status, message, statuses, stored = answer
        if status != Status.OK:
            error = error_for(status, message)
            if strict or not isinstance(error, MISSES):
                raise error
        return cls(stored, sum(s == Status.OK for s in statuses), status_names(statuses))

    @classmethod
    def missed(cls, status: int, count: int) -> "PutResult":
        """Nothing was stored, all for one reason."""
        return cls(0, 0, status_names([status] * count))


class StageBlock(BlockViews):
    """Room for one block, with writable views: .k and .v, or .data. Write all of it, before commit
    only.
    """

    __slots__ = ()


class Stage:
    """Reserved room for blocks; a context manager that aborts what was not committed.

    blocks: one StageBlock a key, or None where nothing is to be written; statuses says why
        ("exists", "pending", ...).

    The memory of a view stays as long as the view, so writing to one after commit or abort does not
    crash, but it must not be
    done: the bytes may belong to the next reservation. Drop the views; the reservation of an abort
        ends with the last one.
    """

    def __init__(
        self,
        stage: _cellard.Stage | None,
        layout: Layout,
        *,
        strict: bool = False,
        missed: Sequence[int] = (),
    ) -> None:
        self._stage = stage
        self._strict = strict
        self._ended = False
        described = [stage.describe(i) for i in range(len(stage))] if stage is not None else []
        self._codes = [status for status, _ in described] or list(missed)
        self.statuses: list[str] = status_names(self._codes)
        self.blocks: list[StageBlock | None] = [None] * len(self._codes)
        for index, (_, length) in enumerate(described):
            if stage is not None and length > 0:
                self.blocks[index] = StageBlock(stage, layout, index, length)

    def __len__(self) -> int:
        return len(self.blocks)

    def commit(self) -> PutResult:
        """Publishes all blocks. Once only: ValueError afterwards and after abort."""
        if self._ended:
            raise ValueError("the stage was committed or aborted")
        stage = self._end()
        if stage is None:
            return PutResult(0, 0, list(self.statuses))
        return PutResult.of(stage.commit(), self._strict)

    def abort(self) -> None:
        """Gives back what was not committed. May be called twice, and after commit."""
        stage = self._end()
        if stage is not None:
            stage.abort()

    def _end(self) -> _cellard.Stage | None:
        stage, self._stage = self._stage, None
        self._ended = True
        self.blocks = [None] * len(self.blocks)
        return stage

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.abort()
