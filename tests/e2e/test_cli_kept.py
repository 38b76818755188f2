"""What is kept beside the data, on the running lab: quotas, files that were being written, and never a secret."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

import pytest
import requests

from hadoop_dr.adapters.parquet import ParquetTables
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsFiles
from hadoop_dr.domain.formats.fenced import plain_name, stem_of
from hadoop_dr.domain.formats.manifest import MANIFEST, MANIFEST_FILE
from hadoop_dr.domain.ledger import point_directory
from hadoop_dr.domain.tree.quotas import QuotaSet, RootQuotas, quotas_from_rows
from hadoop_dr.services.datasets.hdfs.quotas import ANSWERED, QUOTAS
from support.cli import SITES, CliHome
from support.held import held_open
from support.trees import CELL, STRIPED, join_root, walk

STREAMS = ("stdout", "stderr")
pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]


def answered(files: WebHdfsFiles, directory: str) -> bytes | None:
    """What was read once the point was sealed."""
    names = [name for name in files.names(directory) if plain_name(name) == ANSWERED]
    return files.get(f"{directory}/{names[0]}") if names else None


def kept_quotas(home: CliHome, service: str, point: str) -> Mapping[str, RootQuotas]:
    """The quotas a point keeps; the document is the same on both sites."""
    directory = point_directory(home.pair, service, point)
    path = f"{directory}/{MANIFEST_FILE}"
    documents = [WebHdfsFiles(home.addresses[site], SystemClock(), SystemTokens()) for site in SITES]
    east, west = (files.get(path) for files in documents)
    assert east == west
    answers = [answered(files, directory) for files in documents]
    for files in documents:
        files.close()
    if answers[0] is not None:
        assert answers[0] == answers[1]
        return quotas_from_rows(ParquetTables().unpack(answers[0]))
    inside = MANIFEST.decode(east, path).documents[QUOTAS].content  # so few rows need no document of their own
    return quotas_from_rows(ParquetTables().unpack(base64.b64decode(inside)))


def lowered_at(home: CliHome, service: str, point: str) -> dict[str, tuple[str, str]]:
    """What the secondary has with less than was intended, as ``points`` says it of a point."""
    listed = home.run("points", service, "--json").document("points")["points"]
    [told] = [one["lowered"] for one in listed if one["point"] == point]
    assert told["count"] == len(told["objects"])
    assert {one["attribute"] for one in told["objects"]} <= {"erasure coding"}
    return {one["path"]: (one["wanted"], one["given"]) for one in told["objects"]}


def test_quotas_and_erasure_coding_below_a_root_are_kept_with_the_point(shared: CliHome) -> None:
    """They are not applied on the secondary, and an increment follows moves, changes and removals (S2.12, I9)."""
    service, east = "quotas", shared.namenodes["east"]
    root = shared.service(service, retention={"primary": "5", "secondary": "5"})
    for name in ("user ü", "user ü/in%20side", "plain"):
        east.make_directory(f"{root}/{name}", 0o755)
    shared.writers["east"].write(f"{root}/user ü/a+b", b"one")
    east.make_directory(f"{root}/user ü/cold #", 0o755)
    shared.writers["east"].stripe(f"{root}/user ü/cold #")
    shared.writers["east"].write(f"{root}/user ü/cold #/f=1", b"striped" * 1000, CELL)
    east.set_quota(f"{root}/user ü", 1000, 1 << 30)
    by_type = {"op": "SETQUOTABYSTORAGETYPE", "storagetype": "SSD", "storagespacequota": "4096", "user.name": "hdfs"}
    inner = f"{shared.sites['east']['webhdfs'][0]}/webhdfs/v1{quote(f'{root}/user ü/in%20side')}"
    requests.put(inner, params=by_type, timeout=30).raise_for_status()
    user, inside = QuotaSet(1000, 1 << 30), QuotaSet(-1, -1, (("SSD", 4096),))
    first = shared.backup(service)["point"]
    assert kept_quotas(shared, service, first) == {root: RootQuotas({"user ü": user, "user ü/in%20side": inside})}
    assert shared.namenodes["west"].quota(f"{root}/user ü").namespace == -1
    less = (STRIPED, "none"), (STRIPED, "none, replication 1")
    assert lowered_at(shared, service, first) == dict(zip(("user ü/cold #", "user ü/cold #/f=1"), less, strict=True))
    copy = shared.namenodes["west"].status(f"{root}/user ü/cold #/f=1").facts
    assert (copy.erasure_coding, copy.replication, copy.length) == (None, 1, 7000)
    page = shared.run("points", service).stdout
    assert f"lowered: {first}: {root}/user ü/cold #: erasure coding none instead of" in page
    assert f"{root}/user ü/cold #/f=1: erasure coding none" in shared.run("explain", service).stdout

    east.rename(f"{root}/user ü", f"{root}/moved =")
    east.set_quota(f"{root}/plain", 7, -1)
    second = shared.backup(service)["point"]
    assert lowered_at(shared, service, second) == dict(zip(("moved =/cold #", "moved =/cold #/f=1"), less, strict=True))
    assert kept_quotas(shared, service, second) == {
        root: RootQuotas({"moved =": user, "moved =/in%20side": inside, "plain": QuotaSet(7)})
    }
    east.set_quota(f"{root}/plain", -1, -1)
    east.delete(f"{root}/moved =", recursive=True)
    third = shared.backup(service, "--approve-deletions")["point"]
    assert kept_quotas(shared, service, third) == {}
    assert lowered_at(shared, service, third) == {}
    assert kept_quotas(shared, service, first) == {root: RootQuotas({"user ü": user, "user ü/in%20side": inside})}


def test_files_that_somebody_was_writing_at_the_moment_are_named_by_the_backup_and_by_explain(shared: CliHome) -> None:
    """The point holds each at the length it had; the writer goes on, and the next point has all of it (fault 9)."""
    service, east = "writers", shared.namenodes["east"]
    root = shared.service(service)
    path = f"{root}/log of today %ü"
    shared.writers["east"].write(f"{root}/closed", b"one")
    with held_open(east, path, b"x" * 3000):
        wait_until(lambda: list(east.open_files(root)) == [path])
        document = shared.backup(service)
        [name] = [shot.name for shot in east.snapshots(root)]
        frozen = f"{path} at {east.status(f'{root}/.snapshot/{name}/{path[len(root) + 1 :]}').facts.length} bytes"
        assert f"1 file was being written at the moment, the point has {frozen}" in document["warnings"]
    told = shared.run("explain", service, "--point", document["point"], "--json").document("explain")["entries"]
    assert [entry["text"] for entry in told if entry["kind"] == "taken" and frozen in entry["text"]]
    shared.holds(service, document["point"], live=False)
    wait_until(lambda: list(east.open_files(root)) == [])
    after = shared.backup(service)
    assert not [warning for warning in after["warnings"] if "written" in warning]
    assert shared.holds(service, after["point"])[path[len(root) + 1 :]][0].length == 3000


def kept_of(home: CliHome, site: str, service: str) -> Iterator[tuple[str, str]]:
    """Everything a service, and its pair, leave on a site besides the data, by where it lies; tables unpacked."""
    files, namenode = WebHdfsFiles(home.addresses[site], SystemClock(), SystemTokens()), home.namenodes[site]
    for top in (f"/.hadoop-dr/{home.pair}/ledger", f"/.hadoop-dr/{home.pair}/services/{service}"):
        for path, _, facts in walk(namenode, top):
            at = join_root(top, path)
            if facts.is_dir:
                yield f"attributes of {at}", repr(namenode.extras(at, acl=False))
            else:
                content = files.get(at)
                yield at, repr(ParquetTables().unpack(content) if at.endswith(".parquet") else content)
                if at.endswith(f"/{MANIFEST_FILE}"):
                    for name, kept in MANIFEST.decode(content, at).documents.items():
                        if kept.content:
                            yield f"{name} in {at}", repr(ParquetTables().unpack(base64.b64decode(kept.content)))
    files.close()
    with home.zookeeper(site) as hand:
        for name in hand.get_children(f"/hadoop-dr/{home.pair}"):
            yield f"node {name}", repr(hand.get(f"/hadoop-dr/{home.pair}/{name}"))


def test_no_secret_of_the_environment_is_said_or_kept_anywhere(
    shared: CliHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole run, looks, and what is refused: their output, all documents of both sites, ZooKeeper (fault 77)."""
    service, secret = "silent", "s3cret-Zq7"
    for site in SITES:
        connection = f"hadoop-cluster://robot:{secret}@/?zookeeper_digest=u%3A{secret}"
        monkeypatch.setenv(f"AIRFLOW_CONN_HADOOP_{site.upper()}", connection)
    monkeypatch.setenv("KEYTAB_PASSWORD", secret)
    shared.writers["east"].write(f"{shared.service(service)}/ü", b"one")
    absent = ("verify", service, "--point", "20200101T000000.000Z")
    asked = [("backup", service), ("backup", "absent"), absent, ("explain", service)]
    ended = {words: call.ended() for words, call in [(words, shared.begin(*words)) for words in asked]}
    assert [words for words, ran in ended.items() if ran.exit_code] == asked[1:3], ended
    [point] = shared.sealed(service)
    told = {f"{stream} of {words}": getattr(ran, stream) for words, ran in ended.items() for stream in STREAMS}
    kept = {f"{site}: {at}": text for site in SITES for at, text in kept_of(shared, site, service)}
    assert {"manifest.json", "verdict"} <= {stem_of(at.rpartition("/")[2]) for at in kept if point in at}
    assert any("/ledger/0/" in at for at in kept)
    assert [at for at, text in {**told, **kept}.items() if secret in text] == []


