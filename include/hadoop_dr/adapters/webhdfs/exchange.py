"""How one request to a NameNode can end, told apart by whether it can have had an effect."""

from __future__ import annotations

from enum import Enum


class NotSent(Exception):
    """No connection came about, so nothing can have happened."""


class Lost(Exception):
    """The request left and no usable answer came back: it may have been carried out."""


class Late(Lost):
    """The answer did not come in time: whoever was asked hangs, or takes very long."""


class ReadBack(Enum):
    """What reading back says about a request whose answer was lost."""

    DONE = "done"
    NOT_DONE = "not done"
    CANNOT_TELL = "cannot tell"
