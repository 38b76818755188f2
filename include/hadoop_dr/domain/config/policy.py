"""What one service asks for: its policy file as a checked value (S2.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from hadoop_dr.domain.config.datasets import HDFS, HIVE, LATER, SUPPORTED_KINDS, DataSet, DataSetKind, overlaps
from hadoop_dr.domain.config.document import DocumentNode, Fields, Wrong, items_of, parsed, refuse_hidden_meaning
from hadoop_dr.domain.config.quantities import (
    DAY_MS,
    DeletionLimit,
    count,
    duration_ms,
    duration_text,
    moment_ms,
    rate_bytes_s,
    share_of_deletions,
)
from hadoop_dr.domain.config.retention import Grid, Rule, rule
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ids import SERVICE_NAME


class Transfer(Enum):
    """Which site's controller moves the bytes (S2.5)."""

    PULL = "pull"
    PUSH = "push"


class Mode(Enum):
    """Whether a run carries the difference or everything (S2.9, S2.10)."""

    INCREMENTAL = "incremental"
    FULL = "full"


class Drift(Enum):
    """What happens to foreign changes on the secondary."""

    REFUSE = "refuse"
    RESTORE = "restore"


class Acid(Enum):
    """What happens to transactional tables, which would read as empty after a failover."""

    REFUSE = "refuse"
    SKIP = "skip"


class Unprotectable(Enum):
    """What happens to what cannot be protected for another reason than being transactional, and to its service."""

    LEAVE_OUT = "leave_out"
    REFUSE = "refuse"


class Unproven(Enum):
    """Whether a point whose moment could not be proven may be sealed."""

    REFUSE = "refuse"
    SEAL = "seal"


_PERIOD_MS = 900_000
_MOST_TASKS = 1_000      # Airflow maps a task at most 1,024 times (max_map_length)
_NEWEST_TWO = Rule(2)
_HOURS_THEN_DAYS = Rule(1, (Grid(DAY_MS, 3_600_000), Grid(7 * DAY_MS, DAY_MS)))
_A_TENTH = DeletionLimit()


@dataclass(frozen=True, slots=True)
class Retention:
    """The rule of each role; a point keeps the one it was sealed under."""

    primary: Rule = _NEWEST_TWO
    secondary: Rule = _HOURS_THEN_DAYS


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    Attributes:
        deletions: Above it a person is asked first (I8).
        bandwidth_bytes_s: Ceiling of bytes read a second; 0 is none.
    """

    deletions: DeletionLimit = _A_TENTH
    bandwidth_bytes_s: int = 200_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a service's file says, with defaults filled in.

    Attributes:
        first_moment_ms: Origin of the period and earliest moment; None counts periods from the epoch.
        period_ms: Distance of two moments; None when ``cron`` says when.
        cron: Five fields in UTC; None when ``period_ms`` says when.
        settle_ms: How long after the last snapshot the catalog has to stay quiet.
        handover_ms: How long a run may take from one of its tasks to the next without being taken for dead.
        takeover_after_ms: How long another run's progress has to stand still before it may be superseded.
        audit_entries: The smallest roots of so many entries together are compared whole in every run, others daily.
        stage_tasks: Into how many shards at most a run packs what it stages, whichever roots it is of.
        file: The file it was read from.
        pair_place: File and line that name the pair.
    """

    service: str
    pair: str
    protect: tuple[DataSet, ...]
    first_moment_ms: int | None = None
    period_ms: int | None = _PERIOD_MS
    cron: str | None = None
    transfer: Transfer = Transfer.PULL
    mode: Mode = Mode.INCREMENTAL
    max_skew_ms: int = 250
    max_clock_offset_ms: int = 500
    retention: Retention = Retention()
    drift: Drift = Drift.REFUSE
    limits: Limits = Limits()
    rpo_ms: int = 2 * _PERIOD_MS
    smoke: tuple[str, ...] = ()
    acid: Acid = Acid.REFUSE
    unprotectable: Unprotectable = Unprotectable.LEAVE_OUT
    unproven: Unproven = Unproven.REFUSE
    settle_ms: int = 1_000
    takeover_after_ms: int = 30_000
    handover_ms: int = 600_000
    audit_entries: int = 200_000
    stage_tasks: int = 16
    file: str = ""
    pair_place: str = field(default="", compare=False)

    @property
    def directories(self) -> tuple[str, ...]:
        """Declared directories, as written."""
        return tuple(data_set.name for data_set in self.protect if data_set.kind == HDFS)

    @property
    def hive_patterns(self) -> tuple[str, ...]:
        """Declared patterns of Hive tables."""
        return tuple(data_set.name for data_set in self.protect if data_set.kind == HIVE)

    def protected(self) -> dict[str, tuple[str, ...]]:
        """Returns what is declared, by kind, the way a point keeps it."""
        found: dict[str, tuple[str, ...]] = {}
        for one in sorted(self.protect, key=lambda one: one.name):
            found[one.kind.value] = (*found.get(one.kind.value, ()), one.name)
        return found


