"""What the supervisor must know to start one daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hadoop_lab.supervisor.probes import Probe


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A command that must have succeeded once before a daemon's first start, such as a format.

    Attributes:
        once: Name under which several daemons share the step; only one of them runs it.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    once: str | None = None


@dataclass(frozen=True, slots=True)
class DaemonSpec:
    """One daemon: how to start it, what must be there before, and how to see that it serves.

    Attributes:
        name: `<site>.<daemon>`, or `airflow.<component>`.
        command: Argument list; carries the lab's marker.
        env: Own environment variables.
        ports: Ports it will listen on; checked before the start.
        files: Site files to render before the start, by path.
        folders: Folders to create before the start.
        steps: Commands of the first start, in order.
        after: Daemons that must serve before.
        probe: Answers None when the daemon serves.
        settle: Called once the daemon serves and before any daemon that waits for it is started.
        timeout_s: How long it may take.
    """

    name: str
    command: tuple[str, ...]
    ports: tuple[int, ...]
    probe: Probe
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[Path, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    steps: tuple[FirstStep, ...] = ()
    after: tuple[str, ...] = ()
    settle: Callable[[], None] | None = None
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class LabFolders:
    """The folders of a lab below `<root>/.lab`."""

    root: Path

    @property
    def folder(self) -> Path:
        """Everything of the lab."""
        return self.root / ".lab"

    @property
    def state(self) -> Path:
        """The state file."""
        return self.folder / "state.json"

    def conf(self, daemon: str) -> Path:
        """Site files of a daemon."""
        return self.folder / "conf" / daemon

    def data(self, daemon: str) -> Path:
        """Returns what a daemon stores."""
        return self.folder / "data" / daemon

    def run(self, daemon: str) -> Path:
        """Working and temporary folder of a daemon."""
        return self.folder / "run" / daemon

    def log(self, daemon: str) -> Path:
        """Standard output and errors of a daemon."""
        return self.folder / "logs" / f"{daemon}.log"
