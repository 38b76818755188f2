"""What a NameNode is asked, what is made of its answers, and how often it is asked (I11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import NotFound, NotReady, Protocol
from hadoop_dr.domain.tree.file_attributes import (
    AclAndXattrs,
    Block,
    Blocks,
    DiffEntry,
    DiffPage,
    Quota,
    Snapshot,
)
from hadoop_dr.ports.namenode import Room, Service
from support.clock import StepClock
from support.scripted_webhdfs import Request, Scripted, listed, namenode, remote, status

PATH = "/data/a b%20+ü"
Node = WebHdfsNameNode


def get(op: str, path: str = PATH, **params: str) -> Request:
    return "GET", op, path, params


def page(*names: str, more: int = 0) -> dict[str, Any]:
    children = [{**status(number)["FileStatus"], "pathSuffix": name} for number, name in enumerate(names)]
    found = {"FileStatuses": {"FileStatus": children}}
    return {"DirectoryListing": {"partialListing": found, "remainingEntries": more}}


ACL = {"AclStatus": {"entries": ["user:al:rwx"], "permission": "750"}}
XATTRS = {"XAttrs": [{"name": "user.ü", "value": "0xff"}, {"name": "system.x", "value": "0x00"}]}
FULL_ACL, KEPT = ("mask::r-x", "other::---", "user::rwx", "user:al:rwx"), (("user.ü", b"\xff"),)
ROOTS = {"SnapshottableDirectoryList": [
    {"parentFullPath": parent, "dirStatus": {"pathSuffix": name, "modificationTime": time}}
    for parent, name, time in (("/", "top ü", 6), ("/data", "b", 5))]}  # fmt: skip
LOCATED = {"LocatedBlocks": {"locatedBlocks": [{"block": {"blockId": 4, "numBytes": 9}}], "isUnderConstruction": True}}
USAGE = {"QuotaUsage": {"quota": -1, "spaceQuota": 5, "fileAndDirectoryCount": 7, "spaceConsumed": 9,
                        "typeQuota": {"SSD": {"quota": 3}, "DISK": {"quota": -1}}}}  # fmt: skip
READS: dict[str, tuple[Callable[[Node], Any], dict[str, Any], Any, list[Request]]] = {
    "inode": (lambda one: (one.status(PATH).inode, one.status(PATH).name), {
        "GETFILESTATUS": {"FileStatus": {**status(7)["FileStatus"], "pathSuffix": "b"}}}, (7, ""),
        [get("GETFILESTATUS")] * 2),
    "acl and xattrs": (lambda one: one.extras(PATH), {"GETACLSTATUS": ACL, "GETXATTRS": XATTRS},
                       AclAndXattrs(FULL_ACL, KEPT), [get("GETACLSTATUS"), get("GETXATTRS", encoding="HEX")]),
    "acl": (lambda one: one.extras(PATH, xattrs=False), {"GETACLSTATUS": ACL}, AclAndXattrs(FULL_ACL, ()),
            [get("GETACLSTATUS")]),
    "xattrs": (lambda one: one.extras(PATH, acl=False), {"GETXATTRS": XATTRS}, AclAndXattrs((), KEPT),
               [get("GETXATTRS", encoding="HEX")]),
    "blocks": (lambda one: one.blocks(PATH), {"GET_BLOCK_LOCATIONS": LOCATED}, Blocks((Block(4, 9),), True),
               [get("GET_BLOCK_LOCATIONS")]),
    "quota": (lambda one: one.quota(PATH), {"GETQUOTAUSAGE": USAGE}, Quota(-1, 5, 7, 9, (("SSD", 3),)),
              [get("GETQUOTAUSAGE")]),
    "snapshots": (lambda one: one.snapshots(PATH), {"GETSNAPSHOTLIST": listed(new=9, old=4)},
                  [Snapshot("old", 4, 5), Snapshot("new", 9, 5)], [get("GETSNAPSHOTLIST")]),
    "snapshots of an ordinary directory": (
        lambda one: one.snapshots(PATH), {
            "GETSNAPSHOTLIST": remote("SnapshotException", "Directory is not a snapshottable directory: /x")},
        [], [get("GETSNAPSHOTLIST")]),
    "roots": (lambda one: one.snapshottable(), {"GETSNAPSHOTTABLEDIRECTORYLIST": ROOTS}, ["/data/b", "/top ü"],
              [get("GETSNAPSHOTTABLEDIRECTORYLIST", "/")]),
    "times of roots": (lambda one: one.root_times(), {"GETSNAPSHOTTABLEDIRECTORYLIST": ROOTS},
                       {"/top ü": 6, "/data/b": 5}, [get("GETSNAPSHOTTABLEDIRECTORYLIST", "/")]),
    "list": (lambda one: [entry.name for entry in one.list(PATH)], {
        "LISTSTATUS_BATCH": [page("a b", "c", "ü", more=1), page("z")]}, ["a b", "c", "ü", "z"],
        [get("LISTSTATUS_BATCH"), get("LISTSTATUS_BATCH", startafter="ü")]),
    "empty list": (lambda one: list(one.list(PATH)), {"LISTSTATUS_BATCH": page()}, [], [get("LISTSTATUS_BATCH")]),
}  # fmt: skip


@pytest.mark.parametrize("read", READS)
def test_a_read_asks_once_for_what_it_says_and_gives_what_was_answered(read: str) -> None:
    ask, answers, wanted, asked = READS[read]
    session = Scripted(**answers)
    assert ask(namenode(session)) == wanted
    assert session.asked == asked


ODD: dict[str, tuple[str, Callable[[Node], Any], str]] = {
    "status": ("GETFILESTATUS", lambda one: one.status(PATH), PATH),
    "list": ("LISTSTATUS_BATCH", lambda one: list(one.list(PATH)), PATH),
    "acl": ("GETACLSTATUS", lambda one: one.extras(PATH), PATH),
    "xattrs": ("GETXATTRS", lambda one: one.extras(PATH, acl=False), PATH),
    "blocks": ("GET_BLOCK_LOCATIONS", lambda one: one.blocks(PATH), PATH),
    "quota": ("GETQUOTAUSAGE", lambda one: one.quota(PATH), PATH),
    "snapshots": ("GETSNAPSHOTLIST", lambda one: one.snapshots(PATH), PATH),
    "roots": ("GETSNAPSHOTTABLEDIRECTORYLIST", lambda one: one.snapshottable(), "/"),
    "times of roots": ("GETSNAPSHOTTABLEDIRECTORYLIST", lambda one: one.root_times(), "/"),
    "diff": ("GETSNAPSHOTDIFFLISTING", lambda one: list(one.diff(PATH, "a", "b")), PATH),
    "settings": ("/conf", lambda one: one.settings("a"), "west /conf"),
    "service": ("/jmx", lambda one: one.service(), "west: /jmx"),
    "room": ("/jmx", lambda one: one.room(), "west: /jmx"),
}


@pytest.mark.parametrize("read", ODD)
def test_an_answer_of_another_shape_names_what_was_asked_about_and_who_answered(read: str) -> None:
    op, ask, subject = ODD[read]
    with pytest.raises(Protocol, match="http://nn1:9870") as told:
        ask(namenode(Scripted(**{op: {"odd": []}})))
    assert told.value.subject == subject


def test_a_root_that_is_not_there_is_an_error_and_has_not_just_no_snapshots() -> None:
    with pytest.raises(NotFound):
        namenode(Scripted(GETSNAPSHOTLIST=remote("FileNotFoundException", "none"))).snapshots(PATH)


def diff(path: str, index: int, *created: int) -> dict[str, Any]:
    made = [{"fileId": number, "dirId": 1, "sourcePath": f"d ü/{number}"} for number in created]
    return {"SnapshotDiffReportListing": {
        "modifyList": [], "createList": made, "deleteList": None, "lastPath": path, "lastIndex": index}}  # fmt: skip


def created(*numbers: int) -> DiffPage:
    return DiffPage((), tuple(DiffEntry(number, 1, f"d ü/{number}") for number in numbers), ())


def test_a_difference_is_read_page_by_page_and_what_comes_twice_is_given_once() -> None:
    session = Scripted(GETSNAPSHOTDIFFLISTING=[diff("d ü", 2, 1, 2), diff("d ü", 4, 2, 3), diff("e", 1, 3, 4),
                                               diff("", -1, 2)])  # fmt: skip
    assert list(namenode(session).diff(PATH, "s 1", "")) == [created(1, 2), created(3), created(4), created(2)]
    asked = [("", "-1"), ("d ü", "2"), ("d ü", "4"), ("e", "1")]
    assert session.asked == [
        get("GETSNAPSHOTDIFFLISTING", oldsnapshotname="s 1", snapshotname="", snapshotdiffstartpath=start,
            snapshotdiffindex=index) for start, index in asked]  # fmt: skip


@pytest.mark.parametrize("pages", [[diff("d ü", 2, 1)], [diff("d ü", 2, 1), diff("e", 1, 2)]])
def test_a_difference_whose_cursor_comes_again_ends_with_an_error(pages: list[dict[str, Any]]) -> None:
    with pytest.raises(Protocol, match=r"repeats its cursor \('d ü', 2\)") as told:
        list(namenode(Scripted(GETSNAPSHOTDIFFLISTING=[*pages, diff("d ü", 2, 1)])).diff(PATH, "a", "b"))
    assert told.value.subject == PATH


def test_settings_are_asked_for_once_and_what_has_no_value_is_absent() -> None:
    conf = {"properties": [{"key": "a ü", "value": "1"}, {"key": "none", "value": None}, {"key": "c", "value": ""}]}
    session = Scripted(**{"/conf": conf})
    node = namenode(session)
    assert node.settings("a ü", "none", "c", "unknown") == {"a ü": "1", "c": ""}
    assert node.settings("a ü") == {"a ü": "1"}
    assert session.ops() == ["/conf"]


def jmx(state: str = "active", fs: str = "Operational") -> dict[str, Any]:
    """Every bean and every word at once: whoever asks takes what it wants."""
    words = {"ClusterId": "CID ü", "Safemode": "Safe mode is ON", "SoftwareVersion": "3.5.0", "State": state}
    counts = {"name": "Hadoop:service=NameNode,name=FSNamesystem", "tag.HAState": state, "Snapshots": 5,
              "NumFilesUnderConstruction": 6, "NumLiveDataNodes": 0, **words}  # fmt: skip
    now = {"name": "Hadoop:service=NameNode,name=FSNamesystemState", "FSState": fs, "NumLiveDataNodes": 2,
           "CapacityRemaining": 7, "CapacityTotal": 11, "FilesTotal": 4}  # fmt: skip
    return {"beans": [counts, now]}


@pytest.mark.parametrize(("fs", "safe"), [("Operational", ""), ("safeMode", "Safe mode is ON")])
def test_a_site_says_who_serves_and_how_much_room_there_is(fs: str, safe: str) -> None:
    session = Scripted(**{"/jmx": jmx(fs=fs)})
    node = namenode(session)
    wanted = Service("CID ü", safe, 2, 7, 11, 5, 6, 4)
    assert [node.service(), node.service()] == [wanted, wanted]
    assert node.room() == Room(7, 4)
    asked = [next(iter(params.items())) for _, _, _, params in session.asked]
    name = "Hadoop:service=NameNode,name="
    info = [("get", f"{name}NameNodeInfo::{word}") for word in (["Safemode"] if safe else [])]
    every = ("qry", f"{name}FSNamesystem*")
    assert asked == [every, ("get", f"{name}NameNodeInfo::ClusterId"), *info, every, *info, every]
    assert node.version() == "3.5.0"


def test_a_namenode_that_stands_by_is_named_with_its_site() -> None:
    session = Scripted(**{"/jmx": jmx(state="standby")})
    for ask in (namenode(session).service, namenode(session).room):
        with pytest.raises(NotReady, match="http://nn1:9870 is standby") as told:
            ask()
        assert told.value.subject == "west"
        assert "haadmin" in told.value.remedy
    assert session.asked[1][3] == {"get": "Hadoop:service=NameNode,name=NameNodeStatus::State"}


def test_connections_are_given_back_also_by_whoever_forgets_it() -> None:
    closed = list[str]()

    class Session(requests.Session):
        def close(self) -> None:
            closed.append("closed")

    address = HdfsAddress("west", (), ("http://nn1:9870",))
    node = WebHdfsNameNode(address, StepClock(), None, Deadlines(), Session)  # type: ignore[arg-type]
    assert node.site == "west"
    node.close()
    assert closed == ["closed"]
    del node
    assert closed == ["closed"] * 2
