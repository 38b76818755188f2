"""One sample of everything that is stored: what the fixtures of ``tests/fixtures/formats`` were written from.

A fixture is written once, when its format is released, and never again: a later version has to read it and give back
the same bytes. ``python tests/support/format_samples.py`` writes those that are missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.catalog.protect.point_parts import (
    SEALED_CATALOG,
    TAKEN_CATALOG,
    NamedObjects,
    QueryAnswer,
    SealedCatalog,
    TakenCatalog,
)
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.formats.form import JsonForm
from hadoop_dr.domain.formats.manifest import (
    MANIFEST,
    DeletedKind,
    Manifest,
    PlannedDeletions,
    PlanSummary,
    StoredDocument,
    StoredPlan,
    StoredRoot,
)
from hadoop_dr.domain.formats.stage_note import MARK, NoteOfStage
from hadoop_dr.domain.formats.table_form import TableForm
from hadoop_dr.domain.formats.verdict import VERDICT, StoredVerdict
from hadoop_dr.domain.ledger import Body, LedgerEntry, encode
from hadoop_dr.domain.ledger.bodies import ends, foreign, pair, runs, sealed, staged, taken, values
from hadoop_dr.domain.runs.moment import Proof
from hadoop_dr.domain.runs.process import Process
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state
from hadoop_dr.domain.state.service_fold import dump_state, reduce_service
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.domain.tree.intended import Lowered
from hadoop_dr.domain.tree.inventory import Audit, Held
from hadoop_dr.domain.tree.item_rows import item_rows
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.quotas import QuotaSet, RootQuotas, quota_rows
from hadoop_dr.domain.tree.seen import Seen
from hadoop_dr.domain.tree.xattrs import xattr_rows

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/formats/v1"
P, OLD, NEXT = (f"2026112{n}T020000.000Z" for n in (1, 0, 2))
ROOT, OTHER, HIVE = "/data/a b+%", "/data/ü=#", "/warehouse/billing.db"
SHA = "5f" * 32
SNAPSHOT = values.SnapshotRecord(f"dr-billing-e3-{P}", 7, 1_795_226_400_123)
LEFT = values.SnapshotRecord(f"dr-billing-e3-{P}-r9", 9, 1_795_226_500_000)
POLICY = values.FrozenPolicy(
    "service: billing\n# ü \udcff\n", "policies/a b.yaml", "full", "push", "the audit wants it, 100 % ü",
    1_795_226_400_000, approve_deletions=True, unprotects=True, exclusions=("tmp/a b", "ü=#"),
)  # fmt: skip
QUOTA = QuotaSet(1_000, 1 << 40, (("ARCHIVE", 1 << 30), ("SSD", 1 << 20)))
LOWERED = (Lowered(ROOT, "ü=#", "erasure coding", "RS-6-3-1024k", "none, replication 1"),)
FIGURES = {
    "catalog": {"create": 1, "alter": 2, "drop": 3}, "later kind": {"moved": 4}, "quotas": {"kept": 2, "unasked": 1},
}  # fmt: skip
PARTS = {
    "taken": {
        "hive": TAKEN_CATALOG.dump(
            TakenCatalog(
                41, 43, 12, 2, NamedObjects(3, ("partition billing.t p=ü %",)), SHA, SHA,
                digest=SHA, whole_ms=1_795_226_400_000, untold=NamedObjects(1, ("table billing.t",)),
                databases_sha256=SHA,
            )
        ),
        "later kind": {"offsets": {"topic ü": [1, 2]}},
    },
    "sealed": {
        "hive": SEALED_CATALOG.dump(SealedCatalog(Position(77, SHA), (QueryAnswer("select count(*) from t", 1, SHA),))),
    },
}

SERVICE: Mapping[str, Body] = {
    "claim": runs.ServiceClaimed(2, P, 1_795_226_400_000, Process("host.boot.space", 4711, 99), POLICY),
    "rearmed": runs.MomentRearmed(4, P, 1_795_226_400_500, OLD, "had passed", 120),
    "taken": taken.PointTaken(
        4, P, 1_795_226_400_500, 500, 12.25, Proof.BOUNDED, "east", "west",
        {ROOT: taken.TakenRoot(SNAPSHOT, 0.0, 12.25, QUOTA), OTHER: taken.TakenRoot(LEFT, 0.5, 3.0)},
        {"hdfs": (ROOT, OTHER), "hive": ("billing", "crm.c*")}, (HIVE, ROOT, OTHER), PARTS["taken"],
        taken.Incomplete(2, (taken.LeftOut("table crm.c ü", "acid", "it is transactional"),)),
        taken.OpenFiles(1, (taken.OpenFile(f"{ROOT}/log %", 40),), (f"{OTHER}: no answer",)),
        ("directory ü was left behind",), ("east:/data is nearly full",), ("tmp/a b",),
    ),
    "staged": staged.PointStaged(4, P, 12, 3, 4096, {"items-0.parquet": SHA}),
    "sealed": sealed.PointSealed(
        4, P, OLD, sealed.Verified("cannot tell", 9, (f"{ROOT}/x: block lengths differ",)), {ROOT: SNAPSHOT},
        sealed.Retained("2", "24h:1h, 7d:1d"),
        sealed.Summary(
            12, 3, 4096, 1, {ROOT: Held(7, 9)}, audited=True, figures=FIGURES,
            sampled=sealed.Sampled(OLD, taken=True), intended=4,
            lowered=LOWERED,
            seconds={"place": 1.25}, requests={"plan": {"east": 12, "trips": 3}}, warnings=("not audited: ü",),
            whole=(OTHER,),
        ),
        PARTS["sealed"], {"verdict-4.1.json": SHA, "inodes.parquet": SHA}, {ROOT: SHA[:32]},
    ),
    "void": runs.PointVoided(4, P, "given up: 100 % ü"),
    "released": runs.ClaimReleased(4, "a stage of the run failed"),
    "pruned": ends.PointsPruned((("east", OLD), ("west", OLD))),
    "unprotected": ends.ServiceUnprotected(4, ("east", "west"), (("east", P),), "it is not needed any more"),
    "damaged": ends.PointDamaged(P, f"{ROOT}/e%20: content differs", ((ROOT, "e%20"), (OTHER, "")), ((ROOT, P),)),
    "undoing": foreign.UndoBegun(4, P, OLD, "west", (ROOT, OTHER), "dr-billing-kept-3-4", "its plan is lost"),
    "undone": foreign.UndoDone(
        4, P, OLD, "west", "its plan is lost", "dr-billing-kept-3-4", (f"{ROOT}/ü was made",), {ROOT: LEFT}, (OTHER,)
    ),
    "kept": foreign.ChangesKept(
        4, P, 1, "west", {ROOT: f"dr-billing-kept-{P}.1"}, (f"{ROOT}/ü was made",), 5, "refuse", True,
        foreign.KeptDocument("hive", "/.hadoop-dr/east-west/services/billing/kept/ü.parquet", 77),
    ),
    "unkept": foreign.KeptRemoved(6),
    "divergence": foreign.DivergenceApproved(
        "west", OLD, {ROOT: "dr-billing-kept-3-diverged"}, SHA, 3, "ann ü", "the rack is back",
    ),
    "root_change": ends.RootsChanged(4, "east", (OTHER,), ("/data",), (("east", P),), "one root for all"),
    "pin": ends.PointPinned(P, "ann ü", "the yearly audit"),
    "unpin": ends.PointUnpinned(7, P, "bob", "the audit is over"),
}  # fmt: skip
PAIR: Mapping[str, Body] = {
    "roles": pair.RolesSet("west", "west", "ann ü", "east burns", alone=True),
    "roles_changed": pair.RolesChanged(
        "failover", "east", "west", {"billing": P}, {"crm ü": "no point of it was ever sealed on west"},
        {"look": 0.25, "runs": 1.5},
    ),
    "fence": pair.SiteFenced("east", "forced", {ROOT: QUOTA}),
    "unfence": pair.FenceLifted("east"),
    "approval": pair.PersonAnswered("failover to west", True, "ann ü", "nothing answers", {"billing": P}),
    "settings": pair.PairStored("pairs/east-west.yaml", "pair: east-west\n# ü\n"),
    "policy": pair.PolicyStored("billing", "policies/a b.yaml", "service: billing\n"),
    "node_map": pair.NodesMapped(({"east": "east-dn1", "west": "west-dn1"},)),
    "owner_map": pair.OwnersMapped(({"east": "etl ü", "west": "etl_dr"},), ({"east": "g", "west": "g dr"},)),
    "roots_owned": pair.RootsOwned("billing", (ROOT, OTHER)),
    "clusters": pair.ClustersBound({"east": "CID-1a 2b", "west": "CID-3c ü"}),
    "hold": pair.SynchronisingHeld("person", "ann ü", "the rack moves, 100 %", 1_795_226_400_123, "east"),
    "resume": pair.SynchronisingResumed(("monitor", "person"), "bob", "east is back ü"),
    "alarm": pair.AlarmSaid("site failed", "east", "east is gone, 100 % ü", "monitor", stands=False, told=True),
    "change_begun": pair.ChangeBegun("switchover", "west", "ann ü", "the rack moves, 100 %"),
    "change_given_up": pair.ChangeGivenUp("switchover", "a file stays open: ü"),
    "roots_released": pair.RootsReleased("billing", (OTHER,)),
}
SEALED = SERVICE["sealed"]
assert isinstance(SEALED, sealed.PointSealed)
JSON: Mapping[str, tuple[JsonForm[Any], Any]] = {
    "manifest": (MANIFEST, Manifest(
        {"items.parquet": StoredDocument(SHA, 12)},
        StoredPlan(
            OLD, (StoredRoot(ROOT, "s1", "s2", "t1", 2, Audit.STREAMED, waits=True, audited="s0"),
                  StoredRoot(OTHER, None, "s2", None, 1, Audit.NO, seen=Seen("5f", "6e", "7d"))),
            (((0, 0), (1, 0)), ((0, 1),)), {ROOT: Held(7, 9)},
            PlannedDeletions({"files": DeletedKind(1, 8, 0)}, ("1 of 8 files ü",)),
            PlanSummary(2, 12, 3, 4096, 1, {"files": 1}, {"park": 2, "mkdir": 0}, FIGURES,
                        audited=True, hindered=(f"{ROOT}/x",), notes=("a note ü",)),
        ),
    )),
    "verdict": (VERDICT, StoredVerdict(
        SEALED.verified, (f"{ROOT}/x: missing",), SEALED.snapshots, ("not audited ü",), SEALED.summary.sampled,
        SEALED.datasets, {"inodes.parquet": SHA}, 4, LOWERED, {ROOT: SHA[:32]},
    )),
    "note": (MARK, NoteOfStage()),
}  # fmt: skip
FILE = FileAttributes(FileKind.FILE, 5, "ü", "g h", 0o640, 2, 1024, 7, 3, True, "RS-6-3-1024k", True)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o1777, 0, 0, 8)
ITEMS = (
    Item(7, "a b", "ü=#", FILE, FILE, AclAndXattrs(("user:a:r-x",), (("user.x", b"\x00\xc3"),)), content=Content.TAIL,
         keep_bytes=1024),
    Item(8, None, "d%20", None, DIRECTORY),
    Item(9, "gone", None, FILE, None),
)  # fmt: skip
ROW = ("table", "billing", "t ü", "", "EXTERNAL_TABLE|1|2", SHA, b"\x00\x0b")
TABLES: Mapping[str, tuple[TableForm, list[tuple[object, ...]]]] = {
    "items": (forms.ITEMS, [(0, n, *row) for n, row in enumerate(item_rows(ITEMS))]),
    "shares": (forms.SHARES, [
        (0, 1, None, None, False, "0-4.1", 3, 4096, None, 0, 0),
        (0, 1, 7, 900, True, "", 0, 0, None, 0, 0),
        (0, 1, 8, None, False, "", 0, 0, SHA, 5, 2),
    ]),
    "proofs": (forms.PROOFS, [(1, 7, SHA, 5, 1024)]),
    "checksums": (forms.CHECKSUMS, [(1, 7, "MD5-of-0MD5-of-512CRC32C", "ff" * 16, ("1024", "5"))]),
    "repair-items": (forms.REPAIR_ITEMS, item_rows(ITEMS)),
    "repair-staged": (forms.REPAIR_STAGED, [(7, 900, True)]),
    "listing": (forms.LISTING, [("ü=#", 900, "f 5 ü", "7,-9")]),
    "quotas": (forms.QUOTAS, quota_rows(
        {ROOT: RootQuotas({"a b": QUOTA}, frozenset({"ü", "e%20"}), frozenset({"ü"}))})),
    "inodes": (forms.INODES, [(ROOT, "s1", "ü=#", 900, "f")]),
    "xattrs": (forms.XATTRS, xattr_rows({ROOT: {"a b": (("user.x", b"\x00\xc3"),)}})),
    "catalog": (forms.CATALOG, [ROW]),
    "drops": (forms.DROPS, [ROW[:4]]),
    "intended": (forms.INTENDED, [(ROOT, "a b", "replication", "3", "2")]),
}
BODIES: Mapping[str, Body] = {**SERVICE, **PAIR}


def entry(kind: str, n: int = 5) -> LedgerEntry:
    """The sample of a kind as an entry."""
    return LedgerEntry(n, 3, "billing ü", "2026-11-21T02:00:00.123Z", BODIES[kind], SHA, 2 if kind in SERVICE else 0)


def state_entries() -> list[LedgerEntry]:
    """Entries after which every part of a service's state says something."""
    first = [
        runs.ServiceClaimed(1, OLD, 1, None, POLICY), taken.PointTaken(
            1, OLD, 1, 0, 0.0, Proof.ATOMIC, "east", "west", {ROOT: taken.TakenRoot(SNAPSHOT, 0.0, 0.0)}, {}, ()
        ), staged.PointStaged(1, OLD, 1, 1, 1),
        sealed.PointSealed(1, OLD, None, sealed.Verified("match", 1), {ROOT: SNAPSHOT}, sealed.Retained("2", "2"),
                           sealed.NOT_SEALED.summary),
    ]  # fmt: skip
    then = ("claim", "taken", "staged", "pin", "damaged", "kept", "undoing", "root_change", "pruned")
    bodies = [*first, *(SERVICE[kind] for kind in then)]
    at = "2026-11-21T02:00:00.000Z"
    return [LedgerEntry(n, 3, "billing ü", at, body, SHA, 2) for n, body in enumerate(bodies, 1)]


