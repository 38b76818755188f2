"""A tree is brought in below another directory than the one it comes from: what restore and drill need (S2.27)."""

from __future__ import annotations

import pytest

from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from hadoop_dr.services.verify_candidate import RootFacts, VerifyRoot
from support.trees import comparable, read_tree
from support.twin import TwinPair

ASIDE = "/restore/a b+%/ü #1"


@pytest.mark.parametrize("seed", range(6))
def test_a_snapshot_arrives_whole_below_another_directory_and_follows_its_increments_there(seed: int) -> None:
    pair = TwinPair()
    pair.live_in(seed, 14)  # the pair's own root lives beside it and is not touched
    own = comparable(read_tree(pair.target.namenode, pair.target.writer, pair.root))
    pair.target.namenode.make_directory(ASIDE, 0o755)
    pair.target.namenode.allow_snapshot(ASIDE)
    pair.sealed, kept = [], pair.sealed
    first = pair.bring_aside("aside 1", ASIDE, None)
    order = pair.bring_aside("aside 2", ASIDE, "aside 1")
    proofs = pair.records(order).of(order.index).read()
    digests = {inode: (proof.sha256, proof.length) for inode, proof in proofs.items()}
    whole = frozenset(inode for inode, proof in proofs.items() if proof.offset == 0)
    facts = RootFacts(ASIDE, "aside 2", list(order.items.values()), digests, {}, whole)
    verdict = VerifyRoot(pair.target.namenode, pair.local, lambda _: None).run(facts)
    assert verdict.mismatch == []
    assert not [line for line in verdict.cannot_tell if "no digest" in line.what]
    assert comparable(read_tree(pair.target.namenode, pair.target.writer, pair.root)) == own
    assert first.origin_root == pair.root != first.root
    assert kept == ["p 0"]


def test_what_changed_is_read_from_the_origin_and_nothing_of_the_other_directory_is_named() -> None:
    pair = TwinPair()
    pair.live_in(3, 14)
    pair.source.namenode.create_snapshot(pair.root, "now")
    items = ReadChanges(pair.source.namenode).items(pair.root, None, "now", audit=False)
    assert not any(path.startswith("/") for item in items for path in (item.old or "", item.new or ""))
