"""The data and placement plane: many small requests in flight, bounded memory, a deadline on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes to move from the origin site to a new file on the destination site.

    Attributes:
        key: The caller's name for it.
        origin: Absolute path on the origin, usually inside ``.snapshot``.
        destination: Absolute path on the destination; its parent exists; whatever lies there is overwritten.
        offset: First byte to take.
        length: Bytes to take; the origin must have them.
        replication: Copies of the new file.
        block_size: Bytes in a block of the new file.
        owner, group, mode, mtime_ms: Set on the new file once it is closed.
    """

    key: int
    origin: str
    destination: str
    offset: int
    length: int
    replication: int
    block_size: int
    owner: str
    group: str
    mode: int
    mtime_ms: int


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 (hexadecimal) of the bytes that went through, and how many they were."""

    key: int
    sha256: str
    length: int


@dataclass(frozen=True, slots=True)
class Read:
    """Bytes of a file of the destination site to digest."""

    key: int
    path: str
    offset: int
    length: int


class Did(Enum):
    """How one operation ended."""

    DONE = "done"
    NO_SOURCE = "no source"  # the path (or the parent of the target) does not exist
    EXISTS = "exists"  # something lies at the target already
    FAILED = "failed"  # not done, see ``detail``
    UNKNOWN = "unknown"  # no answer; read back before anything else


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one operation, under the caller's key."""

    key: int
    did: Did
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """A directory to make (its parent exists, unless ``parents``)."""

    key: int
    path: str
    mode: int = 0o755
    parents: bool = False


@dataclass(frozen=True, slots=True)
class Rename:
    """An item to move; never over something that exists (rename2 without overwrite)."""

    key: int
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Remove:
    """A path to delete, recursively."""

    key: int
    path: str


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """Attributes to set; None leaves one as it is. Order: owner, mode, replication, time."""

    key: int
    path: str
    owner: str | None = None
    group: str | None = None
    mode: int | None = None
    replication: int | None = None
    mtime_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecoverLease:
    """A file whose writer loses it: what the writer knows to be written stays, and the file is closed soon after."""

    key: int
    path: str


Operation = MakeDirectory | Rename | Remove | SetAttributes | RecoverLease


@dataclass(frozen=True, slots=True)
class MoverLimits:
    """How hard the plane may work.

    Attributes:
        in_flight: The most requests under way at once to each site; how many there are follows its latency.
        buffer_bytes: Memory for file content under way, over all files.
        bandwidth_bytes_s: Ceiling of bytes read from the origin a second; 0 is none.
        deadline_s: For one request or one chunk of a file, from the moment it is sent.
    """

    in_flight: int = 512
    buffer_bytes: int = 256 << 20
    bandwidth_bytes_s: int = 0
    deadline_s: float = 60.0


DEFAULT_LIMITS = MoverLimits()
"""Those of a policy that sets none."""


@dataclass(slots=True)
class Meter:
    """Running totals that a progress bar and the progress count of a claim may read at any time."""

    files: int = 0
    bytes: int = 0
    operations: int = 0
    failed: list[str] = field(default_factory=list)


class Mover(Protocol):
    """Moves bytes from an origin site to a destination site and changes the destination's name space in bulk.

    Results come in any order, as they happen, exactly one for each input; input is pulled lazily so that an endless
    iterable needs bounded memory. Closing the iterator early stops the work in flight. Nothing is retried here,
    except that a failed read of a block is tried on its other replicas.
    """

    meter: Meter

    def copy(self, copies: Iterable[Copy]) -> Iterator[Digest | Outcome]:
        """Copies files; a Digest for each that is complete, closed and has its attributes, else an Outcome.

        A file of an Outcome may exist in part; it must be written again or removed.
        """

    def digest(self, reads: Iterable[Read]) -> Iterator[Digest | Outcome]:
        """Reads files of the destination site back; memory and requests bounded like a copy."""

    def apply(self, operations: Iterable[Operation]) -> Iterator[Outcome]:
        """Runs operations on the destination site concurrently, in no order; where order counts, make several calls."""

    def close(self) -> None:
        """Closes connections and ends threads; the object is unusable afterwards."""
