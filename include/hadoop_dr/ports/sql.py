"""Queries against a site's SQL endpoint: the smoke test of a recovery point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a query in a form that two sites can compare.

    Attributes:
        columns: Names of the columns.
        rows: Values as texts, NULL as None; sorted, since most queries promise no order.
        sha256: Digest of columns and rows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    sha256: str


class Queries(Protocol):
    """Runs queries one after the other, each with a deadline."""

    site: str

    def run(self, sql: str) -> Answer:
        """Runs one query to its end.

        Raises:
            Unreachable: The endpoint does not answer.
            Failed: The query failed, was refused or outlived its deadline; the error names query and site.
        """

    def close(self) -> None:
        """Closes the session."""
