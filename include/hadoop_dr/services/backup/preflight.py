"""Looking before a run: every reason not to begin, each with the object and the mend (DESIGN.md section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from hadoop_dr.domain.catalog.housekeeping import HOUSEKEEPING_SETTINGS, check_housekeeping
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.checks import Result, fail, guarded, ok, warn
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.facts import Quota
from hadoop_dr.domain.free_space import limiting_paths, narrow_quotas, shortages
from hadoop_dr.domain.identity import Role, decode_identity, identity_path
from hadoop_dr.domain.root_change import nesting
from hadoop_dr.domain.roots import nestings
from hadoop_dr.domain.service_state import Point
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.pool import map_bounded

_OPEN_FILES = "dfs.namenode.snapshot.capture.openfiles"
_ORDERED = "dfs.namenode.snapshot.deletion.ordered"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a look is about.

    Attributes:
        roots: The directories whose snapshots would be taken.
        baseline: The point an increment would build on; None for a full run.
        held: Directories that have snapshots of the service's points.
        giving_way: Directories by site that have snapshots and will make way for the roots.
    """

    roots: Sequence[str]
    baseline: Point | None
    held: Collection[str] = ()
    giving_way: Mapping[str, Collection[str]] = field(default_factory=dict)


class Preflight:
    """Decides whether a run may begin. Leaves nothing behind: what the clocks are read from is made and removed.

    Args:
        context: The service.
        catalog: Gives the protected objects of the source's catalog.
    """

    def __init__(self, context: BackupContext, catalog: Callable[[], Iterable[Row]]) -> None:
        self._context, self._catalog = context, catalog

    def sites(self) -> list[Result]:
        """Looks whether both sites can be worked with at all; if not, nothing else need be asked of them."""
        return [result for side in (self._context.source, self._context.target) for result in self._site(side)]

    def run(self, scope: Scope) -> list[Result]:
        """Runs every check of sites that can be worked with; one that cannot be carried out has failed."""
        context, results = self._context, list[Result]()
        results += guarded("clusters", self._clusters)
        results += guarded("epoch", self._epoch)
        results += guarded("controller", self._controller)
        for side in (context.source, context.target):
            results += guarded("clock", lambda side=side: self._clock(side))  # type: ignore[misc]
            results += guarded("roots", lambda side=side: self._roots(side, scope))  # type: ignore[misc]
        results += guarded("open files", self._open_files)
        results += guarded("metastore", self._metastores)
        results += guarded("metastore upkeep", self._housekeeping)
        results += guarded("space", lambda: self._space(scope))
        return results

    def roots(self, scope: Scope) -> list[Result]:
        """Looks only whether the roots can have snapshots on both sites."""
        sides = (self._context.source, self._context.target)
        return [result for side in sides for result in guarded("roots", partial(self._roots, side, scope))]

    def _site(self, side: SiteConnections) -> list[Result]:
        def look() -> Iterator[Result]:
            if side.name in self._context.silent:  # asked a moment ago; nobody shall wait for that twice
                raise self._context.silent[side.name]
            service = side.namenode.service()
            if service.safe_mode:
                yield fail(
                    "namenode", f"{side.name} is in safe mode: {service.safe_mode}", "Wait for it to leave safe mode."
                )
            elif service.live_datanodes == 0:
                yield fail("namenode", f"{side.name} has no live DataNode", "Start its DataNodes.")
            else:
                yield ok("namenode", f"{side.name} serves, {service.live_datanodes} DataNodes, {service.version}")
            if not side.namenode.may_administer():
                yield fail(
                    "rights",
                    f"{side.name}: the acting user is not a superuser of HDFS",
                    "Snapshots, owners and quotas need one: act as hdfs, or join dfs.permissions.superusergroup.",
                )

        return guarded("namenode", look)

    def _clusters(self) -> Iterator[Result]:
        ids = {side.name: side.namenode.service().cluster_id for side in (self._context.source, self._context.target)}
        if len(set(ids.values())) == 1:
            yield fail(
                "clusters",
                f"{' and '.join(ids)} are the same HDFS cluster ({next(iter(ids.values()))})",
                f"Correct the addresses in {self._context.pair.file or 'the pair file'}.",
            )
        else:
            yield ok("clusters", "two different HDFS clusters")

    def _epoch(self) -> Iterator[Result]:
        roles = self._context.roles
        wanted = {self._context.source.name: Role.PRIMARY, self._context.target.name: Role.SECONDARY}
        for side in (self._context.source, self._context.target):
            path = identity_path(self._context.pair.name)
            document = side.coordinator.read(path)
            if document is None:
                yield fail(
                    "epoch",
                    f"{side.name}: ZooKeeper announces no identity at {path}",
                    f"Announce the roles of the ledger: hadoop-dr identity {self._context.pair.name} --announce.",
                )
                continue
            identity = decode_identity(document.data, f"{side.name}:{path}")
            if (identity.role, identity.epoch) == (wanted[side.name], roles.epoch):
                yield ok("epoch", f"{side.name} is {identity.role} in epoch {identity.epoch}")
            else:
                yield fail(
                    "epoch",
                    f"{side.name}: ZooKeeper says {identity.role} in epoch {identity.epoch}, "
                    f"the ledger says {wanted[side.name]} in epoch {roles.epoch}",
                    f"A change of roles is under way or failed; see: hadoop-dr identity {self._context.pair.name}",
                )

    def _controller(self) -> Iterator[Result]:
        context = self._context
        mine = context.controller_site
        acts = context.target.name if context.policy.transfer.value == "pull" else context.source.name
        if mine and mine != acts:
            yield fail(
                "controller",
                f"this controller stands at {mine}; transfer {context.policy.transfer.value} "
                f"is carried out by the one at {acts}",
                "Run it there, or unset HADOOP_DR_SITE for one controller of both.",
            )
        else:
            yield ok("controller", f"this controller may act ({context.policy.transfer.value})")

    def _clock(self, side: SiteConnections) -> Iterator[Result]:
        limit = self._context.policy.max_clock_offset_ms
        directory = f"/.hadoop-dr/{self._context.pair.name}"
        side.namenode.make_directory(directory, 0o700)
        offset = side.namenode.clock_offset_ms(directory)
        detail = f"{side.name} is {offset:+.0f} ms from this controller (limit {limit} ms)"
        yield (
            ok("clock", detail)
            if abs(offset) <= limit
            else fail(
                "clock",
                detail,
                f"Synchronise the clocks of {side.name} and of this controller (NTP), or raise max_clock_offset.",
            )
        )

    def _roots(self, side: SiteConnections, scope: Scope) -> Iterator[Result]:
        snapshottable = set(side.namenode.snapshottable())
        stay = snapshottable.difference(scope.giving_way.get(side.name, ()))
        nested = nestings((root for root in scope.roots if root not in snapshottable), stay)
        for root in scope.roots:
            if root in nested:
                yield nesting(side.name, root, nested[root], scope.held)
                continue
            try:
                if not side.namenode.status(root).facts.is_dir:
                    yield fail("roots", f"{side.name}:{root} is not a directory", "Name the directory that holds it.")
            except NotFound:
                if side is self._context.source:
                    yield fail(
                        "roots", f"{side.name}:{root} does not exist", "Create it, or take it out of the policy."
                    )

    def _open_files(self) -> Iterator[Result]:
        settings = self._context.source.namenode.settings(_OPEN_FILES)
        if settings.get(_OPEN_FILES) == "true":
            yield ok("open files", "snapshots freeze the length of open files")
        else:
            yield fail(
                "open files",
                f"{self._context.source.name}: {_OPEN_FILES} is not true, "
                "so a file open at the moment goes on growing inside its snapshot",
                f"Set {_OPEN_FILES}=true in hdfs-site.xml of the NameNodes and restart them.",
            )

    def _metastores(self) -> Iterator[Result]:
        if not self._context.policy.hive_patterns:
            return
        for side in (self._context.source, self._context.target):
            if side.metastore is None:
                yield fail(
                    "metastore",
                    f"{side.name} has no metastore, and the policy protects Hive tables",
                    f"Name it under sites.{side.name}.metastores in {self._context.pair.file or 'the pair file'}.",
                )
                continue
            problem = notification_problem(side.metastore) if side is self._context.source else None
            side.metastore.current_event()
            if problem:
                yield fail(
                    "metastore",
                    f"{side.name}: {problem}",
                    "Set metastore.transactional.event.listeners="
                    "org.apache.hive.hcatalog.listener.DbNotificationListener "
                    "and restart the metastore.",
                )
            else:
                yield ok("metastore", f"{side.name} answers")

    def _housekeeping(self) -> Iterator[Result]:
        target = self._context.target
        if self._context.policy.hive_patterns and target.metastore is not None:
            yield from check_housekeeping(
                target.name, target.metastore.settings(*HOUSEKEEPING_SETTINGS), self._catalog()
            )

    def _space(self, scope: Scope) -> Iterator[Result]:
        """What a first copy takes beyond what is there; what an increment takes is known once it is planned."""
        source, target = self._context.source.namenode, self._context.target.namenode
        needed = {
            root: max(0, _used(source, root) - _used(target, root))
            for root in scope.roots
            if scope.baseline is None or root not in scope.baseline.taken.roots
        }
        found = look_for_free_space(self._context, needed)
        yield from found
        if not found:
            yield ok("space", f"{self._context.target.name} has {target.service().remaining_bytes} bytes left")


