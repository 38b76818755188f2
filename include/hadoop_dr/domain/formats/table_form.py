"""A kind of table among the documents: its columns, and the form that stands in the file itself."""

from __future__ import annotations

from dataclasses import dataclass

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.ledger import NEWER

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TableForm:
    """A kind of table.

    Attributes:
        what: What it is; stands in the file with the version.
        columns: Names and types, in order.
        version: Another one is refused.
    """

    what: str
    columns: Columns
    version: int = 1

    @property
    def stamp(self) -> str:
        """Returns what stands in the file."""
        return f"{self.what} {self.version}"

    def check(self, stamp: str, where: str) -> None:
        """Makes sure that a file is of this form.

        Args:
            stamp: What stands in the file; empty when nothing does.
            where: Its path, for messages.

        Raises:
            Refused: Another version of this product wrote it, or it is another kind of table.
        """
        if stamp != self.stamp:
            raise Refused(where, f"is a table of form '{stamp}', and only '{self.stamp}' is known here", NEWER)
