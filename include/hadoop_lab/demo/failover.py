"""What comes after the demo: the primary is lost, a person approves, and the client goes on writing (S2.22, S2.25)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hadoop_dr.bootstrap import reprotect_pair, switchover_pair
from hadoop_lab.demo.airflow_api import AirflowApi
from hadoop_lab.errors import LabError
from hadoop_lab.lab import Lab
from hadoop_lab.options import LabOptions

PAIR, SERVICE = "east-west", "billing"
_OPTIONS = LabOptions(hiveserver2=True, airflow=True)


class FailoverDemo:
    """Loses east and comes back to it.

    Args:
        lab: The lab, in which the demo has been played.
        home: The directory with the user's files.
        tell: Told one line for each step.
    """

    def __init__(self, lab: Lab, home: Path, tell: Callable[[str], None]) -> None:
        self._lab, self._home, self._tell = lab, home, tell

    def run(self) -> dict[str, Any]:
        """Gives ``{"steps", "written", "longest_gap_s", "facts", "report", "seconds"}`` for the page at the end."""
        begun = time.monotonic()
        airflow = AirflowApi(self._lab.status()["airflow"])
        with Application(PAIR, self._home, self._home / ".lab" / "demo" / "application.log") as application:
            self._tell("1/6 a client writes a file every tenth of a second through the library")
            application.await_more()
            self._tell("2/6 every daemon of east is killed")
            for name in self._lab.state().records():
                if name.startswith("east."):
                    self._lab.kill(name)
            self._tell("3/6 failover__east-west in Airflow: it shows the facts and waits for a person")
            facts, report = airflow.fail_over(PAIR, "west", "the demo has killed east")
            self._tell("4/6 the same client goes on writing on west")
            application.await_more()
            gap_s = application.longest_gap_s
            self._tell("5/6 east returns as the secondary: what never crossed is kept aside, west is backed up to it")
            self._lab.up(_OPTIONS, self._tell)
            back = reprotect_pair(PAIR, "demo-reprotect", "demo", "the demo has seen it", approve=True, home=self._home)
            airflow.back_up(SERVICE, "east is the secondary now")
            self._tell("6/6 switchover home: nothing that was acknowledged is lost")
            home = switchover_pair(PAIR, "east", "demo-home", "demo", "home again", approve=True, home=self._home)
            application.await_more()
            airflow.back_up(SERVICE, "home again")
            sites = list(application.sites)
        return {
            "written": application.written,
            "sites": sites,
            "longest_gap_s": round(gap_s, 1),
            "facts": facts,
            "report": report,
            "switchover": home,
            "diverged": back["diverged"],
            "seconds": round(time.monotonic() - begun, 1),
        }


class Application:
    """The application's process, heard line by line.

    Attributes:
        written: How many files were acknowledged.
        sites: Where, in the order in which they were in use.
        longest_gap_s: The longest time between two acknowledged files, seconds.
    """

    def __init__(self, pair: str, home: Path, log: Path) -> None:
        self.written, self.longest_gap_s = 0, 0.0
        self.sites: list[str] = []
        self._more, self._log = threading.Condition(), log
        command = [sys.executable, "-m", "hadoop_lab.demo.application", pair, str(home)]
        with log.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        self._listener = threading.Thread(target=self._listen, name="application", daemon=True)

    def __enter__(self) -> Application:
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()

    def await_more(self, files: int = 5, within_s: float = 90.0) -> None:
        """Waits until some more files are acknowledged.

        Raises:
            LabError: None is, for so long.
        """
        with self._more:
            wanted = self.written + files
            if not self._more.wait_for(lambda: self.written >= wanted, within_s):
                raise LabError(f"the application could not write for {within_s:.0f} s; see {self._log}")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        last_s: float | None = None
        for line in self._process.stdout:
            now_s, site = time.monotonic(), line.strip()
            with self._more:
                if site not in self.sites[-1:]:
                    self.sites.append(site)
                self.longest_gap_s = max(self.longest_gap_s, now_s - (last_s or now_s))
                self.written += 1
                self._more.notify_all()
            last_s = now_s


def report_lines(document: Mapping[str, Any]) -> list[str]:
    """Gives the lines of the page at the end."""
    report, home = document["report"], document["switchover"]
    return [
        "What the person saw",
        *(f"  {line}" for line in document["facts"].splitlines()),
        "",
        f"Failover  epoch {report['epoch']}, points {report['points']}, seconds {report['rto_seconds']}",
        f"Home      switchover, fence {home['fence']}, seconds {home['rto_seconds']}",
        f"Kept      what never crossed of {', '.join(document['diverged']) or 'no service'}: hadoop-dr explain",
        f"Client    {document['written']} files acknowledged on {', then '.join(document['sites'])}; "
        f"longest gap {document['longest_gap_s']} s",
    ]
