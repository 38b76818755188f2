"""One site's ZooKeeper, as far as this product relies on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """A node as it was read.

    Attributes:
        data: Its bytes.
        version: How often it was written since it was created; the first version is 0.
        changed_by: The ensemble's number of the change that wrote it; grows with every change of the ensemble.
    """

    data: bytes
    version: int
    changed_by: int


class Coordinator(Protocol):
    """Small documents with compare-and-set.

    Every method returns within a preset time. No effect is sent without a connection, and none waits in a queue for
    one: while the connection is suspended or lost, everything raises Unreachable (fault 49). An effect whose answer was
    lost is read back before anything is said about it (fault 51), so bytes should end in a token nobody else drew.
    """

    def read(self, path: str) -> Document | None:
        """Reads a node as new as any write acknowledged before the call, whichever server answers (fault 52).

        Returns:
            None when there is no such node.

        Raises:
            Unreachable: No answer in time.
            AccessDenied: The rights of the node do not let us.
        """

    def create(self, path: str, data: bytes) -> Document:
        """Makes a node with version 0, and the nodes above it where they are missing; done once or not at all.

        Raises:
            AlreadyExists: There is one already, and these bytes did not make it.
            Unreachable: Nothing was sent.
            Unknown: The answer was lost, and reading back found no answer either.
            AccessDenied: The rights of the nodes above do not let us.
        """

    def write(self, path: str, data: bytes, version: int) -> Document:
        """Replaces the bytes if the node still has that version; 0 is compared like any other.

        Raises:
            Superseded: The node has another version.
            NotFound: There is no such node.
            Unreachable: Nothing was sent.
            Unknown: The answer was lost, and reading back found no answer either.
            AccessDenied: The rights of the node do not let us.
        """

    def watch(self, path: str, wake: Callable[[], None]) -> None:
        """Asks to be woken when a node may have changed: a hint without authority (fault 53).

        ``wake`` may be called late, twice, for nothing, or never: whoever waits also looks at fixed times, and reads
        afresh. It is called on a thread of the adapter and must not block.

        Raises:
            Unreachable: There is no connection.
        """

    def close(self) -> None:
        """Ends the connection for good; may be called twice. Whatever is asked afterwards raises Unreachable."""
