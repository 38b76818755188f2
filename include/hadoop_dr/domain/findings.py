"""What a comparison found of one object: a value that becomes a sentence only where people read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One object, and what is the matter with it.

    Attributes:
        root: The root it lies in; empty for what lies in no directory.
        path: Its path relative to the root, or the name of the object; empty for the root itself.
        what: What is wrong, or why nothing can be said.
        settled: The site answered for it; without an answer nothing is known of the object.
    """

    root: str
    path: str
    what: str
    settled: bool = True

    @property
    def subject(self) -> str:
        """The object's name as people know it."""
        return f"{self.root}/{self.path}".rstrip("/") if self.root else self.path

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}" if self.subject else self.what
