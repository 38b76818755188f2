"""What the native client's errors mean: the port's ends, and whether another try makes sense (I11)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.native.verdicts import Again, Ended, Judged, judge
from hadoop_dr.ports.mover import Did


def remote(name: str, message: str) -> RuntimeError:
    return RuntimeError(f'RPCError("org.apache.hadoop.{name}", "{message}\\n\\tat java.x")')


@pytest.mark.parametrize(("error", "did", "again"), [
    (FileNotFoundError("rename source /a is not found."), Did.NO_SOURCE, Again.ANSWERED),
    (FileExistsError("rename destination /a already exists"), Did.EXISTS, Again.ANSWERED),
    (remote("fs.ParentNotDirectoryException", "/f (is not a directory)"), Did.NO_SOURCE, Again.ANSWERED),
    (remote("x.IOException", "Source /a and destination /b must both be directories"), Did.EXISTS, Again.ANSWERED),
    (remote("hdfs.protocol.NSQuotaExceededException", "full"), Did.FAILED, Again.ANSWERED),
    (remote("ipc.StandbyException", "no"), Did.FAILED, Again.NOTHING),
    (remote("ipc.RetriableException", "starting"), Did.FAILED, Again.NOTHING),
    (remote("hdfs.server.namenode.SafeModeException", "safe"), Did.FAILED, Again.NOTHING),
    (remote("ipc.ObserverRetryOnActiveException", "no"), Did.FAILED, Again.NOTHING),
    (remote("x.IOException", "Cannot delete /f. Name node is in safe mode."), Did.FAILED, Again.NOTHING),
    (ConnectionRefusedError(), Did.FAILED, Again.NOTHING),
    (RuntimeError("All DataNodes failed"), Did.FAILED, Again.LOST),
    (remote("x.IOException", "/f could only be written to 0 of the 1 minReplication nodes"), Did.FAILED, Again.LOST),
    (remote("hdfs.server.namenode.NotReplicatedYetException", "/f"), Did.FAILED, Again.LOST),
    (OSError("Connection refused (os error 111)"), Did.FAILED, Again.NOTHING),
    (OSError("RPC listener disconnected"), Did.UNKNOWN, Again.LOST),
    (OSError("Connection reset by peer (os error 104)"), Did.UNKNOWN, Again.LOST),
    (TimeoutError(), Did.UNKNOWN, Again.LOST),
    (BaseException("there is no reactor running"), Did.UNKNOWN, Again.LOST),
    (RuntimeError('DataTransferError("Datanode connection closed while waiting for ack")'), Did.FAILED, Again.LOST),
    (BaseException("Cannot read past end of the file"), Did.FAILED, Again.ANSWERED),
])
def test_an_error_says_what_is_known_of_its_effect(error: BaseException, did: Did, again: Again) -> None:
    judged = judge(error)
    assert (judged.did, judged.again) == (did, again)
    assert "\n" not in judged.detail
    assert "\\n" not in judged.detail


@pytest.mark.parametrize(("error", "detail"), [
    (TimeoutError(), "no answer in time"),
    (TimeoutError("waited\nfor it"), "waited"),
    (FileNotFoundError("/ü %: gone\\n\\tat java.x\\n\\tat java.y\nand more\nof it"), "/ü %: gone"),
    (RuntimeError("All DataNodes failed\\nfor it"), "All DataNodes failed"),
    (remote("hdfs.protocol.NSQuotaExceededException", "full"), "NSQuotaExceededException: full"),
    (remote("ipc.StandbyException", "no"), "StandbyException: no"),
    (remote("hdfs.server.namenode.NotReplicatedYetException", "/f"), "NotReplicatedYetException: /f"),
    (remote("fs.ParentNotDirectoryException", "/f"), "ParentNotDirectoryException: /f"),
    (remote("x.IOException", "Source /a and destination /b must both be files"),
     "IOException: Source /a and destination /b must both be files"),
    (OSError("RPC listener disconnected\nat once"), "RPC listener disconnected"),
    (KeyError("a b\nc"), "KeyError: 'a b"),
])  # fmt: skip
def test_an_error_is_told_in_one_line_that_names_its_kind(error: BaseException, detail: str) -> None:
    assert judge(error).detail == detail


def test_what_ended_behind_the_gate_means_what_its_error_means() -> None:
    ended = Ended(TimeoutError("late"), 7.5)
    assert judge(ended) == Judged(Did.UNKNOWN, "late", Again.LOST)
    assert (ended.took_s, ended.args) == (7.5, (ended.error, 7.5))
