"""S3.1: what the secondary needs alone is on both sites before any byte moves; what the source lacks the point says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import AccessDenied, BaselineLost, DrError, Unknown, Unreachable
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.formats.fenced import plain_name
from hadoop_dr.domain.formats.manifest import MANIFEST_FILE
from hadoop_dr.domain.state.service_state import Point, PointState
from hadoop_dr.ports.files import Files
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hdfs.quotas import ANSWERED
from hadoop_dr.services.report import all_entries, explanation
from hadoop_dr.services.stored import documents
from sim.world import ROOT, TableWorld, fill, plan_and_stage, protecting
from support.thinned import thinned

POLICY = protecting("hive: bill", f"hdfs: {ROOT}")
Spoil = Callable[[str, str, int], str]
"""Site, name of a document and how many were written there before -> what becomes of it; see ``Spoilt``."""


class Spoilt:
    """The documents of one site, of which some cannot be written."""

    def __init__(self, inner: Files, world: Desk) -> None:
        self._inner, self._world, self.site = inner, world, inner.site

    def put(self, path: str, content: bytes) -> None:
        self._write(path, lambda: self._inner.put(path, content))

    def append_new(self, path: str, content: bytes) -> bool:
        return bool(self._write(path, lambda: self._inner.append_new(path, content)))

    def _write(self, path: str, write: Callable[[], object]) -> object:
        name = plain_name(path.partition("/points/")[2].partition("/")[2])
        if not name:  # a ledger
            return write()
        how = self._world.spoil(self.site, name, self._world.written[self.site])
        self._world.written[self.site] += 1
        self._world.log.append(f"{self.site} {name}")
        done = write() if how in ("", "lost after", "dies after") else None
        if how == "refused":
            raise AccessDenied(path, "may not be written")
        if how == "silent":
            raise Unreachable(self.site, "does not answer")
        if how == "dies after":
            raise Died
        if how:
            raise Unknown(path, "the answer was lost")
        return done

    def names(self, directory: str) -> list[str]:
        if self._world.spoil(self.site, "", 0) == "silent":
            raise Unreachable(self.site, "does not answer")
        return self._inner.names(directory)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Desk(TableWorld):
    """A world whose documents of points may be spoilt; the ledgers are not."""

    spoil: Spoil = staticmethod(lambda site, name, before: "")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.written, self.log = Counter[str](), list[str]()

    def context(self, faults: Faults | None = None) -> BackupContext:
        context = super().context(faults)
        source, target = (
            replace(side, files=Spoilt(side.files, self)) for side in (context.origin, context.destination)
        )
        return replace(context, origin=source, destination=target)


def lived_in() -> Desk:
    """One sealed point; since then something changed of every kind of document."""
    return LIVED_IN.clone()


def _lived_in() -> Desk:
    world = Desk(POLICY)
    fill(world)
    for name in ("t1", "t2"):
        world.create(name)
    world.backup("first")
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"tail" * 700)
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    metastore = world.metastores["east"]
    metastore.drop(metastore.tables("bill", ["t1"]))
    world.written, world.log = Counter(), []
    return world


LIVED_IN = _lived_in()


def in_step(world: Desk, document: dict[str, Any]) -> None:
    names = document["snapshots"]
    for root in names["east"]:
        east = world.tree("east", f"{root}/.snapshot/{names['east'][root]}")
        assert world.tree("west", f"{root}/.snapshot/{names['west'][root]}") == east
    assert world.metastores["west"].table_names("bill") == ["t2"]


def point_of(world: Desk, run: str) -> Point:
    return next(point for point in world.context().ledger.read().points.values() if point.run == run)


def has(world: Desk, site: str, point: Point, name: str) -> bool:
    context = world.context()
    directory, _, leaf = f"{context.directory(point.point)}/{name}".rpartition("/")
    return leaf in map(plain_name, world.files()[site].names(directory))


def lose(world: Desk, point: Point, name: str) -> None:
    """Somebody removes the secondary's copy of a document."""
    files, directory = world.files()["west"], world.context().directory(point.point)
    for one in files.names(directory):
        if plain_name(one) == name:
            files.remove(f"{directory}/{one}")


def work_areas(world: Desk) -> list[str]:
    west = world.clusters["west"]
    return [node.path() for node in west.root.walk() if ".hadoop-dr/" in node.path().removeprefix("/.hadoop-dr")]


