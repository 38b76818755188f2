"""Which HDFS cluster a site is, as the ledger of the pair knows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.ledger import GENESIS, LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import ClustersBound
from hadoop_dr.domain.ledger.entry_text import entry_text
from hadoop_dr.domain.roles.clusters import other_clusters
from hadoop_dr.domain.state.pair_state import dump_pair_state, load_pair_state, reduce_pair

BOTH = {"east ü": "CID-1", "west": "CID-2"}


def bound(n: int, clusters: dict[str, str]) -> LedgerEntry:
    return LedgerEntry(n, 1, "r", "", ClustersBound(clusters), GENESIS, 0)


def test_a_later_entry_replaces_the_cluster_of_the_site_it_names_and_a_checkpoint_keeps_them() -> None:
    state = reduce_pair([bound(1, BOUND := dict(BOTH))])
    assert state.clusters == BOUND
    later = reduce_pair([bound(2, {"west": "CID-3"})], state)
    assert later.clusters == {"east ü": "CID-1", "west": "CID-3"}
    assert load_pair_state(dump_pair_state(later)) == later
    assert "clusters" not in dump_pair_state(replace(later, clusters={}))


@pytest.mark.parametrize("answering", [BOTH, {"west": "CID-2"}, {}], ids=["both", "one silent", "both silent"])
@pytest.mark.parametrize("recorded", [BOTH, {}, {"west": "CID-2"}], ids=["known", "none known", "one known"])
def test_a_site_that_is_silent_or_not_recorded_or_the_known_cluster_is_no_reason_to_refuse(
    recorded: dict[str, str], answering: dict[str, str]
) -> None:
    assert other_clusters("a-b", "a b.yaml", recorded, answering) == []


def test_each_site_that_answers_as_another_cluster_is_named_with_both_ids_file_and_remedy() -> None:
    found = other_clusters("a-b", "a b %.yaml", BOTH, {"east ü": "CID-2", "west": "CID-1"})
    assert [one.detail for one in found] == [
        f"{site} answers as cluster {has}, the ledger knows it as {known}: the addresses in a b %.yaml are exchanged, "
        "or the cluster was formatted anew"
        for site, has, known in (("east ü", "CID-2", "CID-1"), ("west", "CID-1", "CID-2"))
    ]
    assert {(one.name, one.mark.value) for one in found} == {("clusters", "fail")}
    assert found[1].remedy.endswith("for a cluster that was made anew: hadoop-dr identity a-b --new-cluster west.")


def test_the_ledger_says_in_words_which_cluster_a_site_is() -> None:
    assert entry_text(bound(1, {"west": "CID-2", "east ü": "CID-1"})) == (
        "east ü is HDFS cluster CID-1, west is HDFS cluster CID-2"
    )
