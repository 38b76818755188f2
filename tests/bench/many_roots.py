"""Homes of services of many roots."""

from __future__ import annotations

from hadoop_dr.ports.mover import MakeDirectory
from support.much_data import MuchData


def many_roots(home: MuchData, service: str, count: int, **keys: object) -> None:
    """A service of so many directories, each with a file; their snapshots may lie as far apart as they will."""
    roots = [f"{home.folder}/{service}/root {n} ü%20+" for n in range(count)]
    home.policy(service, protect=[{"hdfs": root} for root in roots], max_skew="10m", max_clock_offset="1h",
                **keys)
    home.make_directories([MakeDirectory(n, root, 0o755, True) for n, root in enumerate(roots)])
    home.some_files([f"{root}/f" for root in roots])
