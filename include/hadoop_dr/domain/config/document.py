"""A user's file as a tree of texts that remember their lines, and the reading of its fields.

Every scalar is text: each field says itself what it takes, so that no YAML rule ever turns a service called ``no`` into
a boolean or a moment into a date of an unknown zone. Every complaint is one line: ``file:line: what is wrong. what
helps``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import TypeVar

from hadoop_dr.domain.errors import BadInput

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_EXPANSION = re.compile(r"\$\{|\$\(|\{\{|\{%|\{#")
_SECRET = re.compile(r"pass(word|wd|phrase)?|secret|token|credentials?|private_?key|api_?key|access_?key")


class Wrong(ValueError):
    """A value that a field does not take; whoever knows the place turns it into a BadInput.

    Attributes:
        problem: What is wrong, without a full stop.
        remedy: How to write it instead.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True)
class DocumentNode:
    """One value of a file.

    Attributes:
        file: The file's name as the user knows it.
        line: Line of the value; inside a mapping the line of its key.
        value: A text, a list, a mapping, or None where the file leaves the value out.
    """

    file: str
    line: int
    value: str | tuple[DocumentNode, ...] | Mapping[str, DocumentNode] | None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def wrong(self, problem: str, remedy: str = "") -> BadInput:
        """Makes the error to raise about this value."""
        return BadInput(self.place, problem, remedy)

    def walk(self) -> Iterator[tuple[str, DocumentNode]]:
        """Goes through everything below as (key or "", value), from top to bottom."""
        if isinstance(self.value, Mapping):
            for key, child in self.value.items():
                yield key, child
                yield from child.walk()
        elif isinstance(self.value, tuple):
            for child in self.value:
                yield "", child
                yield from child.walk()


def refuse_hidden_meaning(root: DocumentNode) -> None:
    """Refuses texts that another program would expand, and secrets.

    Raises:
        BadInput: At the first place.
    """
    for key, node in root.walk():
        if _SECRET.fullmatch(key.lower()):
            raise node.wrong(
                f"'{key}' is a secret, and this file must not contain one",
                "Put it in the Airflow connection hadoop_<site> or the environment",
            )
        for text in (key, node.value):
            if isinstance(text, str) and (found := _EXPANSION.search(text)):
                raise node.wrong(
                    f"'{found[0]}' asks for an expansion, which is not supported", "Write the value itself"
                )


class Fields:
    """The keys of one mapping, read by name."""

    def __init__(self, node: DocumentNode, what: str, *, allowed: Sequence[str], required: Sequence[str] = ()) -> None:
        """Checks that the value is a mapping with known keys only and all required ones.

        Raises:
            BadInput: It is not.
        """
        if not isinstance(node.value, Mapping):
            raise node.wrong(
                f"{what} has to be a mapping of keys to values",
                f"Write at least: {', '.join(f'{key}: ...' for key in required or allowed[:1])}",
            )
        self._node, self._fields = node, node.value
        for key, child in self._fields.items():
            if key not in allowed:
                near = get_close_matches(key, allowed)
                remedy = f"Did you mean '{near[0]}'?" if near else f"Known keys: {', '.join(allowed)}"
                raise child.wrong(f"unknown key '{key}'", remedy)
        for key in required:
            if key not in self._fields:
                raise node.wrong(f"{what} lacks the key '{key}'", f"Add '{key}: ...'")

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def node(self, key: str) -> DocumentNode:
        """The value of a key that is there."""
        return self._fields[key]

    def text(self, key: str) -> str:
        """The text of a key that is there.

        Raises:
            BadInput: It is empty, a list or a mapping.
        """
        return text_of(self._fields[key], f"'{key}'")

    def read(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """Returns what a parser makes of a key's text, or the default where the key is absent.

        Raises:
            BadInput: The value is no text, or the parser found it wrong.
        """
        if key not in self._fields:
            return default
        return parsed(self._fields[key], f"'{key}'", parse)

    def choice(self, key: str, kind: type[E], default: E) -> E:
        """One of the values of an enumeration."""

        def parse(text: str) -> E:
            for member in kind:
                if member.value == text:
                    return member
            raise Wrong(f"is '{text}'", f"Write one of: {', '.join(str(member.value) for member in kind)}")

        return self.read(key, parse, default)

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list; empty where the key is absent."""
        if key not in self._fields:
            return ()
        return tuple(text_of(child, f"'{key}' entry") for child in items_of(self._fields[key], f"'{key}'"))


def text_of(node: DocumentNode, what: str) -> str:
    """The text of a value.

    Raises:
        BadInput: It is empty, a list or a mapping.
    """
    if node.value is None or (isinstance(node.value, str) and not node.value.strip()):
        raise node.wrong(f"{what} has no value", "Give it one, or remove the key")
    if not isinstance(node.value, str):
        raise node.wrong(f"{what} has to be one text, not a {'list' if isinstance(node.value, tuple) else 'mapping'}")
    return node.value


def items_of(node: DocumentNode, what: str) -> tuple[DocumentNode, ...]:
    """The entries of a list.

    Raises:
        BadInput: It is not a list, or an empty one.
    """
    if not isinstance(node.value, tuple) or not node.value:
        raise node.wrong(f"{what} has to be a list with at least one entry", "Begin each entry with '- '")
    return node.value


def parsed(node: DocumentNode, what: str, parse: Callable[[str], T]) -> T:
    """Returns what a parser makes of a value's text.

    Raises:
        BadInput: The value is no text, or the parser found it wrong.
    """
    try:
        return parse(text_of(node, what))
    except Wrong as wrong:
        raise node.wrong(f"{what} {wrong.problem}", wrong.remedy) from None
