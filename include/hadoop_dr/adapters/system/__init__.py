"""The machine's own clock and entropy."""

from __future__ import annotations

import secrets
import time


class SystemClock:
    """``Clock`` of this machine."""

    def wall_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep_until(self, monotonic_s: float) -> None:
        """Returns at that time of the monotonic clock, at once if it has passed."""
        while (left_s := monotonic_s - time.monotonic()) > 0:
            time.sleep(left_s)


class SystemTokens:
    """``TokenSource`` from the operating system's entropy."""

    def token(self) -> str:
        """Sixteen hexadecimal digits that nobody else drew."""
        return secrets.token_hex(8)
