"""What counts as too small, and with which figures it is said (fault 18)."""

from __future__ import annotations

from hadoop_dr.domain.check_results import fail
from hadoop_dr.domain.preflight.free_space import limiting_paths, narrow_quotas, shortages
from hadoop_dr.domain.tree.file_attributes import Quota


def quota(space: int, used: int) -> Quota:
    return Quota(-1, space, 1, used)


def test_the_quotas_of_the_roots_and_of_all_above_them_count() -> None:
    assert limiting_paths(["/data/a b/ü", "/data/x"], 1000) == ["/data", "/data/a b", "/data/a b/ü", "/data/x"]


def test_a_quota_above_several_roots_has_to_hold_what_all_of_them_need() -> None:
    needed = {"/data/a": 60, "/data/b+": 50, "/other": 5}
    [short] = shortages("west", needed, {"/data": quota(1000, 900), "/data/a": quota(100, 40)}, 1 << 40, {})
    assert short == fail(
        "space", "west:/data has a space quota of 1000 bytes with 900 used, 110 more are needed",
        "Raise it: hdfs dfsadmin -setSpaceQuota ... /data",
    )  # fmt: skip
    assert shortages("west", needed, {"/data": quota(1000, 890), "/elsewhere": quota(1, 1)}, 115, {}) == []


def test_directories_without_a_quota_and_roots_that_need_nothing_are_no_shortage() -> None:
    assert shortages("west", {"/data/a": 60}, {"/data/a": quota(-1, 900)}, 60, {}) == []
    assert shortages("west", {"/data/a": 0}, {"/data/a": quota(1, 9)}, 0, {}) == []


def test_each_directory_that_is_too_small_is_named_for_a_shell_and_the_cluster_beside_them() -> None:
    quotas = {"/data/b ü%": quota(0, 0), "/data": quota(9, 0)}
    told = shortages("west", {"/data/b ü%": 10}, quotas, 9, {})
    assert [one.detail.partition(" has ")[0] for one in told] == ["west:/data", "west:/data/b ü%", "west"]
    assert told[1].remedy.endswith(" '/data/b ü%'")


def test_the_cluster_has_to_hold_the_sum() -> None:
    [short] = shortages("west", {"/a": 60, "/b": 50}, {}, 109, {})
    assert short == fail("space", "west has 109 bytes left, 110 are needed", "Add capacity to the cluster.")


def test_what_is_moved_counts_against_quotas_and_not_against_the_disks() -> None:
    quotas = {"/data": quota(100, 40)}
    assert shortages("west", {"/data/a": 10}, quotas, 10, {"/data/a": 50}) == []
    [short] = shortages("west", {"/data/a": 10}, quotas, 10, {"/data/a": 51})
    assert "61 more are needed, 51 of them for moved files" in short.detail


def test_a_huge_cluster_is_not_counted_through_for_quotas_above_the_roots() -> None:
    assert limiting_paths(["/data/x", "/data/a b/ü"], 5_000_001) == ["/data/a b/ü", "/data/x"]
    assert "/data" in limiting_paths(["/data/x", "/data/a b/ü"], 5_000_000)


def test_a_quota_of_the_primary_that_snapshots_may_fill_is_named_before_it_is_full() -> None:
    quotas = {"/a b": Quota(-1, 100, 9, 81), "/b": Quota(10, 100, 9, 80), "/c": Quota(-1, -1, 9, 81)}
    full = "including what snapshots hold; once it is full nobody can write there"
    assert narrow_quotas("east", {"/none left": Quota(-1, 0, 9, 5)}) == [
        f"east:/none left has used 5 of its quota of 0 bytes, {full}"]  # fmt: skip
    assert narrow_quotas("east", quotas) == [
        f"east:/a b has used 81 of its quota of 100 bytes, {full}",
        f"east:/b has used 9 of its quota of 10 names, {full}",
    ]
