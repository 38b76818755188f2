"""Starting many daemons: in order, all or nothing, and saying why not."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hadoop_lab.errors import DaemonFailed, LabError
from hadoop_lab.supervisor import processes
from hadoop_lab.supervisor.probes import Probe
from hadoop_lab.supervisor.specs import DaemonSpec, FirstStep, LabFolders
from hadoop_lab.supervisor.starter import Starter
from hadoop_lab.supervisor.state import DaemonRecord

# Writes its name and then serves, which is a file named after it.
SERVE = (
    "import pathlib, sys, time; print('serving', sys.argv[1], flush=True); "
    "pathlib.Path(sys.argv[2]).write_text(str(time.monotonic())); time.sleep(60)"
)


class Bench:
    """A starter with small Python daemons in place of Java ones."""

    def __init__(self, root: Path) -> None:
        self.layout = LabFolders(root)
        self.records: dict[str, DaemonRecord] = {}
        self.told: list[str] = []
        self.starter = Starter(self.layout, self.records.__setitem__, self.told.append)

    def served(self, name: str) -> Path:
        return self.layout.root / f"served {name}"

    def spec(self, name: str, code: str = SERVE, **fields: object) -> DaemonSpec:
        command = (sys.executable, "-S", "-c", code, name, str(self.served(name)))
        given = {"ports": (), "probe": self.probe(name), "timeout_s": 20.0} | fields
        return DaemonSpec(name=name, command=command, **given)  # type: ignore[arg-type]

    def probe(self, name: str) -> Probe:
        return lambda: None if self.served(name).exists() else "has not served"

    def start(self, *specs: DaemonSpec, running: frozenset[str] = frozenset()) -> None:
        self.starter.start(specs, running)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Ends whatever a test has started."""
    root = tmp_path / "a b+ü"
    root.mkdir()
    bench = Bench(root)
    yield bench
    alive = [psutil.Process(record.pid) for record in bench.records.values() if psutil.pid_exists(record.pid)]
    processes.kill(alive, 10)


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", code)


def test_a_daemon_starts_only_after_those_it_needs_have_settled(bench: Bench) -> None:
    settled: list[bool] = []
    first = bench.spec("east.namenode", settle=lambda: settled.append(bench.served("east.metastore").exists()))
    bench.start(bench.spec("east.metastore", after=("east.namenode",)), first)
    assert settled == [False]
    assert float(bench.served("east.namenode").read_text()) < float(bench.served("east.metastore").read_text())


def test_the_end_of_the_log_of_a_daemon_that_fails_is_in_the_error(bench: Bench) -> None:
    broken = bench.spec("west.namenode", "raise SystemExit('no space left on device')")
    with pytest.raises(DaemonFailed, match=r"west\.namenode: ended with code 1(.|\n)*no space left on device"):
        bench.start(broken)


def test_the_first_failure_gives_up_the_others_at_once(bench: Bench) -> None:
    never: Callable[[], str | None] = lambda: "never ready"  # noqa: E731
    waiting = bench.spec("east.namenode", probe=never, timeout_s=300.0)
    behind = bench.spec("east.metastore", after=("east.namenode",))
    with pytest.raises(DaemonFailed, match=r"west\.datanode1"):
        bench.start(waiting, behind, bench.spec("west.datanode1", "raise SystemExit(3)"))
    assert "east.metastore" not in bench.records


def test_a_daemon_that_never_serves_is_named_with_what_is_missing(bench: Bench) -> None:
    with pytest.raises(DaemonFailed, match=r"east\.namenode: is not ready after 0 s: is in safemode"):
        bench.start(bench.spec("east.namenode", probe=lambda: "is in safemode", timeout_s=0.3))


def test_a_daemon_is_not_started_on_a_foreign_port(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        port = foreign.getsockname()[1]
        with pytest.raises(LabError, match=f"port {port} of east.zookeeper"):
            bench.start(bench.spec("east.zookeeper", ports=(port,)))
    assert bench.records == {}


def test_a_foreign_server_that_answers_in_place_of_the_daemon_is_not_taken_for_it(bench: Bench) -> None:
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        port = foreign.getsockname()[1]

        def answered_by_another() -> None:
            # Between the check of the port and this moment the port was free.
            foreign.listen()

        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(DaemonFailed, match=f"does not listen on port {port}"):
            bench.start(bench.spec("east.zookeeper", ports=(port,), probe=answered_by_another, timeout_s=0.5))


def test_what_runs_already_is_waited_for_and_not_started_again(bench: Bench) -> None:
    bench.served("east.namenode").touch()
    bench.start(bench.spec("east.namenode"), running=frozenset({"east.namenode"}))
    assert bench.records == {}


def test_a_format_runs_once(bench: Bench) -> None:
    count = bench.layout.root / "count"
    step = FirstStep("format", _python(f"open({str(count)!r}, 'a').write('x')"))
    bench.start(bench.spec("east.namenode", steps=(step,)))
    bench.start(bench.spec("east.namenode", steps=(step,)))
    assert count.read_text() == "x"


def test_a_format_that_was_cut_off_is_repeated_from_an_empty_folder(bench: Bench) -> None:
    data = bench.layout.data("east.namenode")
    make = FirstStep("format", _python(f"import os; os.mkdir({str(data / 'current')!r})"))
    fail = FirstStep("second", _python("raise SystemExit(9)"))
    with pytest.raises(DaemonFailed, match=r"'second' ended with code 9"):
        bench.start(bench.spec("east.namenode", steps=(make, fail), folders=(data,)))
    assert (data / "current").is_dir()
    # The first step would fail now if its folder were still there.
    Starter(bench.layout, bench.records.__setitem__, print).start(
        [bench.spec("east.namenode", steps=(make, FirstStep("second", _python("pass"))), folders=(data,))], frozenset()
    )


def test_a_step_shared_by_several_daemons_runs_once(bench: Bench) -> None:
    count = bench.layout.root / "count"
    step = FirstStep("migrate", _python(f"open({str(count)!r}, 'a').write('x')"), once="database")
    bench.start(*(bench.spec(f"airflow.{name}", steps=(step,)) for name in ("scheduler", "triggerer", "apiserver")))
    assert count.read_text() == "x"
