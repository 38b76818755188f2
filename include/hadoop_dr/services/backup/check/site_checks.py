"""Checks of both sites before a run: health, clocks, epoch, roots, settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hadoop_dr.domain.check_results import Result, fail, guarded, ok, warn
from hadoop_dr.domain.preflight.free_space import limiting_paths, narrow_quotas, runs_full
from hadoop_dr.domain.roles.clusters import other_clusters
from hadoop_dr.domain.roles.identity import Role, decode_identity, identity_path
from hadoop_dr.domain.roots.change import nesting
from hadoop_dr.domain.roots.decision import nestings
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.inventory import looked_through
from hadoop_dr.ports.namenode import Service
from hadoop_dr.services.backup.check.snapshot_room import check_snapshots
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.datasets.component import Scope
from hadoop_dr.services.datasets.components import Components
from hadoop_dr.services.inventory import facts_of, quota_of
from hadoop_dr.services.pool import map_bounded

_OPEN_FILES = "dfs.namenode.snapshot.capture.openfiles"
_ORDERED = "dfs.namenode.snapshot.deletion.ordered"

_EXACT = 0.02
"""Part of the limit that a clock's offset is told to, if the line allows that."""


class SiteChecks:
    """Checks whether both sites let a run begin. Leaves nothing behind: it removes what it reads the clocks from.

    Args:
        context: The service.
        components: What it has of each kind of data sets.
    """

    def __init__(self, context: BackupContext, components: Components) -> None:
        self._context, self._components = context, components
        self._services: dict[str, Service] = {}

    def sites(self, *, versions: bool = False) -> list[Result]:
        """Looks whether both sites can be worked with at all; if not, nothing else need be asked of them.

        Args:
            versions: Name their versions, too.
        """
        return [*self._on_both(lambda side: self._site(side, versions=versions)), *self._clusters()]

    def run(self, scope: Scope) -> list[Result]:
        """Runs every check of sites that can be worked with; one that cannot be carried out has failed."""
        results = guarded("epoch", self._epoch)
        results += guarded("controller", self._controller)
        results += self._on_both(lambda side: [
            *check_clock(self._context, side),
            *guarded("roots", lambda: self._roots(side, scope)),
            *guarded("snapshots", lambda: self._snapshots(side, scope)),
        ])
        results += guarded("open files", self._open_files)
        if (asked := self._services.get(self._context.destination.name)) is not None:
            scope = replace(scope, remaining_bytes=asked.remaining_bytes)
        return [*results, *self._components.check(scope)]

    def roots(self, scope: Scope) -> list[Result]:
        """Looks only whether the roots can have snapshots on both sites."""
        return self._on_both(lambda side: guarded("roots", lambda: self._roots(side, scope)))

    def _on_both(self, look: Callable[[SiteConnections], Sequence[Result]]) -> list[Result]:
        """Looks at both sites side by side; one that is far away is waited for once."""
        sides = (self._context.origin, self._context.destination)
        return [result for results in map_bounded(look, sides) for result in results]

    def _service(self, side: SiteConnections) -> Service:
        """Returns what a NameNode says of itself, asked once in a look."""
        if side.name not in self._services:
            self._services[side.name] = side.namenode.service()
        return self._services[side.name]

    def _site(self, side: SiteConnections, *, versions: bool) -> list[Result]:
        def look() -> Iterator[Result]:
            if side.name in self._context.process.silent:  # asked a moment ago; nobody shall wait for that twice
                raise self._context.process.silent[side.name]
            service = self._service(side)
            if service.safe_mode:
                yield fail(
                    "namenode", f"{side.name} is in safe mode: {service.safe_mode}", "Wait for it to leave safe mode."
                )
            elif service.live_datanodes == 0:
                yield fail("namenode", f"{side.name} has no live DataNode", "Start its DataNodes.")
            else:
                version = f", {side.namenode.version()}" if versions else ""
                yield ok("namenode", f"{side.name} serves, {service.live_datanodes} DataNodes{version}")
            if not side.namenode.may_administer():
                yield fail(
                    "rights",
                    f"{side.name}: the acting user is not a superuser of HDFS",
                    "Snapshots, owners and quotas need one: act as hdfs, or join dfs.permissions.superusergroup.",
                )

        return guarded("namenode", look)

    def _clusters(self) -> list[Result]:
        """Of the sites that answered: nothing is read or written where a site's name means another cluster."""
        pair, ids = self._context.pair, {name: found.cluster_id for name, found in self._services.items()}
        file = pair.file or "the pair file"
        if len(ids) > len(set(ids.values())):
            same = f"{' and '.join(ids)} are the same HDFS cluster ({next(iter(ids.values()))})"
            return [fail("clusters", same, f"Correct the addresses in {file}.")]
        others = other_clusters(pair.name, file, self._context.roles.clusters, ids)
        return others or ([ok("clusters", "two different HDFS clusters")] if len(ids) > 1 else [])

    def _epoch(self) -> Iterator[Result]:
        roles = self._context.roles
        wanted = {self._context.origin.name: Role.PRIMARY, self._context.destination.name: Role.SECONDARY}
        for side in (self._context.origin, self._context.destination):
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
        mine = context.process.controller_site
        acts = context.destination.name if context.policy.transfer.value == "pull" else context.origin.name
        if mine and mine != acts:
            yield fail(
                "controller",
                f"this controller stands at {mine}; transfer {context.policy.transfer.value} "
                f"is carried out by the one at {acts}",
                "Run it there, or unset HADOOP_DR_SITE for one controller of both.",
            )
        else:
            yield ok("controller", f"this controller may act ({context.policy.transfer.value})")

    def _snapshots(self, side: SiteConnections, scope: Scope) -> Iterator[Result]:
        service = self._service(side)
        yield from check_snapshots(side, service, len(scope.roots))
        if side is self._context.origin:
            yield from runs_full(side.name, service.remaining_bytes, service.capacity_bytes)

    def _roots(self, side: SiteConnections, scope: Scope) -> Iterator[Result]:
        snapshottable = set(side.namenode.snapshottable())
        stay = snapshottable.difference(scope.giving_way.get(side.name, ()))
        nested = nestings((root for root in scope.roots if root not in snapshottable), stay)
        unknown = [root for root in scope.roots if root not in nested and root not in snapshottable]
        found = dict(zip(unknown, map_bounded(lambda root: facts_of(side.namenode, root), unknown), strict=True))
        for root in scope.roots:
            if root in nested:
                yield nesting(side.name, root, nested[root], scope.held)
            elif root in snapshottable:  # so it is a directory
                continue
            elif (facts := found[root]) is not None and not facts.is_dir:
                yield fail("roots", f"{side.name}:{root} is not a directory", "Name the directory that holds it.")
            elif facts is None and side is self._context.origin:
                yield fail("roots", f"{side.name}:{root} does not exist", "Create it, or remove it from the policy.")

    def _open_files(self) -> Iterator[Result]:
        settings = self._context.origin.namenode.settings(_OPEN_FILES)
        if settings.get(_OPEN_FILES) == "true":
            yield ok("open files", "snapshots freeze the length of open files")
        else:
            yield fail(
                "open files",
                f"{self._context.origin.name}: {_OPEN_FILES} is not true, "
                "so a file that is open at the moment keeps growing inside its snapshot",
                f"Set {_OPEN_FILES}=true in hdfs-site.xml of the NameNodes and restart them.",
            )


