"""What an application writes while the pair switches: all of it on one site, and no success for the old site alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from fsspec.implementations.webhdfs import WebHDFS

from hadoop_dr.adapters.fsspec_hdfs import PairFileSystem
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import Failed, Refused, Unknown

PATH = "/t/a=1 ü%20+#"


class Site(requests.Session):
    """A WebHDFS of one name: files by path; ``meets`` is called before each operation, ``after`` before its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.files, self.inodes = dict[str, bytes](), dict[str, int]()
        self.meets, self.after = _nothing, _nothing

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        params = kwargs.get("params") or {}
        path, op = unquote(urlsplit(url).path).removeprefix("/webhdfs/v1"), params.get("op", f"DATA-{method}".upper())
        self.meets(op)
        answer = requests.Response()
        answer.status_code, answer._content, answer.url = 200, b"{}", url
        if op in ("CREATE", "APPEND"):
            answer.headers["Location"] = url
        elif op == "DATA-PUT":
            self.files[path], self.inodes[path] = b"", len(self.inodes)
        elif op == "DATA-POST":
            self.files[path] += kwargs["data"]
        elif op != "MKDIRS":
            getattr(self, f"_{op.lower()}")(answer, path, params)
        self.after(op)
        return answer

    def _rename(self, answer: requests.Response, path: str, params: dict[str, str]) -> None:
        if path not in self.files or (params["renameoptions"] == "NONE" and params["destination"] in self.files):
            return self._refuse(answer, "IOException", "no such source, or taken")
        self.files[params["destination"]] = self.files.pop(path)
        self.inodes[params["destination"]] = self.inodes.pop(path, -1)

    def _delete(self, answer: requests.Response, path: str, params: dict[str, str]) -> None:
        answer._content = json.dumps({"boolean": self.files.pop(path, None) is not None}).encode()

    def _getfilestatus(self, answer: requests.Response, path: str, params: dict[str, str]) -> None:
        if path not in self.files:
            return self._refuse(answer, "FileNotFoundException", "no such file")
        found = {"type": "FILE", "length": len(self.files[path]), "fileId": self.inodes.get(path, -1)}
        answer._content = json.dumps({"FileStatus": found}).encode()

    def _open(self, answer: requests.Response, path: str, params: dict[str, str]) -> None:
        answer._content = self.files[path]

    def _refuse(self, answer: requests.Response, kind: str, why: str) -> None:
        said = {"RemoteException": {"message": why, "exception": kind}}
        answer.status_code, answer._content = 403, json.dumps(said).encode()


def _nothing(_op: str) -> None:
    """Nothing happens."""


def lost(*wanted: str) -> Callable[[str], None]:
    def meets(op: str) -> None:
        if op in wanted:
            raise requests.ConnectionError("reset")

    return meets


class Pair:
    """Two sites, of which one is in use."""

    def __init__(self) -> None:
        self.sites, self.at, self.asked = {"east": Site(), "west": Site()}, ("east", 1), 0
        self.no_lease = False
        self.files = PairFileSystem(self._now, self._ask_again, self._connect, skip_instance_cache=True)  # type: ignore[call-arg]

    def _now(self, changing: bool) -> tuple[HdfsAddress, int]:
        if changing and self.no_lease:
            raise Refused("east-west", "the lease has ended")
        return HdfsAddress(self.at[0], (), (), None), self.at[1]

    def _ask_again(self) -> None:
        self.asked += 1

    def _connect(self, address: HdfsAddress) -> WebHDFS:
        found = WebHDFS("h", 1, user="hdfs", skip_instance_cache=True)
        found.session = self.sites[address.site]
        return found

    def switch_at(self, wanted: str) -> None:
        def meets(op: str) -> None:
            if op == wanted:
                self.at = ("west", 2)

        self.sites["east"].meets = meets

    def held(self) -> dict[str, dict[str, bytes]]:
        return {name: site.files for name, site in self.sites.items()}


def write(pair: Pair, *pieces: Any) -> None:
    with pair.files.open(PATH, "wb", block_size=4) as out:
        for piece in pieces:
            out.write(piece)


def test_a_file_has_its_name_once_it_is_whole() -> None:
    pair = Pair()
    with pair.files.open(PATH, "wb", block_size=4) as out:
        out.write(b"0123456789")
        assert PATH not in pair.sites["east"].files
    assert pair.held() == {"east": {PATH: b"0123456789"}, "west": {}}
    assert pair.asked, "the end asks the ZooKeepers afresh"


@pytest.mark.parametrize("operation", ["CREATE", "DATA-PUT", "APPEND", "DATA-POST", "RENAME"])
def test_a_switch_in_the_middle_of_a_write_is_one_error_and_nothing_reaches_the_other_site(operation: str) -> None:
    pair = Pair()
    pair.sites["east"].files[PATH] = b"before"
    pair.switch_at(operation)
    with pytest.raises(Failed, match=r"changed from east \(epoch 1\) to west \(epoch 2\)"):
        write(pair, b"0123", b"456789")
    whole = operation == "RENAME"
    assert pair.held() == {"east": {PATH: b"0123456789" if whole else b"before"}, "west": {}}


def test_an_exception_of_the_writer_leaves_the_place_as_it_was() -> None:
    pair = Pair()
    pair.sites["east"].files[PATH] = b"before"
    with pytest.raises(TypeError):
        write(pair, b"0123456789", None)
    assert pair.held() == {"east": {PATH: b"before"}, "west": {}}


