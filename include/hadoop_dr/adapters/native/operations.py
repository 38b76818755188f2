"""One change of the destination's name space, and what its end means."""

from __future__ import annotations

from hadoop_dr.adapters.native.site import SiteClient
from hadoop_dr.adapters.native.verdicts import STOPS, Again, Judged, judge
from hadoop_dr.ports.mover import Did, MakeDirectory, Operation, Outcome, RecoverLease, Remove, Rename, SetAttributes

KEEP_ATIME = (1 << 64) - 1        # the library sends it as the -1 that HDFS takes for "leave it"
_BY_INODE = "/.reserved/.inodes/"


async def apply_one(site: SiteClient, operation: Operation) -> Outcome:
    """Runs an operation; everything but a rename may be sent again, since its end is the same.

    A rename whose answer is lost is UNKNOWN: this library gives no inode id that could tell whose item lies there.
    """
    lost = False

    async def attempt() -> Outcome:
        nonlocal lost
        try:
            return await _send(site, operation)
        except BaseException as error:
            lost = lost or judge(error).again is Again.LOST
            raise

    try:
        outcome = await site.insist(attempt, repeatable=not isinstance(operation, Rename))
    except STOPS:
        raise
    except BaseException as error:
        return _ended(operation, judge(error), lost)
    if lost and isinstance(operation, Remove) and outcome.did is Did.NO_SOURCE:
        return Outcome(operation.key, Did.DONE)
    return outcome


def _ended(operation: Operation, judged: Judged, lost: bool) -> Outcome:
    if lost and judged.again is not Again.ANSWERED:
        return Outcome(operation.key, Did.UNKNOWN, judged.detail)
    if isinstance(operation, Rename) and operation.source.startswith(_BY_INODE) and "are the same" in judged.detail:
        return Outcome(operation.key, Did.DONE)         # that inode is at its target already
    return Outcome(operation.key, judged.did, judged.detail)


async def _send(site: SiteClient, operation: Operation) -> Outcome:
    done = Outcome(operation.key, Did.DONE)
    match operation:
        case MakeDirectory(path=path, mode=mode, parents=parents):
            await site.call(lambda client: client.mkdirs(path, mode, parents))
        case Rename(source=source, target=target):
            await site.call(lambda client: client.rename(source, target, False))
        case Remove(path=path):
            if not await site.call(lambda client: client.delete(path, True)):
                return Outcome(operation.key, Did.NO_SOURCE, f"there is nothing at {path}")
        case RecoverLease(path=path):
            await site.call(lambda client: client.recover_lease(path))
        case SetAttributes():
            return await _set_attributes(site, operation)
    return done


async def _set_attributes(site: SiteClient, wanted: SetAttributes) -> Outcome:
    path, mode, replication, mtime_ms = wanted.path, wanted.mode, wanted.replication, wanted.mtime_ms
    if wanted.owner is not None or wanted.group is not None:
        await site.call(lambda client: client.set_owner(path, wanted.owner, wanted.group))
    if mode is not None:
        await site.call(lambda client: client.set_permission(path, mode))
    if replication is not None and not await site.call(lambda client: client.set_replication(path, replication)):
        await site.call(lambda client: client.get_file_info(path))
        return Outcome(wanted.key, Did.FAILED, f"{path} is not a file and has no replication")
    if mtime_ms is not None:
        await site.call(lambda client: client.set_times(path, mtime_ms, KEEP_ATIME))
    return Outcome(wanted.key, Did.DONE)
