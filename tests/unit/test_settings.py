"""What the files of a home mean together: names, overlaps, the acting site, the lab's addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hadoop_dr.adapters import config
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.settings import (
    acting_site,
    addresses,
    find_home,
    load_pair,
    load_policies,
    load_policy,
    pair_names,
)

SHIPPED = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of hostile name with the shipped pair and no policy."""
    root = tmp_path / "h #1 ü%20"
    (root / "include/pairs").mkdir(parents=True)
    (root / "include/policies").mkdir()
    (root / "include/pairs/east-west.yaml").write_text((SHIPPED / "include/pairs/east-west.yaml").read_text())
    return root


def policy(home: Path, file: str, *protect: str, pair: str = "east-west", service: str = "") -> None:
    lines = [f"service: {service or file}", f"pair: {pair}", "protect:", *(f"  - {line}" for line in protect)]
    (home / f"include/policies/{file}.yaml").write_text("\n".join(lines) + "\n")


def test_the_shipped_files_are_in_order() -> None:
    found = load_policies(SHIPPED)
    assert found.broken == ()
    billing = found.policies["billing"]
    assert billing.directories == ("/data/billing/landing",)
    assert billing.hive_patterns == ("billing",)
    assert billing.period_ms == 15 * 60_000
    assert billing.pair in pair_names(SHIPPED)
    assert load_pair(SHIPPED, "east-west").site_names == ("east", "west")


def test_the_nearest_parent_with_pairs_is_the_home(home: Path) -> None:
    assert find_home(home / "include/policies", {}) == home


def test_the_environment_names_the_home(home: Path, tmp_path: Path) -> None:
    assert find_home(tmp_path, {"HADOOP_DR_HOME": str(home)}) == home


def test_a_home_without_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no include/pairs in it"):
        find_home(None, {"HADOOP_DR_HOME": str(tmp_path)})


def test_a_working_directory_elsewhere_falls_back_to_the_checkout(tmp_path: Path) -> None:
    assert find_home(tmp_path, {}) == SHIPPED


def test_a_broken_policy_is_out_with_its_line_and_the_others_go_on(home: Path) -> None:
    policy(home, "good", "hdfs: /data/good")
    policy(home, "bad", "hdfs: /data/bad")
    with (home / "include/policies/bad.yaml").open("a") as file:
        file.write("perod: 15m\n")

    found = load_policies(home)

    assert list(found.policies) == ["good"]
    assert [str(error) for error in found.broken] == [
        "include/policies/bad.yaml:5: unknown key 'perod'. Did you mean 'period'?"
    ]
    with pytest.raises(BadInput, match=r"bad\.yaml:5: unknown key"):
        load_policy(home, "bad")
    assert load_policy(home, "good").service == "good"


def test_overlapping_services_are_out_and_both_files_are_named(home: Path) -> None:
    policy(home, "billing", "hdfs: /data/a b", "hdfs: /data/z")
    policy(home, "ledger", "hdfs: /data/a b/c=1")
    policy(home, "other", "hdfs: /data/a bc")

    found = load_policies(home)

    assert list(found.policies) == ["other"]
    billing, ledger = map(str, found.broken)
    assert billing == (
        "include/policies/billing.yaml:4: 'hdfs: /data/a b' overlaps 'hdfs: /data/a b/c=1' of the service 'ledger' "
        "(include/policies/ledger.yaml:4). Protect it in one of the two services"
    )
    assert ledger.startswith("include/policies/ledger.yaml:4: ")
    assert "include/policies/billing.yaml:4" in ledger


def test_services_of_two_pairs_do_not_overlap(home: Path) -> None:
    policy(home, "one", "hdfs: /data/a", "hive: billing")
    policy(home, "two", "hdfs: /data/a", "hive: billing", pair="north-south")
    assert load_policies(home).broken == ()


def test_two_services_with_one_table_are_out(home: Path) -> None:
    policy(home, "one", "hive: billing.inv*")
    policy(home, "two", "hive: bill*.*oices")
    policy(home, "three", "hive: billing.orders")
    assert sorted(load_policies(home).policies) == ["three"]


def test_one_service_in_two_files_is_out(home: Path) -> None:
    policy(home, "one", "hdfs: /data/a", service="billing")
    policy(home, "two", "hdfs: /data/b", service="billing")
    found = load_policies(home)
    assert not found.policies
    assert "is in include/policies/two.yaml too" in str(found.broken[0])
    assert "is in include/policies/one.yaml too" in str(found.broken[1])