def test_an_exception_of_the_writer_of_text_leaves_the_place_as_it_was() -> None:
    pair = Pair()
    with pytest.raises(TypeError), pair.files.open(PATH, "w", encoding="utf-8") as out:
        out.writelines(["ü", None])
    with pair.files.open(PATH, "w", encoding="utf-8", newline="") as out:
        out.write("ü\r\n")
    assert pair.held()["east"] == {PATH: "ü\r\n".encode()}


def test_a_rename_whose_answer_is_lost_is_read_back() -> None:
    pair = Pair()
    pair.sites["east"].files[PATH] = b"before"
    pair.sites["east"].after = lost("RENAME")  # it arrived
    write(pair, b"0123456789")
    assert pair.held()["east"] == {PATH: b"0123456789"}
    pair.sites["east"].after, pair.sites["east"].meets = _nothing, lost("RENAME")  # it did not
    with pytest.raises(Failed, match="its place is as it was"):
        write(pair, b"later")
    assert pair.held()["east"] == {PATH: b"0123456789"}


@pytest.mark.parametrize("silent", [("RENAME", "DELETE"), ("RENAME", "GETFILESTATUS")])
def test_a_rename_that_cannot_be_read_back_is_unknown(silent: tuple[str, ...]) -> None:
    pair, begun = Pair(), list[str]()

    def after(op: str) -> None:
        begun.append(op)
        if "RENAME" in begun:
            lost(*silent)(op)

    pair.sites["east"].after = after
    with pytest.raises(Unknown, match="nobody answers whether it has its name"):
        write(pair, b"x")


def test_a_name_that_somebody_else_took_over_at_once_is_unknown() -> None:
    pair = Pair()
    east = pair.sites["east"]

    def after(op: str) -> None:
        if op == "RENAME":
            east.inodes[PATH] = 77
            lost(op)(op)

    east.after = after
    with pytest.raises(Unknown, match="another file has its name now"):
        write(pair, b"x")


def test_a_piece_whose_answer_is_lost_is_not_sent_twice() -> None:
    pair = Pair()
    pair.sites["east"].after = lost("DATA-POST")
    out = pair.files.open(PATH, "wb", block_size=4)
    with pytest.raises(OSError, match="reset"):
        out.write(b"0123")
    with pytest.raises(ValueError, match="not in write mode"):
        out.write(b"4")
    assert pair.held()["east"] == {}


def test_a_file_is_made_only_where_there_is_none_and_appended_to_where_there_is_one() -> None:
    pair = Pair()
    for mode, piece in (("xb", b"one"), ("ab", b"two")):
        with pair.files.open(PATH, mode) as out:
            out.write(piece)
    with pytest.raises(Failed, match="taken"), pair.files.open(PATH, "xb") as out:
        out.write(b"three")
    assert pair.held()["east"] == {PATH: b"onetwo"}


def test_a_transaction_gives_its_files_their_names_together() -> None:
    pair = Pair()
    with pair.files.transaction:
        pair.files.pipe_file(PATH, b"x")
        assert PATH not in pair.held()["east"]
    assert pair.held()["east"] == {PATH: b"x"}


def test_a_file_that_nobody_closes_has_no_name() -> None:
    pair = Pair()
    out = pair.files.open(PATH, "wb", block_size=1)
    out.write(b"x")
    with pytest.warns(ResourceWarning, match="was not closed"):
        del out
    assert pair.held()["east"] == {}
    with pytest.raises(Refused, match="not compressed"):
        pair.files.open(PATH, "wb", compression="gzip")


def test_what_ends_after_the_lease_is_unknown_and_nothing_begins_then() -> None:
    pair = Pair()

    def lease_ends(op: str) -> None:
        pair.no_lease |= op in ("RENAME", "MKDIRS")

    pair.sites["east"].after = lease_ends
    with pytest.raises(Unknown, match="nobody says whether its site is still in use: east-west: the lease has ended"):
        write(pair, b"x")
    assert pair.files.cat_file(PATH) == b"x", "reading goes on"
    for change in (lambda: write(pair, b"y"), lambda: pair.files.mkdir("/t/new")):
        with pytest.raises(Refused, match="lease"):
            change()
    pair.no_lease = False
    with pytest.raises(Unknown, match="nobody says whether its site is still in use"):
        pair.files.mkdir("/t/new")


CHANGES: dict[str, Callable[[PairFileSystem], object]] = {
    "MKDIRS": lambda files: files.mkdir("/t/new"),
    "RENAME": lambda files: files.mv(PATH, "/t/b"),
    "DELETE": lambda files: files.rm(PATH),
}


@pytest.mark.parametrize("operation", CHANGES)
def test_a_change_that_only_the_old_site_has_is_no_success(operation: str) -> None:
    pair = Pair()
    pair.sites["east"].files[PATH] = b"x"
    pair.switch_at(operation)
    with pytest.raises(Failed, match="where nobody reads any more"):
        CHANGES[operation](pair.files)
    pair.sites["west"].after, pair.sites["west"].files[PATH] = lost(operation), b"x"
    with pytest.raises(Unknown, match="nobody answered"):
        CHANGES[operation](pair.files)


def test_a_rename_onto_a_taken_name_is_an_error() -> None:
    pair = Pair()
    pair.sites["east"].files.update({PATH: b"x", "/t/b": b"y"})
    with pytest.raises(RuntimeError, match="taken"):
        pair.files.mv(PATH, "/t/b")


def test_two_threads_write_through_one_file_system() -> None:
    pair = Pair()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda n: pair.files.pipe_file(f"/t/{n}", b"%d" % n), range(20)))
    assert pair.held()["east"] == {f"/t/{n}": b"%d" % n for n in range(20)}
