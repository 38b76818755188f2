"""What a NameNode is told to change, and what becomes of each change whose answer got lost (I11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.domain.errors import AlreadyExists, Failed, NotFound, Protocol, Unknown
from support.scripted_webhdfs import Request, Scripted, listed, namenode, remote, status

PATH, OTHER = "/data/a b%20+ü", "/data/c=#"
Node = WebHdfsNameNode


NONE = remote("FileNotFoundException", "none")
LOST = requests.ConnectionError("reset")


def blocks(*lengths: int, is_open: bool = False) -> dict[str, Any]:
    located = [{"block": {"blockId": number, "numBytes": length}} for number, length in enumerate(lengths)]
    return {"LocatedBlocks": {"locatedBlocks": located, "isUnderConstruction": is_open}}


def put(op: str, path: str = PATH, **params: str) -> Request:
    return "PUT", op, path, {name.replace("__", "."): value for name, value in params.items()}


STATUS = ("GET", "GETFILESTATUS", PATH, dict[str, str]())
POLICIES = {"BlockStoragePolicies": {"BlockStoragePolicy": [{"id": 2, "name": "COLD ü"}, {"id": 7, "name": "HOT"}]}}
SHORT, FULL = ("user:al:rwx",), ("default:user::rwx", "user:al:rwx")
CHANGES: dict[str, tuple[Callable[[Node], Any], dict[str, Any], list[Request]]] = {
    "mode": (lambda one: one.set_permission(PATH, 0o1750), {}, [put("SETPERMISSION", permission="1750")]),
    "owner": (lambda one: one.set_owner(PATH, "al ü", "us"), {}, [put("SETOWNER", owner="al ü", group="us")]),
    "time": (lambda one: one.set_times(PATH, 99), {}, [put("SETTIMES", modificationtime="99")]),
    "replication": (lambda one: one.set_replication(PATH, 2), {}, [put("SETREPLICATION", replication="2")]),
    "no acl": (lambda one: one.set_acl(PATH, ()), {}, [put("REMOVEACL")]),
    "acl": (lambda one: one.set_acl(PATH, (*SHORT, "other::---")), {}, [
        put("SETACL", aclspec="user:al:rwx,other::---"), put("REMOVEDEFAULTACL")]),
    "acl of what comes": (lambda one: one.set_acl(PATH, FULL), {}, [put("SETACL", aclspec=",".join(FULL))]),
    "xattr": (lambda one: one.set_xattr(PATH, "user.ü", b"\xff"), {}, [
        put("SETXATTR", xattr__name="user.ü", xattr__value="0s/w==", flag="CREATE,REPLACE")]),
    "no xattr": (lambda one: one.remove_xattr(PATH, "user.ü"), {}, [put("REMOVEXATTR", xattr__name="user.ü")]),
    "an xattr that is gone": (
        lambda one: one.remove_xattr(PATH, "user.ü"), {
            "REMOVEXATTR": remote("IOException", "No matching attributes found")},
        [put("REMOVEXATTR", xattr__name="user.ü")]),
    "no policy": (lambda one: one.set_storage_policy(PATH, 0), {}, [("POST", "UNSETSTORAGEPOLICY", PATH, {})]),
    "policy": (lambda one: one.set_storage_policy(PATH, 2), {"GETALLSTORAGEPOLICY": POLICIES}, [
        ("GET", "GETALLSTORAGEPOLICY", "/", {}), put("SETSTORAGEPOLICY", storagepolicy="COLD ü")]),
    "quota": (lambda one: one.set_quota(PATH, -1, 5), {}, [
        put("SETQUOTA", namespacequota="-1", storagespacequota="5")]),
    "snapshottable": (lambda one: one.allow_snapshot(PATH), {}, [put("ALLOWSNAPSHOT")]),
    "ordinary": (lambda one: one.disallow_snapshot(PATH), {}, [put("DISALLOWSNAPSHOT")]),
    "snapshot": (lambda one: one.create_snapshot(PATH, "s ü"), {"GETSNAPSHOTLIST": listed()}, [
        ("GET", "GETSNAPSHOTLIST", PATH, {}), put("CREATESNAPSHOT", snapshotname="s ü")]),
    "no snapshot": (lambda one: one.delete_snapshot(PATH, "s ü"), {}, [
        ("DELETE", "DELETESNAPSHOT", PATH, {"snapshotname": "s ü"})]),
    "rename": (lambda one: one.rename(PATH, OTHER), {"GETFILESTATUS": status()}, [
        STATUS, put("RENAME", destination=OTHER, renameoptions="NONE")]),
    "rename of a known inode": (lambda one: one.rename(PATH, OTHER, 7), {}, [
        put("RENAME", destination=OTHER, renameoptions="NONE")]),
    "replace": (lambda one: one.replace(PATH, OTHER), {"GETFILESTATUS": status()}, [
        STATUS, put("RENAME", destination=OTHER, renameoptions="OVERWRITE")]),
    "replace of a known inode": (lambda one: one.replace(PATH, OTHER, 7), {}, [
        put("RENAME", destination=OTHER, renameoptions="OVERWRITE")]),
    "delete": (lambda one: one.delete(PATH), {"GETFILESTATUS": status()}, [
        STATUS, ("DELETE", "DELETE", PATH, {"recursive": "false"})]),
    "delete of a known tree": (lambda one: one.delete(PATH, recursive=True, inode=7), {}, [
        ("DELETE", "DELETE", PATH, {"recursive": "true"})]),
    "discard": (lambda one: one.discard(PATH), {}, [("DELETE", "DELETE", PATH, {"recursive": "true"})]),
    "truncate": (lambda one: one.truncate(PATH, 20), {"GET_BLOCK_LOCATIONS": blocks(10, 10, 5)}, [
        ("GET", "GET_BLOCK_LOCATIONS", PATH, {}), ("POST", "TRUNCATE", PATH, {"newlength": "20"})]),
    "concat": (lambda one: one.concat(PATH, [OTHER, f"{OTHER}2"]), {"GETFILESTATUS": status()}, [
        STATUS, ("GET", "GETFILESTATUS", OTHER, {}), ("GET", "GETFILESTATUS", f"{OTHER}2", {}),
        ("POST", "CONCAT", PATH, {"sources": f"{OTHER},{OTHER}2"})]),
    "directories": (lambda one: one.make_all(PATH, 0o700), {}, [put("MKDIRS", permission="700")]),
    "directories of any mode": (lambda one: one.touch_directory(PATH), {}, [put("MKDIRS")]),
    "directory that is there": (
        lambda one: one.make_directory(PATH, 0o700), {"GETFILESTATUS": status(kind="DIRECTORY")}, [STATUS]),
    "directory": (
        lambda one: one.make_directory(PATH, 0o700), {"GETFILESTATUS": [NONE, status(kind="DIRECTORY")]},
        [STATUS, ("GET", "GETFILESTATUS", "/data", {}), put("MKDIRS", permission="700")]),
    "directory at the top": (
        lambda one: one.make_directory("/ü", 0o700), {"GETFILESTATUS": [NONE, status(kind="DIRECTORY")]},
        [("GET", "GETFILESTATUS", "/ü", {}), ("GET", "GETFILESTATUS", "/", {}), put("MKDIRS", "/ü", permission="700")]),
    "directory that inherits": (  # a default ACL above takes bits away
        lambda one: one.make_directory(PATH, 0o700), {"GETFILESTATUS": [NONE, status(kind="DIRECTORY", acl=True)]},
        [STATUS, ("GET", "GETFILESTATUS", "/data", {}), put("MKDIRS", permission="700"),
         put("SETPERMISSION", permission="700")]),
    "directory whose parent is missing": (  # MKDIRS would give it the mode of the last one
        lambda one: one.make_directory(PATH, 0o700), {"GETFILESTATUS": NONE},
        [STATUS, ("GET", "GETFILESTATUS", "/data", {}), put("MKDIRS", "/data"), put("MKDIRS", permission="700"),
         put("SETPERMISSION", permission="700")]),
    "right of a superuser": (lambda one: one.may_administer(), {}, [("GET", "CHECKACCESS", "/", {"fsaction": "-w-"})]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_asks_for_what_it_says_and_for_nothing_more(change: str) -> None:
    make, answers, wanted = CHANGES[change]
    session = Scripted(**answers)
    make(namenode(session))
    assert session.asked == wanted
    assert (len(session.noted), session.timeouts) == (len(wanted), {(4, 21)} if wanted else set())


ONCE: dict[str, tuple[str, Callable[[Node], Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "rename": ("RENAME", lambda one: one.rename(PATH, OTHER, 7), {}, {"GETFILESTATUS": status(7)}, {
        "GETFILESTATUS": [NONE, status(7)]}),
    "replace": ("RENAME", lambda one: one.replace(PATH, OTHER, 7), {}, {"GETFILESTATUS": status(7)}, {
        "GETFILESTATUS": [NONE, status(7)]}),
    "delete": ("DELETE", lambda one: one.delete(PATH, inode=7), {}, {"GETFILESTATUS": NONE}, {
        "GETFILESTATUS": status(7)}),
    "truncate": ("TRUNCATE", lambda one: one.truncate(PATH, 20), {"GET_BLOCK_LOCATIONS": blocks(20, 10)}, {
        "GETFILESTATUS": status(length=20)}, {"GETFILESTATUS": status(length=30)}),
    "concat": ("CONCAT", lambda one: one.concat(PATH, [OTHER]), {}, {
        "GETFILESTATUS": [status(length=30), status(length=5), status(length=35), NONE]}, {
        "GETFILESTATUS": [status(length=30), status(length=5), status(length=30), status(length=5)]}),
    "snapshot": ("CREATESNAPSHOT", lambda one: one.create_snapshot(PATH, "s ü"), {}, {
        "GETSNAPSHOTLIST": [listed(old=4), listed(**{"old": 4, "s ü": 5})]}, {
        "GETSNAPSHOTLIST": [listed(**{"s ü": 5}), listed(**{"s ü": 5})]}),
    "first snapshot": ("CREATESNAPSHOT", lambda one: one.create_snapshot(PATH, "s ü"), {}, {
        "GETSNAPSHOTLIST": [listed(), listed(**{"s ü": 0})]}, {"GETSNAPSHOTLIST": listed()}),
    "no snapshot": ("DELETESNAPSHOT", lambda one: one.delete_snapshot(PATH, "s ü"), {}, {
        "GETSNAPSHOTLIST": listed(old=4)}, {"GETSNAPSHOTLIST": listed(**{"s ü": 5})}),
}  # fmt: skip


@pytest.mark.parametrize("change", ONCE)
def test_a_change_whose_answer_is_lost_is_sent_again_only_where_reading_back_finds_it_not_done(change: str) -> None:
    op, make, before, done, not_done = ONCE[change]
    for found, sent in ((done, 1), (not_done, 2)):
        session = Scripted(**{op: [LOST, {"boolean": True}]}, **before, **found)
        assert make(namenode(session)) in (None, True)
        assert session.ops().count(op) == sent


@pytest.mark.parametrize("change", ONCE)
def test_a_change_of_which_nothing_can_be_read_back_is_unknown_with_its_path(change: str) -> None:
    op, make, before, done, _ = ONCE[change]
    session = Scripted(**{op: LOST}, **before, **{
        asked: (some[: len(some) // 2] if isinstance(some, list) and change != "rename" else []) + [LOST]
        for asked, some in done.items()
    })  # fmt: skip
    with pytest.raises(Unknown) as told:
        make(namenode(session))
    assert told.value.subject == PATH
    assert session.ops().count(op) == 1


def test_shortly_after_a_listing_a_snapshot_costs_one_request() -> None:
    session = Scripted(GETSNAPSHOTLIST=listed(old=4))
    node = namenode(session)
    assert [one.name for one in node.snapshots(PATH)] == ["old"]
    node.create_snapshot(PATH, "s ü")
    assert session.ops() == ["GETSNAPSHOTLIST", "CREATESNAPSHOT"]


@pytest.mark.parametrize(("length", "found"), [
    (15, blocks(10, 10)), (21, blocks(10, 10)), (10, blocks(10, 10, is_open=True))])
def test_a_file_is_cut_at_the_end_of_a_block_of_a_closed_file_alone(length: int, found: dict[str, Any]) -> None:
    session = Scripted(GET_BLOCK_LOCATIONS=found)
    with pytest.raises(Failed, match=f"cannot be cut at {length}") as told:
        namenode(session).truncate(PATH, length)
    assert (told.value.subject, told.value.remedy) == (PATH, "Copy the whole file instead")
    assert session.ops() == ["GET_BLOCK_LOCATIONS"]
    namenode(Scripted(GET_BLOCK_LOCATIONS=blocks(10))).truncate(PATH, 0)


def test_a_path_that_a_list_of_paths_would_split_is_not_sent() -> None:
    session = Scripted()
    with pytest.raises(Failed, match="comma") as told:
        namenode(session).concat(PATH, [OTHER, "/a,b"])
    assert (told.value.subject, told.value.remedy, session.asked) == (PATH, "Copy the whole file instead", [])


def test_what_is_not_there_is_deleted_already_and_what_the_namenode_kept_is_told() -> None:
    session = Scripted(GETFILESTATUS=NONE)
    assert namenode(session).delete(PATH) is False
    assert session.ops() == ["GETFILESTATUS"]
    assert namenode(Scripted(DELETE={"boolean": False})).delete(PATH, inode=7) is False
    assert namenode(Scripted()).delete(PATH, inode=7) is True


@pytest.mark.parametrize(("message", "gone"), [
    ("Cannot delete snapshot s ü from path: the snapshot does not exist.", True),
    ("Directory is not a snapshottable directory: /d", True), ("File does not exist: /d", False)])
def test_a_snapshot_that_is_not_there_is_told_and_a_missing_directory_is_an_error(message: str, gone: bool) -> None:
    session = Scripted(DELETESNAPSHOT=remote("FileNotFoundException", message))
    if gone:
        assert namenode(session).delete_snapshot(PATH, "s ü") is False
        return
    with pytest.raises(NotFound):
        namenode(session).delete_snapshot(PATH, "s ü")


def test_a_file_in_the_place_of_a_directory_is_told_and_left_alone() -> None:
    session = Scripted(GETFILESTATUS=status())
    with pytest.raises(AlreadyExists) as told:
        namenode(session).make_directory(PATH, 0o700)
    assert (told.value.subject, told.value.problem) == (PATH, "is not a directory")
    assert "Move it away" in told.value.remedy
    assert session.ops() == ["GETFILESTATUS"]


def test_who_is_not_superuser_and_what_cannot_be_removed_are_told() -> None:
    assert namenode(Scripted()).may_administer() is True
    assert namenode(Scripted(CHECKACCESS=remote("AccessControlException", "no"))).may_administer() is False
    with pytest.raises(Failed, match="no room"):
        namenode(Scripted(REMOVEXATTR=remote("IOException", "no room"))).remove_xattr(PATH, "user.ü")
    with pytest.raises(Failed) as told:
        namenode(Scripted(GETALLSTORAGEPOLICY=POLICIES)).set_storage_policy(PATH, 3)
    assert told.value.subject == PATH
    assert told.value.problem.endswith("with the id 3")
    assert "COLD ü (2), HOT (7)" in told.value.remedy
    with pytest.raises(Protocol) as odd:
        namenode(Scripted(GETALLSTORAGEPOLICY={"odd": 1})).set_storage_policy(PATH, 3)
    assert odd.value.subject == "/"


def test_the_clock_is_measured_below_a_name_of_its_own_which_goes_again() -> None:
    children = [{**status()["FileStatus"], "pathSuffix": str(number)} for number in range(5)]
    page = {"DirectoryListing": {"partialListing": {"FileStatuses": {"FileStatus": children}}, "remainingEntries": 0}}
    for top, below in (("/d X", "/d X"), ("/d ü/", "/d ü"), ("/", "")):
        session = Scripted(LISTSTATUS_BATCH=page)
        assert namenode(session).clock_offset_ms(top) == 5.0
        assert {path.removeprefix(f"{below}/.clock-t ü")[:2] for _, op, path, _ in session.asked} <= {"", "/0"}
        assert session.asked[0] == put("MKDIRS", f"{below}/.clock-t ü/0", permission="700")
        assert session.asked[-1] == ("DELETE", "DELETE", f"{below}/.clock-t ü", {"recursive": "true"})
    assert session.ops() == ["MKDIRS", "LISTSTATUS_BATCH", "DELETE"], "a trip that takes no time cannot be bettered"
    for within, samples in (({}, 5), ({"within_ms": 0.4}, 5), ({"within_ms": 0.6}, 1)):
        session = Scripted(LISTSTATUS_BATCH=page)
        session.takes_s = 0.001
        namenode(session).clock_offset_ms("/d ü", **within)
        assert session.ops().count("MKDIRS") == samples
