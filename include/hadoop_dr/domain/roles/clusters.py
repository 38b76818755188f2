"""Which HDFS cluster a site is: its name stands in files that people edit, so the ledger of the pair knows the ids."""

from __future__ import annotations

from collections.abc import Mapping

from hadoop_dr.domain.check_results import Result, fail


def other_clusters(pair: str, file: str, recorded: Mapping[str, str], answering: Mapping[str, str]) -> list[Result]:
    """Says which sites answer as another cluster than the pair's ledger knows; one that is not recorded may be any.

    Args:
        pair: Name of the pair.
        file: Where its addresses stand.
        recorded, answering: Cluster ids by site.
    """
    return [
        fail(
            "clusters",
            f"{site} answers as cluster {found}, the ledger knows it as {recorded[site]}: the addresses in {file} are "
            "exchanged, or the cluster was formatted anew",
            f"Correct the addresses; for a cluster that was made anew: hadoop-dr identity {pair} --new-cluster {site}.",
        )
        for site, found in answering.items()
        if recorded.get(site, found) != found
    ]
