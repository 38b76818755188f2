"""Foreign changes of a sealed world, and what a look says of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Result
from hadoop_dr.domain.tree.file_attributes import DiffPage
from hadoop_dr.services.backup.check.run_checks import RunChecks
from sim.world import POLICY, World, fill


def sealed_world(policy: str = POLICY) -> World:
    world = World(policy=policy)
    fill(world)
    world.backup("r1")
    return world


def check(world: World) -> list[Result]:
    return RunChecks(world.context()).look()


def foreign_file(world: World, path: str, data: bytes = b"FOREIGN") -> None:
    west = world.clusters["west"]
    west.extend(west.make_file(path, replication=1, block_size=1024, overwrite=True), data)


class Asked:
    """A name space that notes what it is asked, and lets a call pass only once others are under way."""

    def __init__(self, inner: MemoryNameNode, together: int = 1) -> None:
        self._inner, self.calls, self.most, self._now = inner, list[str](), 0, 0
        self._lock, self._before_each = threading.Lock(), threading.Barrier(together)

    def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._before_each.wait(60)
        found = self._inner.diff(path, older, newer)
        with self._lock:
            self._now -= 1
        return self._note("diff", found)

    def _note(self, name: str, answer: Any) -> Any:
        self.calls.append(name)
        return answer

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        return lambda *args, **more: self._note(name, method(*args, **more)) if callable(method) else method


def spy(world: World, together: int = 1) -> tuple[Any, Asked]:
    context = world.context()
    asked = Asked(MemoryNameNode(world.clusters["west"]), together)
    return replace(context, destination=replace(context.destination, namenode=asked)), asked
