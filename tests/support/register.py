"""A third kind of data sets, as small as one can be: a register of keys and values on each site, in memory.

It is here to show what a kind has to bring along, and that nothing else has to change for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.check_results import Result, fail, guarded, ok
from hadoop_dr.domain.codec import codec_of
from hadoop_dr.domain.config.datasets import DataSetKind, any_that_overlap
from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.errors import Mismatch, NotReady, Unknown
from hadoop_dr.domain.formats.table_form import TableForm
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.plan.deletions import Deletions, Figure
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.roots.layout import Layout
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.datasets.component import (
    CheckClaim,
    Decide,
    Export,
    Moment,
    Planned,
    Probe,
    Promoted,
    Scope,
    Undoing,
    VerifiedKind,
)
from hadoop_dr.services.foreign.keep_objects import KeepObjects
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan

KIND = "register"
KEYS, GONE = "register.parquet", "register-gone.parquet"
KEYS_FORM = TableForm("register", (("key", "string"), ("value", "string")))
GONE_FORM = TableForm("register gone", (("key", "string"),))


def shop(text: str) -> str:
    """Checks the name of a register."""
    if "/" in text:
        raise Wrong(f"'{text}' is no name of a register", "Write it without a slash")
    return text


def directory_of(name: str) -> str:
    """Where the attachments of a register lie."""
    return f"/registers/{name} ü=%"


REGISTERS = DataSetKind(KIND, shop, lambda one, other: one == other, any_that_overlap)
"""What a policy that knows the kind may name."""


class Store:
    """The register of one site: keys, values, and a number that grows with each change."""

    def __init__(self, site: str) -> None:
        self.site, self.version, self.live, self.silent = site, 0, False, False
        self.values: dict[str, str] = {}
        self.touched: list[str] = []

    def answer(self) -> None:
        """Says that it is there."""
        if self.silent:
            raise NotReady(f"{self.site}: the register", "does not answer", "Start it")

    def put(self, key: str, value: str) -> None:
        """Writes a value."""
        self.values[key] = value
        self._changed(key)

    def remove(self, key: str) -> None:
        """Removes a key, if it is there."""
        if self.values.pop(key, None) is not None:
            self._changed(key)

    def _changed(self, key: str) -> None:
        self.touched.append(key)
        self.version += 1


class FaultyStore:
    """A store each change of which is an effect that may fail."""

    def __init__(self, inner: Store, faults: Faults) -> None:
        self.inner, self._faults = inner, faults

    def put(self, key: str, value: str) -> None:
        """Writes a value; an answer that was lost is read back."""
        self._effect(partial(self.inner.put, key, value), key, value)

    def remove(self, key: str) -> None:
        """Removes a key; an answer that was lost is read back."""
        self._effect(partial(self.inner.remove, key), key, None)

    def _effect(self, do: partial[None], key: str, wanted: str | None) -> None:
        def lost() -> None:
            raise Unknown(key, "the answer was lost")

        try:
            self._faults.effect(do, lost)
        except Unknown:
            if self.inner.values.get(key) != wanted:
                raise


@dataclass(frozen=True, slots=True)
class TakenRegister:
    """What the ledger keeps of the register at the moment."""

    version: int
    keys: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedRegister:
    """What the ledger keeps of the target's register when it was verified."""

    version: int


TAKEN, SEALED = codec_of(TakenRegister), codec_of(SealedRegister)


