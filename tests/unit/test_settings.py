"""What the files of a home mean together: names, overlaps, the acting site, the lab's addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hadoop_dr import settings
from hadoop_dr.adapters import config
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.settings import (
    acting_site,
    addresses,
    find_home,
    load_pair,
    load_pairs,
    load_policies,
    load_policy,
    pair_names,
    problems,
    unknown_position,
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


def a_pair(home: Path, name: str, first: str = "north", second: str = "south", file: str = "") -> Path:
    path = home / f"include/pairs/{file or name}.yaml"
    sites = f"  {first}: {{lab: {first}}}\n  {second}: {{lab: {second}}}\n"
    path.write_text(f"pair: {name}\nsites:\n{sites}initial_primary: {first}\n")
    return path


def policy(home: Path, file: str, *protect: str, pair: str = "east-west", service: str = "") -> None:
    lines = [f"service: {service or file}", f"pair: {pair}", "protect:", *(f"  - {line}" for line in protect)]
    (home / f"include/policies/{file}.yaml").write_text("\n".join(lines) + "\n")


def test_the_shipped_files_are_in_order() -> None:
    found = load_policies(SHIPPED)
    assert found.broken == ()
    billing = found.policies["billing"]
    assert billing.directories == ("/data/billing/landing",)
    assert billing.hive_patterns == ("billing",)
    assert billing.period_ms == 24 * 3_600_000
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
    a_pair(home, "north-south")
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
    assert [str(error) for error in found.broken] == [
        f"include/policies/{one}.yaml: the service 'billing' is in include/policies/{other}.yaml too. "
        "Remove one of the files" for one, other in (("one", "two"), ("two", "one"))]  # fmt: skip


def test_an_unknown_service_is_answered_with_the_known_ones(home: Path) -> None:
    policy(home, "billing", "hdfs: /data/a")
    said = r"no file in include/policies describes it\. Add include/policies/[^ ]+\.yaml, or use one of: billing$"
    with pytest.raises(BadInput, match=said):
        load_policy(home, "billings")


def test_a_broken_file_of_another_name_is_not_hidden_from_who_asks_for_an_unknown_service(home: Path) -> None:
    (home / "include/policies/x.yaml").write_text("service: [")
    with pytest.raises(BadInput, match=r"not readable: include/policies/x\.yaml:\d+: is not YAML"):
        load_policy(home, "billing")


def test_an_unknown_pair_is_answered_with_the_known_ones(home: Path) -> None:
    with pytest.raises(BadInput, match="or use one of: east-west"):
        load_pair(home, "west-east")


def test_one_pair_in_two_files_counts_in_neither_and_takes_its_services_out(home: Path) -> None:
    a_pair(home, "north-south")
    shipped = home / "include/pairs/east-west.yaml"
    shipped.with_name("z #ü.yaml").write_text(shipped.read_text())
    policy(home, "billing", "hdfs: /data/a")
    policy(home, "payroll", "hdfs: /data/a", pair="north-south")

    found = load_pairs(home)

    assert list(found.pairs) == ["north-south"]
    assert [str(one.error) for one in found.out] == [
        f"include/pairs/{one}.yaml: the pair 'east-west' is in include/pairs/{other}.yaml too. Remove one of the files"
        for one, other in (("east-west", "z #ü"), ("z #ü", "east-west"))
    ]
    with pytest.raises(BadInput, match=r"the pair 'east-west' is in .* too"):
        load_pair(home, "east-west")
    assert list(load_policies(home).policies) == ["payroll"]
    [error] = load_policies(home).broken
    assert str(error).startswith("include/policies/billing.yaml:2: its pair 'east-west' is out: include/pairs/")


def test_a_broken_pair_file_is_out_with_its_line_and_takes_its_services_out_and_no_others(home: Path) -> None:
    with a_pair(home, "north-south").open("a") as file:
        file.write("initial_primry: north\n")
    policy(home, "billing", "hdfs: /data/a")
    policy(home, "payroll", "hdfs: /data/a", pair="north-south")

    assert list(load_pairs(home).pairs) == ["east-west"]
    assert list(load_policies(home).policies) == ["billing"]
    wrong = "include/pairs/north-south.yaml:6: unknown key 'initial_primry'. Did you mean 'initial_primary'?"
    assert [str(error) for error in problems(home)] == [
        wrong, f"include/policies/payroll.yaml:2: its pair 'north-south' is out: {wrong}",
    ]  # fmt: skip
    with pytest.raises(BadInput, match="its pair 'north-south' is out"):
        load_policy(home, "payroll")


def test_a_policy_whose_pair_is_in_no_file_is_out_with_the_line_that_names_it(home: Path) -> None:
    policy(home, "billing", "hdfs: /data/a", pair="east-wst")
    policy(home, "good", "hdfs: /data/b")
    found = load_policies(home)
    assert list(found.policies) == ["good"]
    assert [(str(one.error), one.name, one.pair) for one in found.out] == [
        ("include/policies/billing.yaml:2: no file in include/pairs describes the pair 'east-wst'. "
         "Add include/pairs/east-wst.yaml, or use one of: east-west",
         "billing", "east-wst"),
    ]  # fmt: skip
    (home / "include/pairs/east-west.yaml").unlink()
    a_pair(home, "broken", "north", "north")
    assert {str(one.error).partition("describes ")[2] for one in load_policies(home).out if one.name == "good"} == {
        "the pair 'east-west'. Add include/pairs/east-west.yaml"}  # fmt: skip


def test_a_file_that_is_out_is_known_by_the_service_it_names_as_far_as_it_says_so(home: Path) -> None:
    policy(home, "f1", "hdfs: relative", service="billing")
    (home / "include/policies/f2.yaml").write_text("service: [")
    (home / "include/policies/f3.yaml").write_text("- service")
    out = {one.error.subject.partition(":")[0]: (one.name, one.pair) for one in load_policies(home).out}
    assert out == {
        "include/policies/f1.yaml": ("billing", "east-west"),
        "include/policies/f2.yaml": ("f2", None),
        "include/policies/f3.yaml": ("f3", None),
    }
    with pytest.raises(BadInput, match=r"f1\.yaml:4"):
        load_policy(home, "billing")


@pytest.mark.parametrize("folder", ["pairs", "policies"])
@pytest.mark.parametrize("kind", ["loop", "file", "dangling"])
def test_a_folder_that_cannot_be_read_is_an_error_and_not_an_empty_one(home: Path, folder: str, kind: str) -> None:
    path = home / "include" / folder
    for file in path.iterdir():
        file.unlink()
    path.rmdir()
    if kind == "file":
        path.write_text("pair: x\n")
    else:
        path.symlink_to(path if kind == "loop" else home / "not there")
    said = {"loop": "cannot be read (", "file": "cannot be read (Not a directory)",
            "dangling": "is a link to a directory that is not there"}  # fmt: skip
    assert find_home(home, {}) == home
    [error] = problems(home)
    assert error.subject == f"include/{folder}"
    assert error.problem.startswith(said[kind])


def test_files_of_a_folder_below_are_not_passed_over_in_silence(home: Path) -> None:
    for below in ("team a", ".git", "lost+found"):
        (home / "include/policies" / below).mkdir()
    (home / "include/policies/team a/x.yml").write_text("")
    (home / "include/policies/.git/x.yml").write_text("")
    [error] = problems(home)
    assert str(error).startswith("include/policies/team a: is a directory with YAML files in it. Files are read from")


def test_the_letters_of_a_suffix_do_not_hide_a_file(home: Path) -> None:
    policy(home, "billing", "hdfs: /data/a")
    (home / "include/policies/billing.yaml").rename(home / "include/policies/billing.YAML")
    assert list(load_policies(home).policies) == ["billing"]


def test_a_position_at_a_site_of_no_pair_is_a_problem_and_one_at_another_pair_is_none(home: Path) -> None:
    a_pair(home, "north-south")
    pairs = load_pairs(home)
    for known in ("", "east", "south"):
        assert unknown_position(pairs, {"HADOOP_DR_SITE": known}) is None
    assert str(unknown_position(pairs, {"HADOOP_DR_SITE": "esat"})) == (
        "HADOOP_DR_SITE=esat: no pair has such a site. "
        "Set it to one of east, north, south, west, or unset it for one controller of both"
    )


def test_a_home_that_cannot_be_told_is_one_line(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="HADOOP_DR_HOME=~nobody-of-that-name: names the home of a user"):
        find_home(None, {"HADOOP_DR_HOME": "~nobody-of-that-name"})
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find_home(None, {}) == SHIPPED
    assert find_home(None, {"HADOOP_DR_HOME": str(home)}) == home


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
        "site 'east': its addresses come from the lab, and there is no .lab/state.json "
        f"in {home}. Start it with: hadoop-dr lab up"
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


def test_a_policy_that_moves_to_another_file_while_it_is_read_is_read_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(home, "old ü", "hdfs: /data/a b", service="billing")
    real, moves = settings.load_policies, [f"new {n} %" for n in range(2)]

    def moving(at: Path) -> settings.PolicySet:
        found = real(at)
        if moves:
            (at / found.policies["billing"].file).rename(at / f"include/policies/{moves.pop()}.yaml")
        return found

    monkeypatch.setattr(settings, "load_policies", moving)
    every, text = settings.policy_and_text(home, "billing")
    assert every.policies["billing"].file == "include/policies/new 0 %.yaml"
    assert text == (home / "include/policies/new 0 %.yaml").read_text()


def test_a_policy_and_its_text_are_of_one_moment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(home, "billing", "hdfs: /data/old")
    real, versions = settings.load_policies, iter(["hdfs: /data/new ü"] * 2)

    def changing(at: Path) -> settings.PolicySet:
        found = real(at)
        policy(at, "billing", next(versions))
        return found

    monkeypatch.setattr(settings, "load_policies", changing)
    every, text = settings.policy_and_text(home, "billing")
    assert every.policies["billing"].directories == ("/data/new ü",)
    assert "/data/new ü" in text


def test_a_policy_that_does_not_come_to_rest_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(home, "billing", "hdfs: /data/old")
    real, count = settings.load_policies, iter(range(100))

    def changing(at: Path) -> settings.PolicySet:
        found = real(at)
        policy(at, "billing", f"hdfs: /data/{next(count)}")
        return found

    monkeypatch.setattr(settings, "load_policies", changing)
    with pytest.raises(BadInput, match="is moved or written again and again"):
        settings.policy_and_text(home, "billing")


def test_a_name_that_is_not_found_says_which_home_was_taken_when_nobody_named_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HADOOP_DR_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    for look in (lambda: load_pair(SHIPPED, "x"), lambda: load_policy(SHIPPED, "x")):
        with pytest.raises(BadInput, match=f" of {SHIPPED}, from which this package runs describes it"):
            look()
    monkeypatch.chdir(SHIPPED / "include")
    with pytest.raises(BadInput, match="no file in include/pairs describes it"):
        load_pair(SHIPPED, "x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HADOOP_DR_HOME", str(SHIPPED))
    with pytest.raises(BadInput, match="no file in include/policies describes it"):
        load_policy(SHIPPED, "x")
