"""Entries that say something of every root say its name once, and give back all that they were given."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.ledger import GENESIS, LedgerEntry, decode, encode
from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.taken import PointTaken, TakenRoot
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.domain.tree.quotas import QuotaSet
from support.entries import sealed, taken

POINT = "20261120T020000.000Z"


def names(roots: int) -> list[str]:
    """Long and hostile."""
    return [f"/warehouse/tablespace/external/hive/finance_{n // 10:04d}.db/tab ü%+_{n:05d}_fact" for n in range(roots)]


def took(roots: int) -> PointTaken:
    every = {
        root: TakenRoot(SnapshotRecord(f"dr-billing-e1-{POINT}" + "-r1" * (n == 2), 7 * n, 1_795_140_000_000 + n),
                        n / 8, n / 4, QuotaSet(n, n * 4096) if n % 10 == 3 else QuotaSet())
        for n, root in enumerate(names(roots))
    }  # fmt: skip
    protect = {"hdfs": tuple(every), "hive": ("fin*.t",)}
    return replace(taken(POINT), roots=every, declared=tuple(every), protect=protect)


def made(roots: int) -> PointSealed:
    every = {root: SnapshotRecord(f"dr-billing-e1-{POINT}", n, 1_795_140_000_000 - n)
             for n, root in enumerate(names(roots))}  # fmt: skip
    whole = sealed(POINT)
    live = {root: Held(n, n + 1) for n, root in enumerate(names(roots)) if n != 1}
    return replace(whole, snapshots=every, summary=replace(whole.summary, live=live))


def entry(body: PointTaken | PointSealed) -> LedgerEntry:
    return LedgerEntry(7, 1, "run", "2026-11-20T02:00:00.000Z", body, GENESIS, 1)


@pytest.mark.parametrize("roots", [0, 1, 25])
@pytest.mark.parametrize("of", [took, made])
def test_an_entry_gives_back_what_it_says_of_every_root(of: Any, roots: int) -> None:
    content = encode(entry(of(roots)))
    assert decode(content, "here") == entry(of(roots))
    assert encode(decode(content, "here")) == content


def test_the_entries_of_a_run_of_1500_roots_are_a_third_of_a_megabyte() -> None:
    sizes = [len(encode(entry(body))) for body in (took(1500), made(1500))]
    assert sum(sizes) < 400_000, sizes
    for body in (took(1500), made(1500)):
        content = encode(entry(body)).decode()
        assert all(content.count(name) == 1 for name in names(1500)[::100])


@pytest.mark.parametrize(
    ("of", "column"),
    [(took, ("asked_ms",)), (took, ("answered_ms",)), (made, ("files",)), (made, ("held",)),
     *((of, ("snapshots", name)) for of in (took, made) for name in ("ids", "created_ms")),
     (took, ("snapshots", "named"))],
)  # fmt: skip
def test_an_entry_of_which_a_column_ends_early_leaves_no_root_out_but_is_none(
    of: Any, column: tuple[str, ...]
) -> None:
    fields = json.loads(encode(entry(of(5))))
    at = fields["body"]
    for name in column[:-1]:
        at = at[name]
    at[column[-1]].pop()
    with pytest.raises(Protocol, match="not a ledger entry"):
        decode(json.dumps(fields).encode(), "here")


@pytest.mark.parametrize("of", [took, made])
@pytest.mark.parametrize("wrong", [{"lists": []}, {"lists": [[0, 99]]}, {"names": []}, {"snapshots": {}}])
def test_an_entry_whose_parts_do_not_fit_together_is_none(of: Any, wrong: dict[str, Any]) -> None:
    fields = json.loads(encode(entry(of(3))))
    fields["body"].update(wrong)
    with pytest.raises(Protocol, match="not a ledger entry"):
        decode(json.dumps(fields).encode(), "here")
