"""Answers of a NameNode that are not as they should be, and the walk over diff pages (faults 2, 3, 6)."""

from __future__ import annotations

import json

import pytest
import requests

from hadoop_dr.adapters.webhdfs.errors import Lost, error_of, expected_shape
from hadoop_dr.adapters.webhdfs.reading import diff_pages
from hadoop_dr.adapters.webhdfs.shapes import full_acl
from hadoop_dr.domain.errors import (
    AccessDenied,
    AlreadyExists,
    DrError,
    Failed,
    NotFound,
    NotReady,
    OverQuota,
    Protocol,
)
from hadoop_dr.domain.tree.file_attributes import DiffEntry, DiffPage


def answer(status: int, body: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url, response.reason = status, "http://nn:9870/webhdfs/v1/a?op=X", "Odd"
    response._content = body.encode()
    return response


def remote(name: str, message: str = "no") -> str:
    return json.dumps({"RemoteException": {"exception": name, "javaClassName": name, "message": message}})


@pytest.mark.parametrize(("name", "kind", "remedy"), [
    ("StandbyException", NotReady, "haadmin"), ("ObserverRetryOnActiveException", NotReady, "haadmin"),
    ("RetriableException", NotReady, "Wait until"), ("SafeModeException", NotReady, "left safe mode"),
    ("FileNotFoundException", NotFound, "Check the path"), ("AccessControlException", AccessDenied, "HADOOP_USER_NAME"),
    ("SecurityException", AccessDenied, "credentials"), ("AuthorizationException", AccessDenied, "credentials"),
    ("NSQuotaExceededException", OverQuota, "-setQuota"), ("DSQuotaExceededException", OverQuota, "-setSpaceQuota"),
    ("QuotaByStorageTypeExceededException", OverQuota, "storage type"),
    ("FileAlreadyExistsException", AlreadyExists, "Check the path"),
    ("org.apache.hadoop.fs.FileAlreadyExistsException", AlreadyExists, "Check the path"),
    ("AlreadyBeingCreatedException", AlreadyExists, "has the file open"),
    ("PathComponentTooLongException", Failed, "max-component-length"),
    ("MaxDirectoryItemsExceededException", Failed, "max-directory-items"),
    ("InvalidPathException", Failed, "this name"), ("ArrayIndexOutOfBoundsException", Failed, "Check the path"),
])  # fmt: skip
def test_every_exception_is_an_error_that_names_the_path(name: str, kind: type[Failed], remedy: str) -> None:
    error = error_of(answer(403, remote(name)), "/a b")
    assert type(error) is kind
    assert str(error).startswith("/a b: ")
    assert f"{name.rpartition('.')[2]}: no" in error.problem
    assert remedy in error.remedy


def test_who_may_not_is_told_where_as_whom_and_what_sets_the_user() -> None:
    refused = "Permission denied: user=alice, access=WRITE, inode=\"/a\":hdfs:supergroup:drwxr-xr-x"
    told = str(error_of(answer(403, remote("AccessControlException", refused)), "/a b"))
    assert told.startswith("/a b: http://nn:9870: AccessControlException: Permission denied: user=alice")
    assert "HADOOP_USER_NAME" in told


@pytest.mark.parametrize(("text", "kind"), [
    ('there is already a snapshot with the same name "s"', AlreadyExists),
    ("Cannot find the snapshot of directory /a with name s", NotFound),
    ("Cannot rename the snapshot: the snapshot does not exist", NotFound),
    ("Path /a b is neither snapshottable nor under a snapshot root!", NotFound),
    ("Directory is not a snapshottable directory: /a b", NotFound),
    ("Failed to create snapshot: there are already 65536 snapshot(s) and the file system snapshot limit is 65536",
     OverQuota),
    ("Failed to create the snapshot. The FileSystem has run out of snapshot IDs and ID rollover is not supported",
     OverQuota),
    ("Source /a and destination /b must both be directories", AlreadyExists),
    ("Cannot create directory /a. Name node is in safe mode.", NotReady),
])
def test_exceptions_without_a_class_of_their_own_are_told_by_their_text(text: str, kind: type[Failed]) -> None:
    error = error_of(answer(403, remote("IOException", text)), "/a")
    assert isinstance(error, DrError)
    assert (type(error), error.subject, error.problem) == (kind, "/a", text)
    assert error.remedy
    if kind is AlreadyExists:
        assert error.remedy == "Check the path on that site, then run again"


@pytest.mark.parametrize("body", ["", "<html>", "{}", "[]", '{"RemoteException": null}', '{"RemoteException": {}}',
                                  '{"RemoteException": {"exception": null, "message": null}}'])  # fmt: skip
def test_an_odd_body_is_a_protocol_error_never_a_key_error(body: str) -> None:
    assert type(error_of(answer(400, body), "/a")) is Protocol
    for status in (401, 403):
        error = error_of(answer(status, body), "/a")
        assert type(error) is AccessDenied
        assert "credentials" in error.remedy


@pytest.mark.parametrize("status", [400, 401, 404])
def test_who_gave_an_answer_that_is_no_namenodes_is_named(status: int) -> None:
    assert str(error_of(answer(status, "<html>"), "/a b")).startswith(f"/a b: http://nn:9870 answered {status}")


@pytest.mark.parametrize("status", [500, 502])
def test_a_proxys_own_error_settles_nothing(status: int) -> None:
    given = answer(status, "<html>")
    given.url += "&to=?"
    lost = error_of(given, "/a")
    assert isinstance(lost, Lost)
    assert str(lost) == f"{status} without a reason from http://nn:9870/webhdfs/v1/a"


def test_an_answer_without_a_reason_is_told_with_its_status_and_what_to_check() -> None:
    odd = error_of(answer(499, "<html>"), "/a b")
    assert type(odd) is Protocol
    assert odd.problem == "http://nn:9870 answered 499 Odd without a reason"
    assert "the WebHDFS address of a NameNode" in odd.remedy


def test_a_stack_trace_stays_out_of_the_message() -> None:
    assert "\n" not in str(error_of(answer(404, remote("FileNotFoundException", "gone\n\tat java.x")), "/a"))


def test_a_surprise_while_taking_an_answer_apart_names_the_path_and_who_gave_it() -> None:
    with pytest.raises(Protocol, match="/a b: the answer of http://nn:9870 is not what"), expected_shape("/a b", "http://nn:9870"):
        json.loads("{}")["FileStatus"]


# -- ACLs
@pytest.mark.parametrize(("entries", "mode", "full"), [
    ([], 0o755, ()),
    (["user:alice:r-x", "group::r--"], 0o1770,
     ("group::r--", "mask::rwx", "other::---", "user::rwx", "user:alice:r-x")),
    (["default:user::rwx", "default:other::---"], 0o751,
     ("default:other::---", "default:user::rwx", "group::r-x", "other::--x", "user::rwx")),
    (["group::r--"], 0o770, ("group::r--", "mask::rwx", "other::---", "user::rwx")),
])
def test_an_acl_is_completed_from_the_mode(entries: list[str], mode: int, full: tuple[str, ...]) -> None:
    assert full_acl(entries, mode) == full


# -- diff pages
def entry(number: int) -> DiffEntry:
    return DiffEntry(number, 1, f"e%20 {number}")


def pages(*given: tuple[DiffPage, str, int]) -> list[DiffPage]:
    left = list(given)
    return list(diff_pages("/root", lambda path, index: left.pop(0) if len(left) > 1 else left[0]))


def test_a_cursor_that_repeats_ends_in_an_error_not_in_a_loop() -> None:
    with pytest.raises(Protocol, match="HDFS-16121"):
        pages((DiffPage(created=(entry(1),)), "d", 7), (DiffPage(created=(entry(2),)), "d", 7))


def test_an_entry_that_comes_twice_is_given_once() -> None:
    found = pages((DiffPage(created=(entry(1), entry(2))), "d", 2), (DiffPage(created=(entry(2), entry(3))), "", -1))
    assert [one.inode for page in found for one in page.created] == [1, 2, 3]


def test_a_deleted_and_a_created_entry_of_one_name_are_two() -> None:
    found = pages((DiffPage(created=(entry(1),), deleted=(entry(1),)), "", -1))
    assert found == [DiffPage(created=(entry(1),), deleted=(entry(1),))]