_DEFAULT = Policy("", "", ())


def with_overrides(policy: Policy, mode: str | None, transfer: str | None) -> Policy:
    """Returns the policy with a run's own mode or transfer in place of the file's."""
    if mode:
        policy = replace(policy, mode=Mode(mode))
    return replace(policy, transfer=Transfer(transfer)) if transfer else policy


KEYS = (
    "service",
    "pair",
    "protect",
    "first_moment",
    "period",
    "cron",
    "transfer",
    "mode",
    "max_skew",
    "max_clock_offset",
    "retention",
    "drift",
    "limits",
    "rpo",
    "smoke",
    "acid",
    "unprotectable",
    "unproven",
    "settle",
    "takeover_after",
    "handover",
    "audit_entries",
    "stage_tasks",
)
"""Every key of a policy file, in the order in which messages name them."""

LongestGap = Callable[[str], int]
"""Gives the longest time between two moments of a cron text, in milliseconds; raises Wrong when it is none."""


def read_policy(
    root: DocumentNode, longest_gap_ms: LongestGap, kinds: Sequence[DataSetKind] = SUPPORTED_KINDS
) -> Policy:
    """Checks a policy file and makes the value.

    Args:
        root: The file's tree.
        longest_gap_ms: Reads cron texts; only this knows their grammar.
        kinds: What may be protected.

    Raises:
        BadInput: At the first thing that is wrong.
    """
    refuse_hidden_meaning(root)
    fields = Fields(root, "a policy", allowed=KEYS, required=("service", "pair", "protect"))
    period_ms, cron, gap_ms = _schedule(fields, longest_gap_ms)
    default = _DEFAULT
    return Policy(
        service=parsed(fields.node("service"), "'service'", name_of_service),
        pair=parsed(fields.node("pair"), "'pair'", name_of_service),
        protect=_protect(fields.node("protect"), kinds),
        first_moment_ms=fields.read("first_moment", moment_ms, None),
        period_ms=period_ms,
        cron=cron,
        transfer=fields.choice("transfer", Transfer, default.transfer),
        mode=fields.choice("mode", Mode, default.mode),
        max_skew_ms=fields.read("max_skew", duration_ms, default.max_skew_ms),
        max_clock_offset_ms=fields.read("max_clock_offset", duration_ms, default.max_clock_offset_ms),
        retention=_retention(fields),
        drift=fields.choice("drift", Drift, default.drift),
        limits=_limits(fields),
        rpo_ms=_rpo_ms(fields, gap_ms),
        smoke=fields.texts("smoke"),
        acid=fields.choice("acid", Acid, default.acid),
        unprotectable=fields.choice("unprotectable", Unprotectable, default.unprotectable),
        unproven=fields.choice("unproven", Unproven, default.unproven),
        settle_ms=fields.read("settle", duration_ms, default.settle_ms),
        takeover_after_ms=fields.read("takeover_after", duration_ms, default.takeover_after_ms),
        handover_ms=fields.read("handover", duration_ms, default.handover_ms),
        audit_entries=fields.read("audit_entries", count, default.audit_entries),
        stage_tasks=fields.read("stage_tasks", _stage_tasks, default.stage_tasks),
        file=root.file,
        pair_place=fields.node("pair").place,
    )


def name_of_service(text: str) -> str:
    """Checks the name of a service, a pair or a site: it becomes part of paths, snapshots and DAG ids.

    Raises:
        Wrong: It does not fit.
    """
    if not SERVICE_NAME.fullmatch(text):
        raise Wrong(f"is '{text}'", "Use a lower-case letter, then at most 40 lower-case letters, digits or '-'")
    return text


