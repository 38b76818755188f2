"""YAML as a tree of texts with line numbers, without any of YAML's cleverness.

Built from the parser's events, so that nothing is ever constructed: no types, no tags, no anchors that unfold, no
merge keys. What is refused is refused before memory is spent on it (fault 73).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from hadoop_dr.domain.config.document import DocumentNode
from hadoop_dr.domain.errors import BadInput

LARGEST_BYTES = 256 << 10
"""No pair or policy file is larger; a larger one is refused before it is read."""
DEEPEST = 16
"""So many levels may lie within one another in a file."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def is_endless(path: Path) -> bool:
    """Whether something is neither file nor directory: reading it may never end, as nobody may write to it."""
    return path.exists() and not (path.is_file() or path.is_dir())


def load(path: Path, name: str) -> DocumentNode:
    """Reads a file.

    Args:
        path: Where it is.
        name: How the user knows it, for messages.

    Raises:
        BadInput: It cannot be read, is too large, or is no plain YAML document.
    """
    try:
        if is_endless(path):
            raise BadInput(name, "is a pipe or a device, not a file", "Put a file there")
        with path.open("rb") as handle:
            content = handle.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(name, f"cannot be read ({error.strerror})", "Check its path and permissions") from None
    return parse(content, name)


def parse(content: bytes, name: str) -> DocumentNode:
    """Reads the content of a file.

    Raises:
        BadInput: It is too large, or no plain YAML document.
    """
    if len(content) > LARGEST_BYTES:
        raise BadInput(
            name, f"is larger than {LARGEST_BYTES >> 10} KiB", "A pair or policy file is small: check what it is"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{name}:{line}", "is not UTF-8 text", "Save the file as UTF-8") from None
    try:
        return _Builder(name, text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        raise BadInput(
            place, f"is not YAML: {error.problem or error.context}", "Check indentation, quotes and colons"
        ) from None
    except yaml.YAMLError as error:
        problem = getattr(error, "reason", None) or "it cannot be parsed"
        raise BadInput(name, f"is not YAML: {problem}", "Remove control characters") from None


class _Builder:
    """Turns parser events into nodes."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)

    def document(self) -> DocumentNode:
        next(self._events)  # start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise BadInput(self._name, "is empty", "Write its keys, or remove it")
        root = self._node(next(self._events), 0)
        next(self._events)  # end of the document
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise BadInput(
                f"{self._name}:{following.start_mark.line + 1}",
                "begins a second document",
                "Keep one document in a file",
            )
        return root

    def _node(self, event: Any, depth: int, line: int = 0) -> DocumentNode:
        line = line or event.start_mark.line + 1
        self._refuse_cleverness(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            left_out = event.implicit[0] and event.value in {"", "~", "null", "Null", "NULL"}
            return DocumentNode(self._name, line, None if left_out else event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return DocumentNode(self._name, line, tuple(self._items(depth)))
        return DocumentNode(self._name, line, self._mapping(depth))

    def _items(self, depth: int) -> Iterator[DocumentNode]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _mapping(self, depth: int) -> dict[str, DocumentNode]:
        fields: dict[str, DocumentNode] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key.value, str):
                raise key.wrong("a key has to be a plain word", "Write 'key: value'")
            if key.value in fields:
                raise key.wrong(
                    f"duplicate key '{key.value}', first on line {fields[key.value].line}", "Keep one of them"
                )
            fields[key.value] = self._node(next(self._events), depth + 1, key.line)
        return fields

    def _refuse_cleverness(self, event: Any, depth: int) -> None:
        place = f"{self._name}:{event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            raise BadInput(place, f"alias '*{event.anchor}' is not allowed", "Quote the text, or write the value out")
        if event.anchor is not None:
            raise BadInput(place, f"anchor '&{event.anchor}' is not allowed", "Quote the text, or write the value out")
        if event.tag is not None:
            raise BadInput(place, f"tag '{event.tag}' is not allowed", "Write the plain value")
        if depth > DEEPEST:
            raise BadInput(place, f"is nested deeper than {DEEPEST} levels", "Check the brackets")
