"""Stage and place of one point: shards, records, catalog steps around the tree (DESIGN.md sections 4.4 and 4.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hadoop_dr.domain.errors import BaselineLost, Failed
from hadoop_dr.domain.facts import Checksum, Facts
from hadoop_dr.domain.service_state import Claim, Point, PointState
from hadoop_dr.domain.verify import SourceChecksum
from hadoop_dr.domain.work import StagedFile, StagedShard, WorkOrder
from hadoop_dr.services.backup.catalogs import Catalogs
from hadoop_dr.services.backup.close import candidate_name
from hadoop_dr.services.backup.documents import Documents
from hadoop_dr.services.backup.ground import Ground
from hadoop_dr.services.backup.planned import RootPlan, planned_roots
from hadoop_dr.services.backup.root_switch import SwitchRoots
from hadoop_dr.services.backup.what_goes import look_at_what_goes
from hadoop_dr.services.transfer.crew import side_by_side
from hadoop_dr.services.transfer.place import Place
from hadoop_dr.services.transfer.records import Records
from hadoop_dr.services.transfer.stage import Stage
from hadoop_dr.services.verify import needs_checksum, source_checksum

_SHARD = (("inode", "int64"), ("staged", "int64"), ("whole", "bool"))
_SUMS = (("inode", "int64"), ("algorithm", "string"), ("value", "string"), ("lengths", "strings"))


@dataclass(frozen=True, slots=True)
class _Share:
    """One shard of a point, by its number over all roots."""

    root: RootPlan
    number: int


class Transfer:
    """Moves one point's bytes, then changes the live tree.

    Args:
        ground: The service.
        beat: Told how much was achieved.
    """

    def __init__(self, ground: Ground, beat: Callable[[int], None]) -> None:
        self._ground, self._beat = ground, beat

    def stage(self, claim: Claim, point: Point, shard: int, try_no: int) -> dict[str, Any]:
        """Stages one shard and keeps its record; staged already, it copies nothing again.

        Returns:
            ``{"shard", "files", "bytes"}``.
        """
        documents = Documents(self._ground, point)
        roots = planned_roots(documents)
        share = _share(roots, shard)
        if point.state is PointState.STAGED:
            return {"shard": shard, "files": 0, "bytes": 0}
        order = self._order(claim, point, share.root)
        ground = self._ground
        stage = Stage(
            ground.source.namenode,
            ground.target.namenode,
            ground.mover,
            ground.target.files,
            ground.tables,
            lambda: self._still_mine(claim),
            self._beat,
        )
        staged = stage.run(order, share.root.shards[share.number], try_no, documents.directory)
        self._keep(documents, share, staged)
        return {"shard": shard, "files": staged.files_copied, "bytes": staged.bytes_copied}

    def place(self, claim: Claim, point: Point, try_no: int) -> dict[str, Any]:
        """Records that the secondary could now finish alone, then changes its tree and catalog.

        Raises:
            Failed: A shard was never staged.
        """
        if point.state is PointState.STAGED and self._is_placed(point):
            return {"parked": 0, "arrived": 0, "attributes": 0, "dropped": 0}
        documents = Documents(self._ground, point)
        roots = planned_roots(documents)
        catalogs = Catalogs(self._ground)
        staged = {root.index: [self._kept(documents, root, shard.number) for shard in root.shards] for root in roots}
        if point.state is PointState.TAKEN:
            self._collect_checksums(documents, roots)
            self._record_staged(claim, point, documents, staged)
        SwitchRoots(self._ground, self._beat).run(claim, documents, roots)
        look_at_what_goes(self._ground, claim, point, documents, roots, staged)
        catalogs.drop(point, documents, lambda: self._still_mine(claim))
        place = Place(
            self._ground.target.namenode, self._ground.local_mover, lambda: self._still_mine(claim), self._beat
        )
        placed = [place.run(self._order(claim, point, root), staged[root.index], try_no) for root in roots]
        catalogs.create(point, documents, lambda: self._still_mine(claim))
        site = self._ground.target.name
        self._ground.ledger.notes += [
            f"{site}:{path} is no work area of ours: it is in no point and was left alone; move it out of there"
            for one in placed
            for path in one.strays
        ]
        return {
            "parked": sum(p.parked for p in placed),
            "arrived": sum(p.arrived for p in placed),
            "attributes": sum(p.attributes for p in placed),
            "dropped": sum(p.dropped for p in placed),
        }

    def _is_placed(self, point: Point) -> bool:
        """Whether every root has its candidate snapshot: it is taken only once all of place is done.

        Placing once more would do no harm to the tree, but the snapshot would no longer be of the live inodes' names.
        """
        name = candidate_name(self._ground, point)
        namenode = self._ground.target.namenode
        return all(any(s.name == name for s in namenode.snapshots(root)) for root in point.taken["roots"])

    def proofs(self, documents: Documents, index: int) -> dict[int, StagedFile]:
        """Gives the digest of every file staged for a root, by source inode id.

        Args:
            documents: Those of the point.
            index: The root's number in the plan.
        """
        found: dict[int, StagedFile] = {}
        files, staged = self._ground.target.files, f"{documents.directory}/staged"
        for shard in files.names(staged):
            if shard.startswith(f"{index}-"):
                found |= Records(files, self._ground.tables, f"{staged}/{shard}", self._beat).read()
        return found

    def staged(self, documents: Documents, root: RootPlan) -> tuple[dict[int, int], frozenset[int]]:
        """Gives the inodes on the target of what was staged by itself, and which tails were staged whole."""
        every = [self._kept(documents, root, shard.number) for shard in root.shards]
        units = {inode: there for shard in every for inode, there in shard.units.items()}
        return units, frozenset(inode for shard in every for inode in shard.whole)

    def checksums(self, documents: Documents, root: RootPlan) -> dict[int, SourceChecksum]:
        """Gives the source's checksums of a root's large files and tails."""
        rows = documents.read_loose(f"checksums-{root.index}.parquet")
        return {
            cast(int, inode): SourceChecksum(
                Checksum(cast(str, algorithm), cast(str, value)),
                tuple(int(length) for length in cast(list[str], lengths)),
            )
            for inode, algorithm, value, lengths in rows or []
        }

    def _order(self, claim: Claim, point: Point, root: RootPlan) -> WorkOrder:
        top = next((item.now for item in root.items if item.new == ""), None)
        return WorkOrder(
            root.index,
            root.root,
            root.root,
            root.newer,
            root.base,
            {i.inode: i for i in root.items},
            root.plan,
            top or self._root_facts(root),
            self._ground.policy.service,
            claim.epoch,
            claim.n,
        )

    def _root_facts(self, root: RootPlan) -> Facts:
        """Nothing in the root was touched; its own attributes are then those the target had before the run."""
        path = root.root if root.base is None else f"{root.root}/.snapshot/{root.base}"
        return self._ground.target.namenode.status(path).facts

    def _still_mine(self, claim: Claim) -> None:
        self._ground.ledger.require(claim)

    def _keep(self, documents: Documents, share: _Share, staged: StagedShard) -> None:
        rows = [(inode, there, inode in staged.whole) for inode, there in staged.units.items()]
        name = f"shards/{share.root.index}-{share.number}"
        documents.write_loose(f"{name}.parquet", _SHARD, rows)
        documents.put_json(
            f"{name}.json", {"directory": staged.directory, "files": staged.files_copied, "bytes": staged.bytes_copied}
        )

    def _kept(self, documents: Documents, root: RootPlan, number: int) -> StagedShard:
        name = f"shards/{root.index}-{number}"
        head, rows = documents.get_json(f"{name}.json"), documents.read_loose(f"{name}.parquet")
        if head is None or rows is None:
            raise Failed(root.root, f"shard {number} was never staged", "Run the stage task of that shard again.")
        units = {cast(int, inode): cast(int, there) for inode, there, _ in rows}
        whole = frozenset(cast(int, inode) for inode, _, was_whole in rows if was_whole)
        return StagedShard(number, head["directory"], units, whole, {}, head["files"], head["bytes"])

    def _collect_checksums(self, documents: Documents, roots: Sequence[RootPlan]) -> None:
        """While the source is there: sums of what is too large to read back, so that proof needs only the target."""
        for root in roots:
            base = f"{root.root}/.snapshot/{root.newer}"
            items = [item for item in root.items if needs_checksum(item)]
            sums = side_by_side(
                lambda item, base=base: source_checksum(self._ground.source.namenode, f"{base}/{item.new}"),  # type: ignore[misc]
                items,
            )
            rows: list[tuple[object, ...]] = []
            for item, found in zip(items, sums, strict=True):
                lengths = [str(length) for length in found.block_lengths]
                rows.append((item.inode, found.checksum.algorithm, found.checksum.value, lengths))
                self._beat(1)
            documents.write_loose(f"checksums-{root.index}.parquet", _SUMS, rows)

    def _record_staged(
        self, claim: Claim, point: Point, documents: Documents, staged: dict[int, list[StagedShard]]
    ) -> None:
        manifest = documents.manifest()
        if manifest is None:
            raise BaselineLost(documents.directory, "the point has no plan", "Run its plan stage first.")
        every = [shard for shards in staged.values() for shard in shards]
        self._ground.ledger.append_mine(
            claim,
            "staged",
            {
                "point": point.point,
                "entries": manifest["summary"]["entries"],
                "files": sum(shard.files_copied for shard in every),
                "bytes": sum(shard.bytes_copied for shard in every),
                "documents": {name: kept["sha256"] for name, kept in manifest["documents"].items()},
            },
        )


def _share(roots: Sequence[RootPlan], shard: int) -> _Share:
    left = shard
    for root in roots:
        if left < len(root.shards):
            return _Share(root, left)
        left -= len(root.shards)
    raise Failed("the plan", f"there is no shard {shard}", "The number of shards comes from the plan stage.")