def _protect(node: DocumentNode, kinds: Sequence[DataSetKind]) -> tuple[DataSet, ...]:
    found = tuple(_data_set(entry, kinds) for entry in items_of(node, "'protect'"))
    order = {id(data_set): position for position, data_set in enumerate(found)}
    for pair in overlaps(found):
        earlier, later = sorted(pair, key=lambda data_set: order[id(data_set)])
        raise BadInput(later.place, f"'{later}' overlaps '{earlier}' ({earlier.place})", "Leave one of them out")
    return found


def _data_set(entry: DocumentNode, kinds: Sequence[DataSetKind]) -> DataSet:
    built = {kind.value: kind for kind in kinds}
    fields = Fields(entry, "an entry of 'protect'", allowed=[*built, *LATER])
    words = [word for word in (*built, *LATER) if word in fields]
    if len(words) != 1:
        raise entry.wrong(
            "an entry of 'protect' names one data set", "Write one kind and its name, such as hdfs: /data/billing"
        )
    kind, value = built.get(words[0]), fields.node(words[0])
    if kind is None:
        raise entry.wrong(
            f"this version does not protect '{words[0]}' yet", f"Remove it; supported are {' and '.join(built)}"
        )
    return DataSet(kind, parsed(value, f"'{kind.value}'", kind.check), value.place)


def _schedule(fields: Fields, longest_gap_ms: LongestGap) -> tuple[int | None, str | None, int]:
    """Period, cron text and the longest time between two moments."""
    if "cron" not in fields:
        period_ms = fields.read("period", _period_ms, _PERIOD_MS)
        return period_ms, None, period_ms
    if "period" in fields:
        raise fields.node("cron").wrong("'cron' and 'period' exclude each other", "Keep one")
    cron = fields.text("cron")
    return None, cron, parsed(fields.node("cron"), "'cron'", longest_gap_ms)


def _period_ms(text: str) -> int:
    period_ms = duration_ms(text)
    if period_ms < 1_000:
        raise Wrong(f"'{text}' is shorter than a second", "Write 1s or more")
    return period_ms


def _stage_tasks(text: str) -> int:
    tasks = count(text)
    if not 1 <= tasks <= _MOST_TASKS:
        raise Wrong(f"'{text}' is not from 1 to {_MOST_TASKS}", f"Write at most {_MOST_TASKS}; 16 is usual")
    return tasks


def _retention(fields: Fields) -> Retention:
    if "retention" not in fields:
        return Retention()
    inner = Fields(fields.node("retention"), "'retention'", allowed=("primary", "secondary"))
    default = Retention()
    return Retention(inner.read("primary", rule, default.primary), inner.read("secondary", rule, default.secondary))


def _limits(fields: Fields) -> Limits:
    if "limits" not in fields:
        return Limits()
    inner = Fields(fields.node("limits"), "'limits'", allowed=("deletions", "bandwidth"))
    default = Limits()
    return Limits(
        _deletions(inner.node("deletions")) if "deletions" in inner else default.deletions,
        inner.read("bandwidth", rate_bytes_s, default.bandwidth_bytes_s),
    )


def _deletions(node: DocumentNode) -> DeletionLimit:
    """A share, or a mapping of the share and the floor for files."""
    if not isinstance(node.value, Mapping):
        return DeletionLimit(share=parsed(node, "'deletions'", share_of_deletions))
    inner, default = Fields(node, "'deletions'", allowed=("share", "at_least")), DeletionLimit()
    return DeletionLimit(
        inner.read("share", share_of_deletions, default.share), inner.read("at_least", count, default.at_least)
    )


def _rpo_ms(fields: Fields, gap_ms: int) -> int:
    """The wanted bound of loss; by default two periods, one that may be lost and one that may be under way."""
    rpo_ms = fields.read("rpo", duration_ms, 2 * gap_ms)
    if rpo_ms < gap_ms:
        raise fields.node("rpo").wrong(
            f"'rpo' is '{fields.text('rpo')}', but moments lie up to {duration_text(gap_ms)} apart",
            f"Back up more often, or write {duration_text(2 * gap_ms)}",
        )
    return rpo_ms
