"""Named results of looking before anything is done: what `check` prints and what a backup is refused for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from hadoop_dr.domain.errors import DrError, Refused


class Mark(StrEnum):
    """How one check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Result:
    """One check.

    Attributes:
        name: Short name, the same for ever: people write alarms on it.
        mark: How it came out.
        detail: What was found, naming the object.
        remedy: How to put it right; empty when nothing is wrong.
    """

    name: str
    mark: Mark
    detail: str
    remedy: str = ""


def ok(name: str, detail: str) -> Result:
    """A check that found nothing wrong."""
    return Result(name, Mark.OK, detail)


def warn(name: str, detail: str, remedy: str) -> Result:
    """A check that found something to know about."""
    return Result(name, Mark.WARN, detail, remedy)


def fail(name: str, detail: str, remedy: str) -> Result:
    """A check that a run is refused for."""
    return Result(name, Mark.FAIL, detail, remedy)


def refuse_on_failure(service: str, results: Iterable[Result]) -> None:
    """Turns the first failed check into the one error a run ends with.

    Raises:
        Refused: A check failed.
    """
    for result in results:
        if result.mark is Mark.FAIL:
            raise Refused(service, f"{result.name}: {result.detail}", result.remedy)


def guarded(name: str, look: Callable[[], Iterator[Result]]) -> list[Result]:
    """Runs one check; an error of ours that ends it is its result."""
    results: list[Result] = []
    try:
        results.extend(look())
    except DrError as error:
        results.append(failed_to(name, error))
    return results


def failed_to(name: str, error: DrError) -> Result:
    """Returns the result of a check that an error of ours ended."""
    return fail(
        name, f"{error.subject}: {error.problem}", error.remedy or f"Look at {error.subject}, then check again."
    )
