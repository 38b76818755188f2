"""What the native client's errors mean: the port's ends, and whether another try makes sense (I11)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.native.verdicts import Again, judge
from hadoop_dr.ports.mover import Did


def remote(name: str, message: str) -> RuntimeError:
    return RuntimeError(f'RPCError("org.apache.hadoop.{name}", "{message}\\n\\tat java.x")')


@pytest.mark.parametrize(("error", "did", "again"), [
    (FileNotFoundError("rename source /a is not found."), Did.NO_SOURCE, Again.SETTLED),
    (FileExistsError("rename destination /a already exists"), Did.EXISTS, Again.SETTLED),
    (remote("fs.ParentNotDirectoryException", "/f (is not a directory)"), Did.NO_SOURCE, Again.SETTLED),
    (remote("x.IOException", "Source /a and destination /b must both be directories"), Did.EXISTS, Again.SETTLED),
    (remote("hdfs.protocol.NSQuotaExceededException", "full"), Did.FAILED, Again.SETTLED),
    (remote("ipc.StandbyException", "no"), Did.FAILED, Again.NOTHING),
    (remote("ipc.RetriableException", "starting"), Did.FAILED, Again.NOTHING),
    (remote("hdfs.server.namenode.SafeModeException", "safe"), Did.FAILED, Again.NOTHING),
    (remote("hdfs.server.namenode.NotReplicatedYetException", "/f"), Did.FAILED, Again.LOST),
    (OSError("Connection refused (os error 111)"), Did.FAILED, Again.NOTHING),
    (OSError("RPC listener disconnected"), Did.UNKNOWN, Again.LOST),
    (OSError("Connection reset by peer (os error 104)"), Did.UNKNOWN, Again.LOST),
    (TimeoutError(), Did.UNKNOWN, Again.LOST),
    (BaseException("there is no reactor running"), Did.UNKNOWN, Again.LOST),
    (RuntimeError('DataTransferError("Datanode connection closed while waiting for ack")'), Did.FAILED, Again.LOST),
    (BaseException("Cannot read past end of the file"), Did.FAILED, Again.SETTLED),
])
def test_an_error_says_what_is_known_of_its_effect(error: BaseException, did: Did, again: Again) -> None:
    judged = judge(error)
    assert (judged.did, judged.again) == (did, again)
    assert "\n" not in judged.detail
    assert "\\n" not in judged.detail