@dataclass
class Register:
    """The component.

    Attributes:
        asked: The verbs that were used, in order, for tests.
    """

    context: BackupContext
    stores: Mapping[str, FaultyStore]
    asked: list[str] = field(default_factory=list)
    kind = KIND
    _mark = -1
    _end = -1

    @property
    def source(self) -> Store:
        """The source's register."""
        return self.stores[self.context.origin.name].inner

    @property
    def target(self) -> FaultyStore:
        """The target's."""
        return self.stores[self.context.destination.name]

    @property
    def names(self) -> list[str]:
        """The registers that the policy protects."""
        return [one.name for one in self.context.policy.protect if one.kind == REGISTERS]

    def things(self) -> str:
        return "keys" if self.names else ""

    def check(self, scope: Scope) -> list[Result]:
        self.asked.append("check")
        if not self.names:
            return []
        if "" in self.source.values:
            return [fail(KIND, f"{self.source.site} has an empty key", "Remove it")]
        return guarded(KIND, lambda: iter([ok(KIND, f"{self.source.site} answers")]))

    def coverage(self) -> list[Result]:
        self.asked.append("coverage")
        return self.names and [ok(KIND, f"{len(self.source.values)} keys are protected")]

    def layout(self) -> Layout:
        return Layout(declared=tuple(map(directory_of, self.names)))

    def refuse(self) -> None:
        self.asked.append("refuse")

    def declared(self) -> Sequence[str]:
        return [directory_of(name) for name in self.names]

    def drift(self) -> list[str]:
        self.asked.append("drift")
        newest = self.context.ledger.read().newest_sealed()
        if newest is None or (kept := newest.sealed.datasets.get(KIND)) is None:
            return []
        if SEALED.load(kept).version == self.target.inner.version:
            return []
        return differences(exported(self.context, newest), self.target.inner.values)

    def is_as_kept(self, kept: Kept) -> bool:
        self.asked.append("is_as_kept")
        return kept.document is not None and self.target.inner.version == kept.document.position

    def read_ahead(self, moment_ms: int) -> bool:
        """Nothing takes long."""
        return False

    def prepare(self) -> None:
        self.asked.append("prepare")

    def mark(self) -> None:
        self.asked.append("mark")
        self._mark = self.source.version

    def mark_end(self) -> None:
        self.asked.append("mark_end")
        self._end = self.source.version

    def evidence(self, moment: Moment) -> MarkEvidence | None:
        self.asked.append("evidence")
        if not self.names:
            return None
        return MarkEvidence("the register", self.source.touched[self._mark : self._end])

    def export(self, documents: Documents) -> Export:
        self.asked.append("export")
        if not self.names:
            return Export()
        sha256 = documents.write_ahead(KEYS, KEYS_FORM, sorted(self.source.values.items()))
        return Export(TAKEN.dump(TakenRegister(self._mark, len(self.source.values), sha256)))

    def plan(self, point: Point, documents: Documents, base: Baseline, trees: Sequence[RootPlan]) -> Planned:
        self.asked.append("plan")
        if KIND not in point.taken.datasets:
            return Planned()
        documents.adopt(KEYS, TAKEN.load(point.taken.datasets[KIND]).sha256)
        wanted = values(documents)
        gone = sorted(self.target.inner.values.keys() - wanted.keys())
        documents.write(GONE, GONE_FORM, [(key,) for key in gone])
        return self._planned(wanted, gone)

    def preview(self, trees: Sequence[RootPlan]) -> Planned:
        self.asked.append("preview")
        if not self.names:
            return Planned()
        gone = sorted(self.target.inner.values.keys() - self.source.values.keys())
        return self._planned(self.source.values, gone)

    def _planned(self, wanted: Mapping[str, str], gone: Sequence[str]) -> Planned:
        there = self.target.inner.values
        put = sum(there.get(key) != value for key, value in wanted.items())
        deletions = Deletions((Figure("keys", len(gone), len(there)),))
        return Planned(deletions, {KIND: {"put": put, "remove": len(gone)}})

    def fits(self, trees: Sequence[RootPlan]) -> list[Result]:
        return []

    def before_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        self.asked.append("before_tree")
        if KIND in point.taken.datasets:
            self._keep_foreign(point, values(documents))
            for (key,) in documents.read(GONE, GONE_FORM):
                check_claim()
                self.target.remove(str(key))

    def after_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        self.asked.append("after_tree")
        if KIND in point.taken.datasets:
            wanted = values(documents)
            for key in sorted(self._keep_foreign(point, wanted).keys() - wanted.keys()):
                check_claim()
                self.target.remove(key)
            put_all(self.target, wanted, check_claim)

    def verify(self, point: Point, documents: Documents, number: int) -> VerifiedKind:
        self.asked.append("verify")
        if KIND not in point.taken.datasets:
            return VerifiedKind()
        wanted, there = values(documents), self.target.inner
        wrong = differences(wanted, there.values)
        self._keep_foreign(point, wanted, number)
        return VerifiedKind(Verdict(len(wanted) - len(wrong), wrong), SEALED.dump(SealedRegister(there.version)))

    def _keep_foreign(self, point: Point, wanted: Mapping[str, str], number: int = -1) -> Mapping[str, str | None]:
        """Keeps what is neither as it should be nor as the newest point left it; each change of a key is whole."""
        there, newest = self.target.inner.values, self.context.ledger.read().newest_sealed()
        left = exported(self.context, newest) if newest and KIND in newest.taken.datasets else {}
        keys = sorted(there.keys() | wanted.keys() | left.keys())
        found = {key: there.get(key) for key in keys if there.get(key) not in (wanted.get(key), left.get(key))}
        if found:
            rows = [(key, value) for key, value in found.items() if value is not None]
            keep, rule = KeepObjects(self.context, point.point, KIND), self.context.policy.drift
            content = self.context.tools.tables.pack(KEYS_FORM.columns, rows, KEYS_FORM.stamp)
            document = keep.write(content, [f"{key} {value}" for key, value in found.items()])
            lines = [f"key {key!r} was changed" for key in found]
            keep.record(document, self.target.inner.version, number, lines, rule)
        return found

    def warnings(self, point: Point) -> list[str]:
        kept = point.taken.datasets.get(KIND)
        return [] if kept is None or TAKEN.load(kept).keys else ["the register was empty"]

    def no_longer(self, before: Point, point: Point) -> list[str]:
        return []

    def undo(self, to: Point, given_up: Point, check_claim: CheckClaim) -> Undoing | None:
        self.asked.append("undo")
        if KIND not in to.taken.datasets:
            return None
        left = exported(self.context, given_up) if KIND in given_up.taken.datasets else {}
        return UndoRegister(self.target, exported(self.context, to), left, check_claim)

    def after_seal(self, point: Point, documents: Documents) -> None:
        """Nothing."""

    def promote(self, point: Point, documents: Documents) -> Promoted:
        if point.point not in self.context.ledger.read().points:
            raise Mismatch(point.point, "is no point")
        self.target.inner.live = True
        return Promoted([f"{self.target.inner.site}: the register is live"])