def test_an_unknown_service_is_answered_with_the_known_ones(home: Path) -> None:
    policy(home, "billing", "hdfs: /data/a")
    with pytest.raises(BadInput, match=r"no file in include/policies describes it\. Known: billing$"):
        load_policy(home, "billings")


def test_a_broken_file_of_another_name_is_not_hidden_from_who_asks_for_an_unknown_service(home: Path) -> None:
    (home / "include/policies/x.yaml").write_text("service: [")
    with pytest.raises(BadInput, match=r"not readable: include/policies/x\.yaml:\d+: is not YAML"):
        load_policy(home, "billing")


def test_an_unknown_pair_is_answered_with_the_known_ones(home: Path) -> None:
    with pytest.raises(BadInput, match="Known: east-west"):
        load_pair(home, "west-east")


def test_one_pair_in_two_files_is_refused(home: Path) -> None:
    shipped = home / "include/pairs/east-west.yaml"
    shipped.with_name("z.yaml").write_text(shipped.read_text())
    with pytest.raises(BadInput, match=r"z\.yaml: the pair 'east-west' is in include/pairs/east-west\.yaml too"):
        load_pair(home, "east-west")


def test_the_acting_site_is_one_of_the_pair_or_nobody(home: Path) -> None:
    pair = load_pair(home, "east-west")
    assert acting_site(pair, {"HADOOP_DR_SITE": "west"}) == "west"
    assert acting_site(pair, {"HADOOP_DR_SITE": ""}) is None
    with pytest.raises(BadInput, match="HADOOP_DR_SITE=north"):
        acting_site(pair, {"HADOOP_DR_SITE": "north"})


def test_other_site_is_the_partner(home: Path) -> None:
    pair = load_pair(home, "east-west")
    assert pair.other("east").name == "west"
    assert pair.other("west").name == "east"
    with pytest.raises(BadInput, match="Its sites are east and west"):
        pair.other("north")


def test_addresses_of_the_lab_come_from_its_state(home: Path) -> None:
    state = {
        "hdfs": "hdfs://127.0.0.1:1", "namenodes": ["127.0.0.1:1"], "webhdfs": ["http://127.0.0.1:2"],
        "zookeeper": "127.0.0.1:3", "nameservice": None, "metastore": "thrift://127.0.0.1:4", "hiveserver2": None,
    }  # fmt: skip
    (home / ".lab").mkdir()
    (home / ".lab/state.json").write_text(json.dumps({"sites": {"east": state}}))
    pair = load_pair(home, "east-west")

    found = addresses(home, pair.site("east"))

    assert found.hdfs == state["hdfs"]
    assert found.hive == ("thrift://127.0.0.1:4",)
    with pytest.raises(
        BadInput, match=r"does not hold the addresses of the lab's site 'west'. Start it with: hadoop-dr lab up"
    ):
        addresses(home, pair.site("west"))


def test_a_lab_that_was_never_started_is_one_clear_error_and_only_when_addresses_are_needed(home: Path) -> None:
    pair = load_pair(home, "east-west")
    with pytest.raises(BadInput) as refused:
        addresses(home, pair.site("east"))
    assert str(refused.value) == (
        "site 'east': its addresses come from the lab, and there is no .lab/state.json. Start it with: hadoop-dr lab up"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "f.yaml: is empty"),
        (b"# only a comment\n", "f.yaml: is empty"),
        (b"a: 1\nb: \xff\n", "f.yaml:2: is not UTF-8"),
        (b"a: \x00", "f.yaml: is not YAML"),
        (b"a: 1\n" * 60_000, "f.yaml: is larger than 256 KiB"),
        (b"[" * 100_000, "f.yaml:1: is nested deeper than 16 levels"),
        (b"%YAML 1.1\n%YAML 1.1\n---\n", "f.yaml:2: is not YAML"),
    ],
    ids=["empty", "comment", "latin", "nul", "large", "deep", "directives"],
)
def test_a_file_that_is_no_small_plain_document_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        config.parse(content, "f.yaml")
    assert str(refused.value).startswith(said)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").mkdir()
    with pytest.raises(BadInput, match=r"include/policies/f.yaml: cannot be read \(Is a directory\)"):
        config.load(tmp_path / "f.yaml", "include/policies/f.yaml")
