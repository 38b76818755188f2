"""A clock for tests in which time passes only when somebody waits."""

from __future__ import annotations


class StepClock:
    """It begins at 0; ``now_s`` can be moved by hand, too."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def wall_ms(self) -> int:
        """Milliseconds."""
        return int(self.now_s * 1000)

    def monotonic_s(self) -> float:
        """The same time in seconds."""
        return self.now_s

    def sleep_until(self, monotonic_s: float) -> None:
        """Lets time pass."""
        self.now_s = max(self.now_s, monotonic_s)