def _used(namenode: NameNode, root: str) -> int:
    try:
        return namenode.quota(root).used_bytes
    except NotFound:  # said by the check of the roots
        return 0


_LISTENERS = ("hive.metastore.transactional.event.listeners", "metastore.transactional.event.listeners")


def notification_problem(metastore: Metastore) -> str | None:
    """Says why the events of a metastore cannot be relied on; None when its notification log is on.

    An id above zero proves it; a fresh metastore has none, and then its settings have to name the listener.
    """
    if metastore.current_event() > 0:
        return None
    settings = metastore.settings(*_LISTENERS)
    if any("DbNotificationListener" in value for value in settings.values()):
        return None
    return "the metastore keeps no notification log, so a change of the catalog at the moment could not be seen"


def look_for_free_space(
    context: BackupContext, needed: Mapping[str, int], moved: Callable[[], Mapping[str, int]] = dict
) -> list[Result]:
    """Says what is too small on the target for so many raw bytes by root.

    Args:
        moved: Gives raw bytes by root that will be moved inside it; asked only if a quota is set.
    """
    target, quotas = context.target.namenode, dict[str, Quota]()
    service = target.service()
    for path in limiting_paths(needed, service.names):
        try:
            quotas[path] = target.quota(path)
        except NotFound:
            continue
    limited = any(quota.space_bytes >= 0 for quota in quotas.values())
    return shortages(context.target.name, needed, quotas, service.remaining_bytes, moved() if limited else {})


def look_at_quotas(context: BackupContext, roots: Sequence[str]) -> list[Result]:
    """Says which quotas of the source, of roots and above them, are nearly used up."""
    namenode = context.source.namenode
    paths = limiting_paths(roots, namenode.service().names)
    asked = zip(paths, map_bounded(lambda path: _quota(namenode, path), paths), strict=True)
    quotas = {path: quota for path, quota in asked if quota is not None}
    remedy = "Raise it, or keep fewer points on the primary (retention: primary): what they hold goes with them."
    return [warn("quotas", text, remedy) for text in narrow_quotas(context.source.name, quotas)]


def _quota(namenode: NameNode, path: str) -> Quota | None:
    try:
        return namenode.quota(path)
    except NotFound:  # said by the check of the roots
        return None


def thinning_is_safe(side: SiteConnections) -> bool:
    """Whether this NameNode may lose a snapshot from the middle: only with ordered deletion (HDFS-16972)."""
    return side.namenode.settings(_ORDERED).get(_ORDERED) == "true"