@dataclass
class UndoRegister:
    """Its undo."""

    target: FaultyStore
    wanted: Mapping[str, str]
    left: Mapping[str, str]
    check_claim: CheckClaim

    def _made(self) -> list[str]:
        return sorted((self.left.keys() - self.wanted.keys()) & self.target.inner.values.keys())

    def differs(self) -> bool:
        there = self.target.inner.values
        return bool(self._made()) or any(there.get(key) != value for key, value in self.wanted.items())

    def before_tree(self) -> None:
        for key in self._made():
            self.check_claim()
            self.target.remove(key)

    def after_tree(self) -> None:
        put_all(self.target, self.wanted, self.check_claim)


def put_all(target: FaultyStore, wanted: Mapping[str, str], check_claim: CheckClaim) -> None:
    """Writes what is missing or another; done again it writes what is left."""
    for key, value in sorted(wanted.items()):
        if target.inner.values.get(key) != value:
            check_claim()
            target.put(key, value)


def values(documents: Documents) -> dict[str, str]:
    """Reads what a point exported; its plan may be lost."""
    sha256 = TAKEN.load(documents.point.taken.datasets[KIND]).sha256
    return {str(key): str(value) for key, value in documents.read_ahead(KEYS, KEYS_FORM, sha256)}


def exported(context: BackupContext, point: Point) -> dict[str, str]:
    """Reads what a point exported."""
    return values(context.documents(point))


def differences(wanted: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Names the keys that differ."""
    return [f"key {key!r} was changed" for key in sorted(wanted.keys() | there.keys())
            if wanted.get(key) != there.get(key)]  # fmt: skip


@dataclass
class RegisterKind:
    """The kind, as a process that may die knows it: makes components, and asks how a site's register is."""

    stores: Mapping[str, FaultyStore]
    made: list[Register]

    def __call__(self, context: BackupContext, decide: Decide) -> Register:
        """Makes a component."""
        self.made.append(Register(context, self.stores))
        return self.made[-1]

    def probes(self, side: SiteConnections) -> Sequence[Probe]:
        """Whether the site's register answers."""
        return (self.stores[side.name].inner.answer,)


def register_of(stores: Mapping[str, Store], faults: Faults, made: list[Register]) -> RegisterKind:
    """The kind for a process that may die."""
    return RegisterKind({site: FaultyStore(store, faults) for site, store in stores.items()}, made)


__all__ = ["GONE", "KEYS", "KIND", "Register", "Store", "register_of"]
