"""``manifest.json``: the plan of a point and the digests of its documents; written last, so a plan exists with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.formats.form import JsonForm
from hadoop_dr.domain.tree.inventory import Audit, Held
from hadoop_dr.domain.tree.seen import UNSEEN, Seen


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of the plan.

    Attributes:
        sha256: Digest of its bytes.
        rows: How many it has.
        content: The bytes themselves, in base64, of a document that is small; empty where they lie beside the manifest.
    """

    sha256: str
    rows: int
    content: str = ""


@dataclass(frozen=True, slots=True)
class StoredRoot:
    """One root of a plan, without its items.

    Attributes:
        older: Baseline snapshot of the origin; None when everything is new.
        newer: Snapshot of the origin that is copied.
        base: Snapshot of the destination that the plan starts from; None when the destination has nothing.
        cut: Into how many shares its bytes are cut.
        audit: How it is compared beyond what changed.
        waits: It is planned on the live tree, because points still hold snapshots in its way.
        audited: Snapshot of the origin that its audit looks back to; None where it does not look back.
        seen: What the newer snapshot showed, where all of it was looked through.
    """

    root: str
    older: str | None
    newer: str
    base: str | None
    cut: int
    audit: Audit
    waits: bool = False
    audited: str | None = None
    seen: Seen = UNSEEN


@dataclass(frozen=True, slots=True)
class DeletedKind:
    """What of one kind goes: how much, of how much that is live, and how much the policy allows."""

    deleted: int
    live: int
    allowed: int


@dataclass(frozen=True, slots=True)
class PlannedDeletions:
    """All that goes, by kind, and what of it is above the limit and was approved."""

    by_kind: Mapping[str, DeletedKind] = field(default_factory=dict)
    approved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The figures of a plan.

    Attributes:
        shards: How many processes can stage side by side.
        deletions: Files that go.
        deleted: Objects that go, by kind; only kinds of which something goes.
        steps: Steps by kind.
        figures: Objects of each kind of data sets by what is done to them, under the titles that people know them by.
        audited: The whole is compared, beyond what is known to have changed.
        hindered: What could not be compared while it was planned.
        notes: What a person should know.
    """

    shards: int
    entries: int
    files: int
    bytes: int
    deletions: int
    deleted: Mapping[str, int]
    steps: Mapping[str, int]
    figures: Mapping[str, Mapping[str, int]]
    audited: bool
    hindered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it is stored, beside the documents it names.

    Attributes:
        baseline: The point it builds on; None for a full run.
        tasks: The shards, each a list of shares: the root's number and the share's.
        live: How much each root holds afterwards.
    """

    baseline: str | None
    roots: tuple[StoredRoot, ...]
    tasks: tuple[tuple[tuple[int, int], ...], ...]
    live: Mapping[str, Held]
    deletions: PlannedDeletions
    summary: PlanSummary


@dataclass(frozen=True, slots=True)
class Manifest:
    """The plan and its documents, by name."""

    documents: Mapping[str, StoredDocument]
    plan: StoredPlan


MANIFEST_FILE = "manifest.json"
"""Its name in the point's directory."""
MANIFEST = JsonForm("manifest of a point", Manifest)
"""How it is stored."""
