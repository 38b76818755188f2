"""Time and chance, as things that are handed in."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Wall time for display and names, monotonic time for every decision about durations."""

    def wall_ms(self) -> int:
        """Milliseconds since the epoch, UTC, by this controller's clock."""

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back."""

    def sleep_until(self, monotonic_s: float) -> None:
        """Returns at that time of the monotonic clock, at once if it has passed."""


class TokenSource(Protocol):
    """The only source of randomness."""

    def token(self) -> str:
        """Sixteen hexadecimal digits that nobody else drew."""