def written(site: str) -> list[str]:
    world = lived_in()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "INSIDE_BYTES", -1)
        world.backup("counted")
    every = (line.partition(" ")[2] for line in world.log if line.startswith(site))
    return [name for name in every if name != ANSWERED]  # written once the point is sealed: no stage waits for it


PLAN = {"items.parquet", "quotas.parquet", "catalog.parquet", "drops.parquet", MANIFEST_FILE}
AT_WEST, AT_EAST = written("west"), written("east")
HOW = ("refused", "lost", "lost after")


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables lie beside the manifest, as large ones do."""
    monkeypatch.setattr(documents, "INSIDE_BYTES", -1)


def test_small_tables_lie_in_the_manifest_and_a_small_change_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "INSIDE_BYTES", 16 << 10)
    world = lived_in()
    in_step(world, world.backup("small"))
    context, point = world.context(), point_of(world, "small")
    for site in ("east", "west"):
        names = world.files()[site].names(context.directory(point.point))
        assert MANIFEST_FILE in names
        assert not {"items.parquet", "quotas.parquet", "drops.parquet"}.intersection(map(plain_name, names))
    assert context.documents(point).read("items.parquet", forms.ITEMS)


def test_every_document_is_written_to_both_sites_and_nothing_lacks() -> None:
    # Who changes the secondary, what is proven of its bytes, and what the next run can ask anew is said there alone.
    own = {name for name in AT_WEST if name.startswith(("changers/", "staged/", "databases."))}
    assert len(own) == 3
    assert set(AT_WEST) - own == set(AT_EAST) > PLAN
    assert AT_WEST.index(MANIFEST_FILE) == max(AT_WEST.index(name) for name in PLAN)


@pytest.mark.parametrize(("at", "how"), thinned(product(range(len(AT_WEST)), HOW), 2))
def test_a_document_that_the_secondary_did_not_take_ends_the_run_before_anything_that_needs_it(
    at: int, how: str
) -> None:
    world = lived_in()
    before = world.tree("west", ROOT)
    world.spoil = lambda site, name, number: how if site == "west" and number == at else ""  # type: ignore[assignment]
    with pytest.raises(DrError):
        world.backup("stops")
    point = point_of(world, "stops")
    if AT_WEST[at] in PLAN and how != "lost after":
        assert not has(world, "west", point, MANIFEST_FILE)
    if AT_WEST[at] in PLAN:
        assert world.tree("west", ROOT) == before
        assert work_areas(world) == []
        assert not has(world, "west", point, "staged")
        assert point.state in (PointState.TAKEN, PointState.VOID)
    world.spoil = lambda *_: ""  # type: ignore[assignment]
    world.host.dead.add("stops")
    in_step(world, world.backup("next"))


@pytest.mark.parametrize(("at", "how"), thinned(product(range(len(AT_EAST)), HOW), 2))
def test_a_document_that_the_source_did_not_take_once_is_there_at_the_seal_and_nobody_is_troubled(
    at: int, how: str
) -> None:
    world = lived_in()
    world.spoil = lambda site, name, number: how if site == "east" and number == at else ""  # type: ignore[assignment]
    document = world.backup("goes on")
    in_step(world, document)
    assert [text for text in document["warnings"] if "no proven copy" in text] == []
    assert has(world, "east", point_of(world, "goes on"), AT_EAST[at])


def test_a_copy_whose_answers_are_lost_every_time_is_read_back_and_is_no_warning() -> None:
    world = lived_in()
    world.spoil = lambda site, name, _: "lost after" if site == "east" else ""  # type: ignore[assignment]
    document = world.backup("read back")
    in_step(world, document)
    assert [text for text in document["warnings"] if "no proven copy" in text] == []


@pytest.mark.parametrize("name", sorted(set(AT_EAST)))
def test_a_document_that_the_source_never_takes_is_a_warning_of_the_point(name: str) -> None:
    """Every stage in a process of its own, as Airflow runs them: what one saw the one that seals has to know."""
    world = lived_in()
    world.spoil = lambda site, this, _: "refused" if (site, this) == ("east", name) else ""  # type: ignore[assignment]
    for stage in ("preflight", "moment"):
        getattr(world.stages("tasks"), stage)()
    plan_and_stage(world.stages("tasks"))
    for stage in ("place", "verify"):
        getattr(world.stages("tasks"), stage)()
    document = world.stages("tasks").seal()
    in_step(world, document)
    [said] = [text for text in document["warnings"] if "no proven copy" in text]
    assert said.startswith(f"east has no proven copy of {name}: ")
    assert "may not be written" in said
    point = point_of(world, "tasks")
    assert said in point.sealed.summary.warnings
    assert has(world, "west", point, name)
    chain = world.context().ledger.chain
    told = explanation("billing", all_entries(chain.deciding, chain.path), point.point)["entries"]
    assert any(said in entry["text"] for entry in told if entry["kind"] == "sealed")


def test_a_source_that_falls_silent_after_the_moment_is_named_with_all_it_lacks() -> None:
    world = lived_in()
    for stage in ("preflight", "moment"):
        getattr(world.stages("alone"), stage)()
    world.spoil = lambda site, name, _: "silent" if site == "east" else ""  # type: ignore[assignment]
    plan_and_stage(world.stages("alone"))
    for stage in ("place", "verify"):
        getattr(world.stages("alone"), stage)()
    document = world.stages("alone").seal()
    in_step(world, document)
    lacking = {text.split(":")[0].rpartition(" ")[2] for text in document["warnings"] if "no proven copy" in text}
    assert lacking >= PLAN - {"catalog.parquet"}
    point = point_of(world, "alone")
    for name in PLAN:
        assert has(world, "west", point, name)


def stages_until_plan(world: Desk, run: str) -> None:
    for stage in ("preflight", "moment", "plan"):
        getattr(world.stages(run), stage)()


def test_a_plan_that_only_the_source_has_is_no_plan() -> None:
    world = lived_in()
    world.spoil = lambda site, name, _: "refused" if (site, name) == ("west", MANIFEST_FILE) else ""  # type: ignore[assignment]
    with pytest.raises(AccessDenied):
        stages_until_plan(world, "again")
    point = point_of(world, "again")
    assert has(world, "east", point, MANIFEST_FILE)
    with pytest.raises(BaselineLost, match="the point has no plan"):
        world.stages("again").stage(0)
    assert work_areas(world) == []
    world.spoil = lambda *_: ""  # type: ignore[assignment]
    plan_and_stage(world.stages("again"))
    assert has(world, "west", point, MANIFEST_FILE)
    for stage in ("place", "verify"):
        getattr(world.stages("again"), stage)()
    in_step(world, world.stages("again").seal())


def test_a_document_that_only_the_source_has_serves_a_sealed_point_and_no_other() -> None:
    world = lived_in()
    stages_until_plan(world, "lacks")
    point = point_of(world, "lacks")
    context = world.context()
    lose(world, point, "items.parquet")
    with pytest.raises(BaselineLost, match="is missing on west"):
        plan_and_stage(world.stages("lacks"))
    sealed = point_of(world, "first")
    lose(world, sealed, "items.parquet")
    assert context.documents(sealed).read("items.parquet", forms.ITEMS)


def test_a_death_before_the_source_was_told_to_lack_the_plan_is_made_good_by_the_next_try() -> None:
    world = lived_in()

    def dies(site: str, name: str, _: int) -> str:
        if (site, name) == ("east", MANIFEST_FILE):
            return "refused"
        return "dies after" if (site, name) == ("west", MANIFEST_FILE) else ""

    world.spoil = dies  # type: ignore[assignment]
    with pytest.raises(Died):
        stages_until_plan(world, "twice")
    point = point_of(world, "twice")
    assert not has(world, "east", point, MANIFEST_FILE)
    world.spoil = lambda *_: ""  # type: ignore[assignment]
    world.stages("twice", try_no=2).plan()
    assert has(world, "east", point, MANIFEST_FILE)


def test_no_byte_moves_before_the_plan_is_on_the_secondary_and_was_tried_on_the_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is anything made in a work area; also where the source takes no document at all."""
    world = lived_in()
    copy, make = MemoryMover.copy, MemoryNameNode.make_all

    def copied(self: MemoryMover, copies: Any) -> Iterator[Any]:
        world.log.append("a byte moves")
        return copy(self, copies)

    def made(self: MemoryNameNode, path: str, mode: int) -> None:
        if f"{ROOT}/.hadoop-dr" in path:
            world.log.append("a work area")
        make(self, path, mode)

    monkeypatch.setattr(MemoryMover, "copy", copied)
    monkeypatch.setattr(MemoryNameNode, "make_all", made)
    world.spoil = lambda site, name, _: "refused" if site == "east" else ""  # type: ignore[assignment]
    in_step(world, world.backup("in order"))
    first = min(world.log.index(effect) for effect in ("a byte moves", "a work area"))
    for name in PLAN:
        assert max(world.log.index(f"{site} {name}") for site in ("east", "west")) < first
