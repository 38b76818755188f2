"""Runs tests for each mutant that mutmut makes, in a fork of a process that has collected them once.

What a test module makes when it is imported (a world that has lived, the number of effects of a run) is made once and
not for each mutant, so that simulations can be asked, too. Called by ``mutation`` in its copy; writes ``states.json``:
what became of each, and how those that live differ from the original.
``MUTANTS=regex`` tries only those whose names it finds.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants, setup_source_paths
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

PATIENCE, AT_LEAST_S = 10.0, 20
KILLED, SURVIVED, UNREACHED, TIMEOUT = "killed", "survived", "no tests", "timeout"


class Mutants:
    """A pytest plugin: what is collected is run once, and then again for each mutant that it reaches."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._reached: dict[str, set[str]] = defaultdict(set)
        self._took_s: dict[str, float] = {}
        self.states: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves out tests that count calls: each call of what is broken goes through others of mutmut's."""
        items[:] = [one for one in items if "calls" not in one.function.__code__.co_names]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learns which tests reach what, then tries each mutant; those of a function one after the other."""
        set_mutant_under_test("stats")
        for item in session.items:
            state()._stats.clear()
            begun = time.monotonic()
            run(item)
            if session.testsfailed:
                raise session.Failed("without any mutant")
            self._took_s[item.nodeid] = time.monotonic() - begun
            for function in state()._stats:
                self._reached[function].add(item.nodeid)
        for number, name in enumerate(self._names, 1):
            reaching = self._reached[mangled_name_from_mutant_name(name)]
            items = sorted((one for one in session.items if one.nodeid in reaching),
                           key=lambda item: self._took_s[item.nodeid])  # fmt: skip
            self.states[name] = self._tried(session, name, items) if items else UNREACHED
            print(f"{number}/{len(self._names)} {name}: {self.states[name]}", file=sys.__stderr__, flush=True)
        return True

    def _tried(self, session: pytest.Session, name: str, items: list[pytest.Item]) -> str:
        child = os.fork()
        if not child:
            with suppress(BaseException):
                set_mutant_under_test(name)
                for item in items:
                    signal.alarm(AT_LEAST_S + int(PATIENCE * self._took_s[item.nodeid]))
                    run(item)
                    if session.testsfailed:
                        os._exit(1)
                os._exit(0)
            os._exit(1)
        _, ended = os.waitpid(child, 0)
        if os.WIFSIGNALED(ended):
            return TIMEOUT
        return KILLED if os.WEXITSTATUS(ended) else SURVIVED


def run(item: pytest.Item) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def names() -> Iterator[tuple[str, Path]]:
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        yield from ((name, path) for name in data.exit_code_by_key)


def main(tests: list[str]) -> int:
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    create_mutants(1)
    every = {name: path for name, path in names() if re.search(os.environ.get("MUTANTS", ""), name)}
    os.environ["PY_IGNORE_IMPORTMISMATCH"] = "1"
    os.environ["HYPOTHESIS_PROFILE"] = "broken"  # it is enough that something fails: no smaller example is sought
    set_mutant_under_test("")
    where = Path.cwd()
    os.chdir("mutants")
    plugin = Mutants(list(every))
    ended = pytest.main(["--lab", "off", "-q", "-p", "no:cacheprovider", "-p", "no:randomly",
                         "--timeout", "0", *tests], [plugin])  # fmt: skip
    os.chdir(where)
    living = {name: get_diff_for_mutant(name, path=every[name]) for name, state in plugin.states.items()
              if state in (SURVIVED, UNREACHED)}  # fmt: skip
    Path("states.json").write_text(json.dumps({"states": plugin.states, "diffs": living}))
    return 0 if len(plugin.states) == len(every) else int(ended) or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