def look_at_quotas(context: BackupContext, roots: Sequence[str], newest: Point | None) -> list[Result]:
    """Says which quotas of the origin, of roots and above them, are nearly used up.

    A NameNode counts all that lies below a directory without a quota to answer, and a check may be made often: so roots
    that are known to be large are not asked about. A run knows their quotas, and its point warns.

    Args:
        newest: The newest sealed point, which tells how many names each root has.
    """
    namenode = context.origin.namenode
    names = {root: held.names for root in roots if newest and (held := newest.held(root)) is not None}
    large = set(names) - looked_through(names, context.policy.audit_entries)
    paths = limiting_paths([root for root in roots if root not in large], namenode.room().names)
    asked = zip(paths, map_bounded(lambda path: quota_of(namenode, path), paths), strict=True)
    quotas = {path: quota for path, quota in asked if quota is not None}
    remedy = "Raise it, or keep fewer points on the primary (retention: primary): this frees what their snapshots hold."
    found = [warn("quotas", text, remedy) for text in narrow_quotas(context.origin.name, quotas)]
    if large:
        more = f" and {len(large) - 1} more" if len(large) > 1 else ""
        found.append(ok("quotas", f"{min(large)}{more}: large, so not queried; each point warns of their quotas"))
    return found


def check_clock(context: BackupContext, side: SiteConnections) -> list[Result]:
    """Compares a NameNode's clock with this controller's."""

    def look() -> Iterator[Result]:
        limit = context.policy.max_clock_offset_ms
        offset = side.namenode.clock_offset_ms(f"/.hadoop-dr/{context.pair.name}", limit * _EXACT)
        detail = f"{side.name} is {round(offset):+d} ms from this controller (limit {limit} ms)"
        remedy = f"Synchronise the clocks of {side.name} and of this controller (NTP), or raise max_clock_offset."
        yield ok("clock", detail) if abs(offset) <= limit else fail("clock", detail, remedy)

    return guarded("clock", look)


def thinning_is_safe(side: SiteConnections) -> bool:
    """Whether this NameNode may lose a snapshot from the middle: only with ordered deletion (HDFS-16972)."""
    return side.namenode.settings(_ORDERED).get(_ORDERED) == "true"
