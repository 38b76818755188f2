"""Which of the documents that several tries wrote side by side counts."""

from __future__ import annotations

from hadoop_dr.domain.formats.fenced import content_name, digest_in, fenced_name, newest_of_each, plain_name, stem_of


def test_the_latest_claim_counts_and_of_its_tries_the_latest_each_by_its_number() -> None:
    names = [fenced_name("3", claim, try_no) for claim, try_no in ((9, 7), (10, 2), (10, 11), (10, 1))]
    names += [fenced_name("12", 4, 1)]
    assert newest_of_each(names) == {"3": "3-10.11.parquet", "12": "12-4.1.parquet"}
    assert newest_of_each(reversed(names)) == newest_of_each(names)


def test_what_no_try_of_ours_wrote_is_nobodys() -> None:
    assert newest_of_each(["3.parquet", "3-1.parquet", "3-1.2.parquet ü", "-1.2.parquet", ""]) == {}


def test_a_name_tells_what_it_was_made_of() -> None:
    assert stem_of(fenced_name("shards/3", 10, 2)) == "shards/3"
    assert stem_of("items.parquet") == "items.parquet"


def test_of_one_claim_the_latest_try_counts_though_a_later_claim_wrote_too() -> None:
    names = [fenced_name("verdict", claim, try_no, ".json") for claim, try_no in ((9, 2), (9, 10), (12, 1))]
    names += [fenced_name("7", 9, 1, ending="")]
    assert newest_of_each(names, 9) == {"verdict": "verdict-9.10.json", "7": "7-9.1"}
    assert newest_of_each(names, 1) == {}


def test_a_name_by_content_tells_the_plain_name_and_the_beginning_of_the_digest() -> None:
    for stem in ("quotas-answered", "verdict-10.2"):
        name = content_name(f"{stem}.parquet", "0123456789abcdef" + "5f" * 24)
        assert name == f"{stem}-0123456789abcdef.parquet"
        assert (plain_name(name), digest_in(name)) == (f"{stem}.parquet", "0123456789abcdef")


def test_a_name_that_bears_no_digest_is_plain_already() -> None:
    for name in ("manifest.json", "shards/0-10.2.parquet", "x-0123.parquet", ""):
        assert (plain_name(name), digest_in(name)) == (name, "")
