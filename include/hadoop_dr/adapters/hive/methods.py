"""The metastore's method names, request fields and exceptions, live in one table."""

from __future__ import annotations

from typing import Final

CATALOG = "hive"
"""The metastore's catalog, which is always this one."""
CLIENT = "hadoop-dr"
"""How we name ourselves in requests that ask for it."""
ENGINE = "hive"
"""Whose statistics are read and set: those of this engine."""

CAPABILITIES: Final = ["EXTREAD", "EXTWRITE", "HIVEBUCKET2", "HIVEFULLACIDREAD", "HIVEFULLACIDWRITE",
                       "HIVEMANAGEDINSERTREAD", "HIVEMANAGEDINSERTWRITE", "HIVECACHEINVALIDATE", "HIVEMANAGESTATS",
                       "HIVEMQT", "HIVEONLYMQTWRITE", "HIVESQL", "CONNECTORREAD", "CONNECTORWRITE"]
"""What a client has to say it can do, or the metastore hides tables from it or changes their access."""
CLIENT_CAPABILITIES: Final = [1, 2]                          # TEST_CAPABILITY, INSERT_ONLY_TABLES

_META, _NO_SUCH, _EXISTS = "MetaException", "NoSuchObjectException", "AlreadyExistsException"
_OBJECT, _OPERATION, _INPUT = "InvalidObjectException", "InvalidOperationException", "InvalidInputException"

EXCEPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "getVersion": (),
    "get_config_value": ("ConfigValSecurityException",),
    "get_current_notificationEventId": (),
    "get_next_notification": (),
    "get_all_databases": (_META,),
    "get_database_req": (_NO_SUCH, _META),
    "get_all_tables": (_META,),
    "get_table_req": (_META, _NO_SUCH),
    "get_table_objects_by_name_req": (_META, _OPERATION, "UnknownDBException"),
    "get_partition_names": (_META, _NO_SUCH),
    "get_partitions_by_names_req": (_META, _NO_SUCH, _OBJECT),
    "get_table_statistics_req": (_NO_SUCH, _META),
    "get_partitions_statistics_req": (_NO_SUCH, _META),
    "get_all_table_constraints": (_META, _NO_SUCH),
    "get_all_functions": (_META,),
    "create_database": (_EXISTS, _OBJECT, _META),
    "alter_database": (_META, _NO_SUCH),
    "drop_database_req": (_NO_SUCH, _OPERATION, _META),
    "create_table_req": (_EXISTS, _OBJECT, _META, _NO_SUCH),
    "alter_table_req": (_OPERATION, _META),
    "drop_table_with_environment_context": (_NO_SUCH, _META),
    "add_partitions_req": (_OBJECT, _EXISTS, _META),
    "alter_partitions_req": (_OPERATION, _META),
    "drop_partitions_req": (_NO_SUCH, _META),
    "set_aggr_stats_for": (_NO_SUCH, _OBJECT, _META, _INPUT),
    "delete_table_column_statistics": (_NO_SUCH, _META, _OBJECT, _INPUT),
    "delete_partition_column_statistics": (_NO_SUCH, _META, _OBJECT, _INPUT),
    "add_primary_key": (_NO_SUCH, _META),
    "add_foreign_key": (_NO_SUCH, _META),
    "add_unique_constraint": (_NO_SUCH, _META),
    "add_not_null_constraint": (_NO_SUCH, _META),
    "add_default_constraint": (_NO_SUCH, _META),
    "add_check_constraint": (_NO_SUCH, _META),
    "drop_constraint": (_NO_SUCH, _META),
    "create_function": (_EXISTS, _OBJECT, _META, _NO_SUCH),
    "alter_function": (_OPERATION, _META),
    "drop_function": (_NO_SUCH, _META),
}
"""Method -> names of the exceptions its answer may hold, in the order of their field ids from 1 on."""

ADD_CONSTRAINT: Final = {1: "add_primary_key", 2: "add_foreign_key", 3: "add_unique_constraint",
                         4: "add_not_null_constraint", 5: "add_default_constraint", 6: "add_check_constraint"}
"""List of ``SQLAllTableConstraints`` -> the method that adds its members."""

NOT_SENT: Final[dict[str, frozenset[int]]] = {
    "Database": frozenset((5, 9)),
    "Table": frozenset((4, 13, 20, 21, 22, 23, 24, 25, 28)),
    "Partition": frozenset((4, 8, 10, 11)),
}
"""Fields a metastore computes for its clients or sets by itself; sending them back is refused or misleading."""

KEEP_STATISTICS: Final = "DO_NOT_UPDATE_STATS"
"""Setting of a change: the metastore leaves the statistics as they are sent."""
FAST_STATISTICS: Final = ("numFiles", "totalSize", "numFilesErasureCoded")
"""With all three a new partition keeps its parameters; else the metastore lists its directory and overwrites some."""