def states() -> dict[str, Any]:
    """What checkpoints hold: a service's state and a pair's."""
    fences = {"east": pair.SiteFenced("east", "fenced", {ROOT: QUOTA})}
    pair_state = PairState(3, "west", "west", 40, {ROOT: "billing", OTHER: "crm ü"}, fences)
    return {"service": dump_state(reduce_service(state_entries())), "pair": dump_pair_state(pair_state)}


def contents() -> dict[str, bytes]:
    """Every fixture that has to have the same bytes, by its path below the folder of the version."""
    found = {f"ledger/{kind}.json": encode(entry(kind)) for kind in BODIES}
    for name, state in states().items():
        found[f"checkpoints/{name}.json"] = json.dumps(state, sort_keys=True, ensure_ascii=False).encode(
            errors="backslashreplace"
        )
    for name, (form, value) in JSON.items():
        found[f"documents/{name}.json"] = form.encode(value)
    return found


def packed() -> dict[str, bytes]:
    """Every table; how it is compressed may change, what it says may not."""
    from hadoop_dr.adapters.parquet import ParquetTables  # only who writes fixtures needs it

    pack = ParquetTables().pack
    return {f"documents/{name}.parquet": pack(form.columns, rows, form.stamp) for name, (form, rows) in TABLES.items()}


def write_missing() -> list[str]:
    """Writes the fixtures that are not there; gives their paths."""
    made = []
    for path, content in {**contents(), **packed()}.items():
        if not (FIXTURES / path).exists():
            (FIXTURES / path).parent.mkdir(parents=True, exist_ok=True)
            (FIXTURES / path).write_bytes(content)
            made.append(path)
    return made


if __name__ == "__main__":
    print("\n".join(write_missing()))
