"""What can go wrong, as one tree.

DrError                      anything of ours; carries the exit code of the command line
├── BadInput                 arguments, pair or policy file wrong; found before any connection (exit 2)
├── Unknown                  an effect's result could not be read back; nothing may be built on it (exit 3)
├── Refused                  a rule says no; nothing was changed (exit 1)
│   ├── Busy                 another run owns the service
│   ├── OwnedElsewhere       a directory belongs to another service
│   ├── ForeignFound         somebody else changed the secondary during a run; a person decides
│   └── Superseded           this try lost its claim to a later one; it must stop
└── Failed                   tried, and the effect is known (exit 1)
    ├── Unreachable          no answer, and nothing can have happened (retryable)
    ├── NotReady             safe mode, standby, starting (retryable)
    │   └── CatalogMoved     a catalog's state at an event cannot be told; another moment can (retryable)
    ├── NotFound             the named object does not exist
    ├── AlreadyExists        the named object exists already
    ├── AccessDenied         a right is missing
    ├── OverQuota            a namespace or space quota, or the disk, is full
    ├── BaselineLost         a snapshot or plan a run needs is gone or is another one
    ├── Mismatch             both sides were read and differ
    └── Protocol             the other side answered what its contract does not allow

Every error names the object it is about and says what helps, in one line.
"""

from __future__ import annotations

LATER_GOES_ON = "This try stops; the later one goes on"
"""What is to be done when a try lost its claim: nothing."""
RUN_AGAIN = (
    "Somebody changed the destination during the run. Run again: the next run finishes this one's work, or undoes it"
)
"""The remedy where a person or program changed the destination while a run worked there."""


class DrError(Exception):
    """Base of every error this product raises on purpose.

    Attributes:
        subject: The object the error is about: a path, a site, a table, a file and line.
        problem: What is wrong, without a full stop.
        remedy: What a person can do about it; empty when there is nothing to do.
    """

    exit_code = 1
    retryable = False

    def __init__(self, subject: str, problem: str, remedy: str = "") -> None:
        self.subject, self.problem, self.remedy = subject, problem, remedy
        super().__init__(subject, problem, remedy)

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}" + (f". {self.remedy}" if self.remedy else "")


class BadInput(DrError):
    """Arguments or a file are wrong; nothing was contacted."""

    exit_code = 2


class Unknown(DrError):
    """The result of an effect could not be read back (I11)."""

    exit_code = 3


class Refused(DrError):
    """A rule says no; nothing was changed."""


class Busy(Refused):
    """Another run owns the service."""


class OwnedElsewhere(Refused):
    """A directory that was to become a root belongs to another service."""


class ForeignFound(Refused):
    """Somebody else changed the secondary while a run changed it; nothing of theirs was undone."""


class Superseded(Refused):
    """A later try took the claim over; this one must not act any more."""


class Failed(DrError):
    """An effect was tried and its result is known."""


class Unreachable(Failed):
    """No connection was made or nothing was sent, so nothing can have happened."""

    retryable = True


class NotReady(Failed):
    """The daemon answered that it cannot serve now: safe mode, standby, starting."""

    retryable = True


class CatalogMoved(NotReady):
    """A catalog moved on in a way that its log does not tell, so its state at an event is lost; a later one is not."""


class NotFound(Failed):
    """The named object does not exist."""


class AlreadyExists(Failed):
    """The named object exists already."""


class AccessDenied(Failed):
    """The acting user lacks a right."""


class OverQuota(Failed):
    """A quota or the disk is full."""


class BaselineLost(Failed):
    """A snapshot, plan or inventory that a run builds on is gone or is not the recorded one (I7)."""


class Mismatch(Failed):
    """Both sides were read and they differ."""


class Protocol(Failed):
    """The other side answered something its contract does not allow."""
