"""Errors of the lab: one sentence that names the object and the remedy."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what was asked; the message says what to change."""


class WrongName(LabError):
    """What was typed names no daemon or site of the lab; nothing was done."""


class BrokenState(LabError):
    """The state file cannot be used; the daemons of its lab may run all the same."""


class DaemonFailed(LabError):
    """A daemon ended or did not become ready; carries the tail of its log."""

    def __init__(self, daemon: str, reason: str, log_tail: str) -> None:
        """Keep the parts so that callers can print them apart."""
        super().__init__(f"{daemon}: {reason}\n--- last lines of its log ---\n{log_tail}")
        self.daemon = daemon
        self.reason = reason
        self.log_tail = log_tail