def test_what_a_copy_had_is_refused_by_name_or_kept_and_can_be_read_as_it_was(shared: CliHome) -> None:
    """Somebody copied the directory before it was protected, and works in the copy (I10)."""
    service = "copied"
    root = shared.service(service)
    shared.namenodes["west"].make_directory(root, 0o755)
    for name, content in {"same ü": b"same", "grew": b"old", "only there%+": b"theirs"}.items():
        shared.writers["west"].write(f"{root}/{name}", content)
    for name, content in {"same ü": b"same", "grew": b"newer and longer"}.items():
        shared.writers["east"].write(f"{root}/{name}", content)
    there = shared.tree("west", root)
    said = f"west:{root} is new to this service, and the primary does not have {root}/only there%+ (1 file)"
    assert said in shared.run("check", service, exit_code=1).stdout
    assert shared.run("plan", service, "--json").document("plan")["refused"] == [said]
    before = shared.everything()
    assert said in shared.run("backup", service, exit_code=1).error()
    assert shared.everything() == before
    shared.service(service, drift="restore")
    document = shared.backup(service)
    shared.holds(service, document["point"])
    assert document["files_copied"] == 1
    [kept] = shared.run("points", service, "--json").document("points")["kept"]
    assert (kept["count"], kept["snapshots"].keys()) == (2, {root})
    found = shared.tree("west", f"{root}/.snapshot/{kept['snapshots'][root]}")
    assert {name: found[name] for name in ("grew", "only there%+")} == {
        name: there[name] for name in ("grew", "only there%+")}  # fmt: skip


def wait_until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.02)
