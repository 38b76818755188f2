"""Two real Hadoop clusters on one machine.

`Lab(root).up(LabOptions())` starts them, `Lab(root).state()` has their addresses, `Lab(root).down()` stops them.
The names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hadoop_lab.errors import DaemonFailed, LabError, WrongName
    from hadoop_lab.lab import Lab
    from hadoop_lab.options import LabOptions
    from hadoop_lab.supervisor.state import LabState

__all__ = ["DaemonFailed", "Lab", "LabError", "LabOptions", "LabState", "WrongName"]

_HOMES = {
    "DaemonFailed": "errors", "Lab": "lab", "LabError": "errors", "LabOptions": "options",
    "LabState": "supervisor.state", "WrongName": "errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"hadoop_lab.{_HOMES[name]}"), name)
