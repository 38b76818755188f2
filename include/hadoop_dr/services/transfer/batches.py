"""Operations in batches: asked for in bulk, each one's end known before the next batch starts (I11)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from hadoop_dr.domain.errors import Failed, Unknown
from hadoop_dr.ports.mover import Did, Operation, Outcome
from hadoop_dr.ports.mover import Mover as Mover

_ROUNDS = 3
_T = TypeVar("_T")

ReadBack = Callable[[Outcome], bool]
"""Reads back one operation that did not answer "done": True when its effect is there all the same, False when it is
certainly not and may be sent again. Raises when it can neither be there nor be sent again."""


class Batches:
    """Runs operations of the destination.

    Args:
        mover: Where they run.
        check_claim: Raises Superseded when a later try owns the work; asked before each batch.
        heartbeat: Told how many operations were achieved.
        size: Operations in one batch.
    """

    def __init__(
        self, mover: Mover, check_claim: Callable[[], None], heartbeat: Callable[[int], None], size: int = 2000
    ) -> None:
        self._mover, self._check_claim, self._heartbeat, self._size = mover, check_claim, heartbeat, size

    def run(self, operations: Sequence[Operation], read_back: ReadBack) -> None:
        """Runs independent operations to their end.

        Raises:
            Unknown: An answer was lost again and again.
            Failed: An operation failed again and again.
            Superseded: A later try owns the work.
        """
        for at in range(0, len(operations), self._size):
            self._batch(operations[at:at + self._size], read_back)

    def _batch(self, batch: Sequence[Operation], read_back: ReadBack) -> None:
        left: dict[int, Operation] = {operation.key: operation for operation in batch}
        last: Outcome | None = None
        for _ in range(_ROUNDS):
            self._check_claim()
            open_ends = [outcome for outcome in self._mover.apply(list(left.values())) if outcome.did is not Did.DONE]
            undone = [outcome for outcome in open_ends if not read_back(outcome)]
            self._heartbeat(len(left) - len(undone))
            if not undone:
                return
            last = undone[0]
            left = {outcome.key: left[outcome.key] for outcome in undone}
        assert last is not None
        problem = f"{last.did.value} {_ROUNDS} times: {last.detail}"
        kind = Unknown if last.did is Did.UNKNOWN else Failed
        raise kind(_subject(left[last.key]), problem, "Correct what the site reports, then run again")


def _subject(operation: Operation) -> str:
    return operation.target if hasattr(operation, "target") else operation.path


def levels(items: Iterable[_T], level: Callable[[_T], Hashable]) -> list[list[_T]]:
    """Groups neighbours of one level, in the order given; between two groups stands a barrier."""
    return [list(group) for _, group in groupby(items, key=level)]
