"""Gathering from a real NameNode: every kind of change by hostile names, and whole backups planned by it (S2.9, I9)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.plan.work_order import Placed, WorkOrder
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.services.audit.blocks import FindRefilled
from hadoop_dr.services.audit.lost import AuditRoot
from hadoop_dr.services.audit.moves import changes_with_moves
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from support.gathering import assert_same_items, gathered, plan_by_gathering, whole_backups
from support.live import LivePair
from support.trees import Mischief

pytestmark = pytest.mark.lab


class GatheringPair(LivePair):
    """The lab, with backups that are planned by gathering."""

    plan = plan_by_gathering    # type: ignore[assignment]

    def place(self, order: WorkOrder, *rest: Any, **named: Any) -> Placed:
        for inode in order.plan.pin_mtime:
            item = order.items[inode]
            assert item.was is not None
            self.target.namenode.set_times(order.live_path(item.old or ""), item.was.mtime_ms)
        return super().place(order, *rest, **named)


@pytest.fixture
def pair(lab: dict[str, Any]) -> Iterator[GatheringPair]:
    made = GatheringPair(lab, f"/t/planner/{uuid4().hex}")
    yield made
    made.wipe()
    made.close()


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_whole_backups_planned_by_gathering_arrive_attribute_by_attribute(pair: GatheringPair, seed: int) -> None:
    whole_backups(pair, seed, rounds=3, changes=25)


def test_every_kind_of_change_is_what_it_is(pair: GatheringPair) -> None:
    pair.prepare()
    namenode, writer, root = pair.source.namenode, pair.source.writer, pair.root
    for directory in ("keep", "move e%20", "gone ü", "flee", "swap 1", "swap 2", "was a dir"):
        namenode.make_directory(f"{root}/{directory}", 0o755)
    for path in ("keep/a b", "keep/touched", "keep/hidden", "keep/attr", "keep/over", "keep/was a file", "keep/grow",
                 "move e%20/f+", "gone ü/g=1", "flee/h#", "swap 1/x", "swap 2/x", "was a dir/x"):
        writer.write(f"{root}/{path}", b"s" * 2500)
    namenode.create_snapshot(root, "a")

    writer.append(f"{root}/keep/grow", b"t" * 3000)
    namenode.set_times(f"{root}/keep/touched", 1_500_000_000_000)
    namenode.truncate(f"{root}/keep/hidden", 2048)
    writer.append(f"{root}/keep/hidden", b"?" * 452)
    namenode.set_xattr(f"{root}/keep/attr", "user.k", b"\x00v")
    writer.write(f"{root}/keep/over", b"o" * 2500)
    namenode.delete(f"{root}/keep/was a file")
    namenode.make_directory(f"{root}/keep/was a file", 0o700)
    namenode.rename(f"{root}/move e%20", f"{root}/keep/moved")
    writer.write(f"{root}/keep/moved/new q?", b"n")
    namenode.rename(f"{root}/keep/moved/f+", f"{root}/keep/moved/f+2")
    namenode.delete(f"{root}/gone ü", recursive=True)
    namenode.make_directory(f"{root}/new/deep", 0o755)
    namenode.rename(f"{root}/flee/h#", f"{root}/new/deep/h#")
    namenode.delete(f"{root}/flee", recursive=True)
    for source, target in (("swap 1", "aside"), ("swap 2", "swap 1"), ("aside", "swap 2")):
        namenode.rename(f"{root}/{source}", f"{root}/{target}")
    namenode.delete(f"{root}/was a dir", recursive=True)
    writer.write(f"{root}/was a dir", b"f")
    namenode.create_snapshot(root, "b")

    same, whole, tail = Content.SAME, Content.WHOLE, Content.TAIL
    wanted = {
        "keep/grow": ("keep/grow", tail, 2048), "keep/attr": ("keep/attr", same, 0), "keep/over": (None, whole, 0),
        "keep/was a file": (None, whole, 0), "keep/moved": ("move e%20", same, 0),
        "keep/moved/new q?": (None, whole, 0), "keep/moved/f+2": ("move e%20/f+", same, 0), "new": (None, whole, 0),
        "new/deep": (None, whole, 0), "new/deep/h#": ("flee/h#", same, 0), "swap 1": ("swap 2", same, 0),
        "swap 2": ("swap 1", same, 0), "was a dir": (None, whole, 0),
    }
    hidden = {"keep/touched": ("keep/touched", same, 0), "keep/hidden": ("keep/hidden", tail, 2048)}
    gone = {"keep/over", "keep/was a file", "gone ü", "gone ü/g=1", "flee", "was a dir", "was a dir/x"}
    for audit in (False, True):
        gather = ReadChanges(namenode)
        items = gather.items(root, "a", "b", audit=audit)
        moving = {item.new: (item.old, item.content, item.keep_bytes) for item in items
                  if item.new is not None and not (item.is_dir and item.old == item.new)}
        # The time and the rewrite lie in a directory that is listed anyway, so no audit is needed to see them here.
        assert moving == wanted | hidden
        assert {item.old for item in items if item.new is None} == gone
        assert {item.new for item in items if item.is_dir and item.old == item.new} == {"", "keep"}
        assert bool(gather.notes) is audit


def test_a_refill_whose_time_was_put_back_is_found_by_its_blocks(pair: GatheringPair) -> None:
    """Neither the diff nor a listing shows it, and its directory did not change."""
    pair.prepare()
    namenode, writer, root = pair.source.namenode, pair.source.writer, pair.root
    paths = [f"e%20 ü/{name}" for name in ("a b", "plus+", "hash#", "quiet")]
    for path in paths:
        writer.write(f"{root}/{path}", b"s" * 2500)
    namenode.create_snapshot(root, "a")
    for path in paths[:3]:
        time_ms = namenode.status(f"{root}/{path}").facts.mtime_ms
        namenode.truncate(f"{root}/{path}", 2048)
        writer.append(f"{root}/{path}", b"?" * 452)
        namenode.set_times(f"{root}/{path}", time_ms)
    namenode.create_snapshot(root, "b")
    gather = ReadChanges(namenode)
    items = {item.new: item for item in gather.items(root, "a", "b", audit=True) if not item.is_dir}
    found = {new: (item.content, item.keep_bytes) for new, item in items.items()}
    assert found == dict.fromkeys(paths[:3], (Content.TAIL, 2048))
    assert gather.notes[-1].startswith(f"{root}: 3 files have other blocks")


def test_a_large_root_s_refills_since_its_last_audit_are_named_wherever_they_moved(pair: GatheringPair) -> None:
    """As the daily audit looks for them: two streams of block ids beside each other, and checksums of what differs."""
    pair.prepare()
    source, target, root = pair.source.namenode, pair.target.namenode, pair.root
    paths = ["a/x", "a b", "a+", "ü", "e%20 ü/plus+", "e%20 ü/z#", "grown", "字 quiet", "goes/in ü/f+", "goes/g"]
    for path in paths:
        pair.source.writer.write(f"{root}/{path}", b"s" * 2500)
    pair.backup("audited")
    for path in ("a b", "e%20 ü/plus+", "goes/in ü/f+", "goes/g"):
        time_ms = source.status(f"{root}/{path}").facts.mtime_ms
        source.truncate(f"{root}/{path}", 2048)
        pair.source.writer.append(f"{root}/{path}", b"?" * 452)
        source.set_times(f"{root}/{path}", time_ms)
    pair.source.writer.append(f"{root}/grown", b"t" * 1500)
    for namenode in (source, target):
        namenode.rename(f"{root}/e%20 ü", f"{root}/moved 字")
        namenode.rename(f"{root}/goes/in ü", f"{root}/came out")
        namenode.rename(f"{root}/goes/g", f"{root}/came out %")
        namenode.delete(f"{root}/goes", recursive=True)
        namenode.create_snapshot(root, "now")
    since = partial(changes_with_moves, source, root, "audited", "now")
    verdict = FindRefilled(source, target, lambda _: None).run(root, "audited", "now", "now", since, {"grown"})
    assert (verdict.match, verdict.cannot_tell) == (0, [])
    named = ["a b", "came out %", "came out/f+", "moved 字/plus+"]
    assert sorted(one.subject for one in verdict.mismatch) == [f"{root}/{path}" for path in named]
    there = FindRefilled(source, source, lambda _: None).run(root, "audited", "now", "now", since)
    assert (there.match, there.mismatch, there.cannot_tell) == (5, [], []), "what grew is compared, too"


def test_a_file_moved_in_after_the_moment_is_no_difference_to_the_audit(pair: GatheringPair) -> None:
    """It gives its directory its own time, in the newest snapshot too, and that time may lie before the moment."""
    pair.prepare()
    source, root = pair.source.namenode, pair.root
    for path in ("ü dir/old", "e%20/young"):
        pair.source.writer.write(f"{root}/{path}", b"s")
    source.set_times(f"{root}/ü dir", 1_600_000_000_000)
    source.set_times(f"{root}/e%20/young", 1_600_000_000_500)
    pair.backup("now")
    source.rename(f"{root}/e%20/young", f"{root}/ü dir/young")
    assert source.status(f"{root}/.snapshot/now/ü dir").facts.mtime_ms == 1_600_000_000_500
    verdict = AuditRoot(source, root, "now", lambda _: None).streamed(pair.target.namenode, "now")
    assert (verdict.mismatch, verdict.cannot_tell) == ([], [])
    assert verdict.match == 4


def test_a_deleted_snapshot_is_a_lost_baseline(pair: GatheringPair) -> None:
    pair.prepare()
    for name in ("a", "b"):
        pair.source.namenode.create_snapshot(pair.root, name)
    pair.source.namenode.delete_snapshot(pair.root, "a")
    with pytest.raises(BaselineLost, match=r"/\.snapshot/a: no such snapshot"):
        gathered(pair.source, pair.root, "a", "b", audit=False)


def test_a_snapshot_ruined_by_a_cut_outside_its_root_names_the_file(pair: GatheringPair) -> None:
    """Whoever moves a file out of the root and cuts it there takes the snapshot's bytes with it."""
    pair.prepare()
    namenode, writer, root = pair.source.namenode, pair.source.writer, pair.root
    writer.write(f"{root}/r u", b"s" * 5000)
    namenode.create_snapshot(root, "a")
    namenode.rename(f"{root}/r u", f"{pair.folder}/outside")
    namenode.truncate(f"{pair.folder}/outside", 1024)
    namenode.rename(f"{pair.folder}/outside", f"{root}/r u")
    namenode.create_snapshot(root, "b")
    with pytest.raises(BaselineLost, match=r"/\.snapshot/[ab]/r u: "):
        gathered(pair.source, root, "a", "b", audit=False)


def test_undo_reads_the_difference_backwards(pair: GatheringPair) -> None:
    pair.prepare()
    mischief = Mischief(pair.source.namenode, pair.source.writer, pair.root, 7)
    mischief.run(25)
    pair.source.namenode.create_snapshot(pair.root, "a")
    mischief.run(25)
    pair.source.namenode.create_snapshot(pair.root, "b")
    assert_same_items(pair.source, pair.root, "b", "a")
