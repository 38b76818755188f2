"""What each kind of event touched, read from its message; an event that is not understood touches all it may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import ABSENT, OPAQUE, Event, Known, State, Touch
from hadoop_dr.domain.catalog.partition_names import partition_name
from hadoop_dr.domain.catalog.rows import Kind, constraint_rows
from hadoop_dr.domain.catalog.thrift_json import tree_of_json, unpack_message
from hadoop_dr.domain.catalog.thrift_struct import (
    MAP,
    STRING,
    Garbled,
    Pairs,
    Tree,
    get_list,
    get_record,
    get_text,
    get_texts,
    records,
)

_BELOW_TABLE = (Kind.PARTITION, Kind.TABLE_STATS, Kind.PARTITION_STATS, Kind.CONSTRAINT)
_HARMLESS = frozenset(("INSERT", "OPEN_TXN", "COMMIT_TXN", "ABORT_TXN", "RELOAD"))

_Reader = Callable[[Event, dict[str, Any]], list[Touch]]


def touches(event: Event) -> list[Touch]:
    """Lists what an event touched; empty for events that change no catalog object."""
    if event.type in _HARMLESS or not event.database:
        return []
    reader = _READERS.get(event.type)
    if reader:
        try:
            return reader(event, unpack_message(event.message, event.format))
        except (Garbled, KeyError, TypeError, ValueError, AttributeError, IndexError):
            pass                                            # another version's message: the event still counts
    if event.table:
        return _whole_table(event, event.database, event.table)
    return _whole_database(event)


def parent_tables(event: Event) -> list[tuple[str, str]]:
    """Tables whose foreign keys in other tables may have fallen with this event, without an event of their own."""
    if event.type in ("DROP_TABLE", "DROP_CONSTRAINT", "ALTER_TABLE"):
        found = {(touch.database, touch.table) for touch in touches(event) if touch.table}
        return sorted(found)
    return []


def _whole_table(event: Event, database: str, table: str, before: State = OPAQUE, after: State = OPAQUE) -> list[Touch]:
    return [Touch(event.id, Kind.TABLE, database, table, "", before, after), *_below(event, database, table)]


def _below(event: Event, database: str, table: str, before: State = OPAQUE, after: State = OPAQUE) -> list[Touch]:
    return [Touch(event.id, kind, database, table, None, before, after) for kind in _BELOW_TABLE]


def _whole_database(event: Event) -> list[Touch]:
    return [Touch(event.id, Kind.DATABASE, event.database, "", "", OPAQUE, OPAQUE), *_inside(event, OPAQUE, OPAQUE)]


def _inside(event: Event, before: State, after: State) -> list[Touch]:
    return [Touch(event.id, kind, event.database, None, None, before, after)
            for kind in (Kind.TABLE, *_BELOW_TABLE, Kind.FUNCTION)]


def _is(text: str) -> State:
    return State(Known.IS, tree_of_json(text))


def _database(event: Event, message: dict[str, Any]) -> list[Touch]:
    if event.type == "ALTER_DATABASE":
        before, after = _is(message["dbObjBeforeJson"]), _is(message["dbObjAfterJson"])
        return [Touch(event.id, Kind.DATABASE, event.database, "", "", before, after)]
    image = _is(message["dbJson"])
    if event.type == "CREATE_DATABASE":
        return [Touch(event.id, Kind.DATABASE, event.database, "", "", ABSENT, image), *_inside(event, ABSENT, ABSENT)]
    return [Touch(event.id, Kind.DATABASE, event.database, "", "", image, ABSENT), *_inside(event, OPAQUE, ABSENT)]


def _create_table(event: Event, message: dict[str, Any]) -> list[Touch]:
    return [Touch(event.id, Kind.TABLE, event.database, event.table, "", ABSENT, _is(message["tableObjJson"])),
            *_below(event, event.database, event.table, ABSENT, ABSENT)]


def _drop_table(event: Event, message: dict[str, Any]) -> list[Touch]:
    return [Touch(event.id, Kind.TABLE, event.database, event.table, "", _is(message["tableObjJson"]), ABSENT),
            *_below(event, event.database, event.table, OPAQUE, ABSENT)]


def _alter_table(event: Event, message: dict[str, Any]) -> list[Touch]:
    before, after = _is(message["tableObjBeforeJson"]), _is(message["tableObjAfterJson"])
    (old_db, old), (new_db, new) = _name(before), _name(after)
    if (old_db, old) == (new_db, new):
        touched = [Touch(event.id, Kind.TABLE, old_db, old, "", before, after)]
        return touched if _columns(before) == _columns(after) else touched + _below(event, old_db, old)
    return [Touch(event.id, Kind.TABLE, old_db, old, "", before, ABSENT), *_below(event, old_db, old, OPAQUE, ABSENT),
            Touch(event.id, Kind.TABLE, new_db, new, "", ABSENT, after), *_below(event, new_db, new, ABSENT)]


def _name(state: State) -> tuple[str, str]:
    tree = state.tree or {}
    return get_text(tree, f.TABLE_DB).lower(), get_text(tree, f.TABLE_NAME).lower()


def _columns(state: State) -> object:
    return get_list(get_record(state.tree or {}, f.TABLE_SD), f.SD_COLUMNS)


def _key(values: dict[str, str]) -> str:
    return partition_name(list(values), list(values.values()))


def _add_partition(event: Event, message: dict[str, Any]) -> list[Touch]:
    return [touch for values, text in zip(message["partitions"], message["partitionListJson"], strict=True)
            for touch in _partition(event, _key(values), ABSENT, _is(text))]


def _drop_partition(event: Event, message: dict[str, Any]) -> list[Touch]:
    return [touch for values in message["partitions"] for touch in _partition(event, _key(values), OPAQUE, ABSENT)]


def _alter_partition(event: Event, message: dict[str, Any]) -> list[Touch]:
    before, after = _is(message["partitionObjBeforeJson"]), _is(message["partitionObjAfterJson"])
    columns = list(message["keyValues"])
    old, new = (partition_name(columns, get_texts(state.tree or {}, f.PARTITION_VALUES)) for state in (before, after))
    if old != new:
        return _partition(event, old, before, ABSENT) + _partition(event, new, ABSENT, after, stats_after=OPAQUE)
    touched = _partition(event, old, before, after, stats_after=OPAQUE)
    same = _partition_columns(before) == _partition_columns(after)
    return touched[:1] if same else touched


def _partition_columns(state: State) -> object:
    return get_list(get_record(state.tree or {}, f.PARTITION_SD), f.SD_COLUMNS)


def _partition(event: Event, key: str, before: State, after: State, stats_after: State = ABSENT) -> list[Touch]:
    stats_before = ABSENT if before is ABSENT else OPAQUE
    return [Touch(event.id, Kind.PARTITION, event.database, event.table, key, before, after),
            Touch(event.id, Kind.PARTITION_STATS, event.database, event.table, key, stats_before, stats_after)]


def _update_statistics(event: Event, message: dict[str, Any]) -> list[Touch]:
    stats = tree_of_json(message["colStatsJson"])
    key = get_text(get_record(stats, f.STATS_DESC), f.DESC_PARTITION)
    kind, owner, field = ((Kind.PARTITION_STATS, Kind.PARTITION, f.PARTITION_PARAMETERS) if key
                          else (Kind.TABLE_STATS, Kind.TABLE, f.TABLE_PARAMETERS))
    pairs = [(name.encode(), value.encode()) for name, value in (message.get("parameters") or {}).items()]
    parameters: Tree = {field: (MAP, Pairs(STRING, STRING, pairs))}
    return [Touch(event.id, kind, event.database, event.table, key, OPAQUE, State(Known.MERGED, stats)),
            Touch(event.id, owner, event.database, event.table, key, OPAQUE, State(Known.SET, parameters))]


def _delete_statistics(event: Event, message: dict[str, Any]) -> list[Touch]:
    key = message.get("partName") or ""
    kind = Kind.PARTITION_STATS if "partName" in message else Kind.TABLE_STATS
    column = message["colName"]
    after = State(Known.CUT, column=column) if column else ABSENT
    return [Touch(event.id, kind, event.database, event.table, key, OPAQUE, after)]


_CONSTRAINT_LISTS = {"ADD_PRIMARYKEY": ("primaryKeyListJson", f.PRIMARY),
                     "ADD_FOREIGNKEY": ("foreignKeyListJson", f.FOREIGN),
                     "ADD_UNIQUECONSTRAINT": ("uniqueConstraintListJson", f.UNIQUE),
                     "ADD_NOTNULLCONSTRAINT": ("notNullConstraintListJson", f.NOT_NULL),
                     "ADD_DEFAULTCONSTRAINT": ("defaultConstraintListJson", f.DEFAULT),
                     "ADD_CHECKCONSTRAINT": ("checkConstraintListJson", f.CHECK)}


def _add_constraint(event: Event, message: dict[str, Any]) -> list[Touch]:
    name, field = _CONSTRAINT_LISTS[event.type]
    database_field, table_field = f.CONSTRAINT_OWNER[field]
    touched = []
    for text in message[name]:
        item = tree_of_json(text)
        # The event itself names a foreign key's parent; the table that has the key is in the message only.
        database, table = get_text(item, database_field).lower(), get_text(item, table_field).lower()
        (row,) = constraint_rows(database, table, {field: records([item])})
        now = State(Known.IS, row.tree)
        touched.append(Touch(event.id, Kind.CONSTRAINT, database, table, row.key.name, ABSENT, now))
    many = len({touch.key for touch in touched}) < len(touched)
    return [Touch(t.event, t.kind, t.database, t.table, t.key, t.before, OPAQUE) for t in touched] if many else touched


def _drop_constraint(event: Event, message: dict[str, Any]) -> list[Touch]:
    return [Touch(event.id, Kind.CONSTRAINT, event.database, event.table, message["constraintName"], OPAQUE, ABSENT)]


def _create_function(event: Event, message: dict[str, Any]) -> list[Touch]:
    after = _is(message["functionObjJson"])
    name = get_text(after.tree or {}, f.FUNCTION_NAME)
    return [Touch(event.id, Kind.FUNCTION, event.database, "", name, ABSENT, after)]


def _drop_function(event: Event, message: dict[str, Any]) -> list[Touch]:
    return [Touch(event.id, Kind.FUNCTION, event.database, "", message["functionName"], OPAQUE, ABSENT)]


_READERS: dict[str, _Reader] = {
    "CREATE_DATABASE": _database, "ALTER_DATABASE": _database, "DROP_DATABASE": _database,
    "CREATE_TABLE": _create_table, "ALTER_TABLE": _alter_table, "DROP_TABLE": _drop_table,
    "ADD_PARTITION": _add_partition, "ALTER_PARTITION": _alter_partition, "DROP_PARTITION": _drop_partition,
    "UPDATE_TBL_COL_STAT_EVENT": _update_statistics, "UPDATE_PART_COL_STAT_EVENT": _update_statistics,
    "DELETE_TBL_COL_STAT_EVENT": _delete_statistics, "DELETE_PART_COL_STAT_EVENT": _delete_statistics,
    "DROP_CONSTRAINT": _drop_constraint, "CREATE_FUNCTION": _create_function, "DROP_FUNCTION": _drop_function,
    **dict.fromkeys(_CONSTRAINT_LISTS, _add_constraint),
}
