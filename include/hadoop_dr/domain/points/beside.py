"""How many snapshots a service's roots have beside those of its points: what HDFS still keeps of points that are gone.

With ordered deletion HDFS only marks a snapshot as deleted while an older one stays, so its limits count many that no
list of points shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from hadoop_dr.domain.state.service_state import PointState, ServiceState


def snapshots_beside(state: ServiceState, site: str, there: Mapping[str, int]) -> int | None:
    """Counts those that belong to no point and are not kept for a person; what else somebody took counts.

    Args:
        there: How many snapshots each snapshottable directory of the site has.

    Returns:
        Their number; None while a point is under way, whose snapshots come and go.
    """
    if state.unfinished():
        return None
    names: dict[str, set[str]] = {root: set() for root in state.roots() if root in there}
    for point in state.points.values():
        if point.state is PointState.SEALED and site not in point.gone:
            for one in (*point.snapshots_on(site).values(), *point.live_on(site).values()):
                names.get(one.root, set()).add(one.name)
    for kept in state.kept:
        for root, name in kept.snapshots.items() if kept.site == site else ():
            names.get(root, set()).add(name)
    return sum(max(0, there[root] - len(known)) for root, known in names.items())


def beside_document(state: ServiceState, counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Writes it for each site that has some.

    Args:
        counts: How many snapshots each snapshottable directory has, by site.
    """
    found = {site: snapshots_beside(state, site, there) for site, there in sorted(counts.items())}
    return {site: number for site, number in found.items() if number}
