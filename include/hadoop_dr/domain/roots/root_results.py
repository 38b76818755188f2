"""What a person is told of a service's roots: what HDFS will refuse on the primary, which line helps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hadoop_dr.domain.check_results import Mark, Result, ok, warn
from hadoop_dr.domain.roots.decision import Barred, OwnRoot, RootDecision
from hadoop_dr.domain.roots.layout import Why

_NAME = "roots"
_SHOWN = 5
_HELD = "from the first snapshot on HDFS neither deletes nor renames it or a directory above it"
_TABLES = "tables in it can still be dropped, renamed, truncated and overwritten"
_LEFT = "DROP DATABASE answers OK and leaves the directory"
_NOT_AGAIN = "and Hive then refuses to make the database again, until it is gone"
_NO_NEWS = frozenset((Why.ABSENT, Why.EMPTY))


def rootless(one: Barred) -> str:
    """Says of a table that lies in no root why its own directory cannot be one."""
    return f"it lies at {one.path}, which cannot be a root: it {_against(one)}"


def root_results(decision: RootDecision, changed: RootDecision) -> list[Result]:
    """Returns what HDFS refuses on the primary from the first snapshot on, root by root, with the line that helps.

    Args:
        decision: The roots.
        changed: What they would be if no point held a snapshot.
    """
    own = {one.path for one in decision.tables}
    results = [_of_root(decision, root) for root in decision.roots if root not in own]
    results += [warn(_NAME, f"{one.path}, the directory of database {one.owner}, is no root: it {_against(one)}",
                     _instead(one)) for one in decision.barred if one.why not in _NO_NEWS]  # fmt: skip
    results += _of_tables(decision.tables)
    gained, lost = (sorted(set(one.roots) - set(other.roots)) for one, other in
                    ((changed, decision), (decision, changed)))  # fmt: skip
    if gained or lost:
        results.append(warn(
            _NAME,
            f"with --change-roots {_some(gained) or 'nothing'} would be a root instead of {_some(lost) or 'nothing'}",
            "Points hold snapshots of the present roots, so these stay until somebody asks for the change",
        ))  # fmt: skip
    return results


def unless_missing(notes: Sequence[Result], others: Sequence[Result]) -> list[Result]:
    """Leaves out what is well with the roots where one of them cannot have snapshots as it is.

    A directory that is missing would else be called a root in one line, and said not to exist in the next.
    """
    failed = any(one.mark is Mark.FAIL and one.name in (_NAME, "directories") for one in others)
    return [one for one in notes if not (failed and one.mark is Mark.OK)]


def kept_directories(decision: RootDecision, service: str, held: Iterable[str]) -> list[Result]:
    """Directories that stay although nothing protected lies in them any more, and foreign data in roots.

    Args:
        service: For the command that helps.
        held: Directories of the primary that have snapshots of points.
    """
    still = frozenset(held)
    results = [
        warn(
            _NAME,
            f"nothing protected lies in {root} any more, but points hold its snapshots, so HDFS does not delete it: if "
            "Hive used it, DROP answered OK anyway, a table created there again finds the old content, and a database "
            "with this managed directory cannot be created again",
            f"It can be deleted once its last point is pruned, or after: hadoop-dr unprotect {service} --reason TEXT",
        )
        for root in decision.released
        if root in still
    ]
    results += [
        warn(
            _NAME,
            f"{root} holds data of {guest}, which the policy does not protect: they are in the points all the same, "
            "and cannot be a root of their own",
            "Protect them with the same policy, or move them",
        )
        for root, guest in decision.guests
    ]
    return results


def _of_root(decision: RootDecision, root: str) -> Result:
    if names := decision.databases.get(root):
        whose = f"the directory of {'databases' if len(names) > 1 else 'database'} {', '.join(names)}"
        left = f"{_LEFT}, {_NOT_AGAIN}" if root in decision.managed else _LEFT
        return ok(_NAME, f"{root}, {whose}, is a root: {_HELD}; {_TABLES}; {left}")
    return ok(_NAME, f"{root} is a root: {_HELD}")


def _of_tables(tables: Sequence[OwnRoot]) -> Iterator[Result]:
    """One result for all tables that have the same reason and the same line: a service may have thousands."""
    groups: dict[tuple[Why, str, str, bool], list[OwnRoot]] = {}
    for one in tables:
        groups.setdefault((one.why, one.by, one.line, one.change), []).append(one)
    for some in groups.values():
        yield warn(
            _NAME,
            f"{_some(f'{one.table} at {one.path}' for one in some)}: a root of its own, because "
            f"{_because(some[0])}; {_HELD}: DROP TABLE answers OK and leaves directory and rows, which a table made "
            "there again would read, and ALTER TABLE RENAME and TRUNCATE fail",
            _line(some[0]),
        )


def _line(one: OwnRoot) -> str:
    if one.why is Why.ITSELF:
        return "Keep the table in a directory of its own below it"
    if one.why is Why.ROOT:
        return "A backup with --change-roots makes the database's directory the root"
    if not one.line:
        return f"No directory above can be declared for it. {_instead(one)}"
    then = ", and back up with --change-roots" if one.change else ""
    return f"Add '- hdfs: {one.line}' to 'protect'{then}: then it can be dropped and created there"


def _because(one: OwnRoot) -> str:
    match one.why:
        case Why.SINGLE:
            return f"database {one.by} is not protected whole"
        case Why.ELSEWHERE:
            return f"it lies outside the directories of database {one.by}"
        case Why.ITSELF:
            return "its directory is a declared one or its database's own"
    return f"its database's directory {_against(one)}"


def _against(one: Barred | OwnRoot) -> str:
    match one.why:
        case Why.DATABASE:
            return f"holds database {one.by}, which the policy does not protect whole"
        case Why.SERVICE:
            return f"shares data with service {one.by}"
        case Why.ROOT:
            return f"holds {one.by}, which has snapshots already"
        case Why.UNFIT:
            return one.by
        case Why.ABSENT:
            return "does not exist"
    return "is that of the default database, which holds all others"


def _instead(one: Barred | OwnRoot) -> str:
    match one.why:
        case Why.DATABASE:
            return f"Protect database {one.by} whole with the same policy, or move it"
        case Why.ROOT:
            return "A backup with --change-roots makes the database's directory the root"
        case Why.DEFAULT:
            return "Keep tables that are often dropped in a database of their own"
    return "Move the tables to a directory that nobody else protects"


def _some(texts: Iterable[str]) -> str:
    every = list(texts)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
