"""The metastore's field ids, live in one table: what a field is called, and which structure it holds.

Only the ids used by name below are needed for work; the rest of the table serves messages and tells a field this
version knows from one it does not. A structure or field that is missing here is still carried whole.
"""

from __future__ import annotations

from typing import Final

# Database
DB_NAME, DB_LOCATION, DB_PARAMETERS, DB_MANAGED_LOCATION, DB_TYPE = 1, 3, 4, 10, 11
DB_REMOTE: Final = 2                     # value of DB_TYPE: the tables live behind a data connector
# Table
TABLE_NAME, TABLE_DB, TABLE_CREATED, TABLE_SD, TABLE_KEYS, TABLE_PARAMETERS = 1, 2, 4, 7, 8, 9
TABLE_VIEW_TEXT, TABLE_VIEW_EXPANDED, TABLE_TYPE, TABLE_ID = 10, 11, 12, 25
# Partition
PARTITION_VALUES, PARTITION_DB, PARTITION_TABLE, PARTITION_SD, PARTITION_PARAMETERS = 1, 2, 3, 6, 7
# StorageDescriptor, FieldSchema, SkewedInfo, SerDeInfo
SD_COLUMNS, SD_LOCATION, SD_INPUT_FORMAT, SD_SERDE, SD_SKEWED = 1, 2, 3, 7, 11
COLUMN_NAME: Final = 1
SKEWED_LOCATIONS: Final = 3
SERDE_LIBRARY: Final = 2
# ColumnStatistics, its description and its objects
STATS_DESC, STATS_OBJECTS, STATS_ENGINE = 1, 2, 4
DESC_TABLE_LEVEL, DESC_DB, DESC_TABLE, DESC_PARTITION = 1, 2, 3, 4
OBJECT_COLUMN: Final = 1
# SQLAllTableConstraints: which list holds which class, and where each constraint keeps its name
PRIMARY, FOREIGN, UNIQUE, NOT_NULL, DEFAULT, CHECK = 1, 2, 3, 4, 5, 6
CONSTRAINT_NAME = {PRIMARY: 5, FOREIGN: 10, UNIQUE: 6, NOT_NULL: 5, DEFAULT: 6, CHECK: 6}
CONSTRAINT_OWNER = {PRIMARY: (1, 2), FOREIGN: (4, 5), UNIQUE: (2, 3), NOT_NULL: (2, 3), DEFAULT: (2, 3), CHECK: (2, 3)}
FK_PARENT_DB, FK_PARENT_TABLE = 1, 2
# Function
FUNCTION_NAME, FUNCTION_DB = 1, 2

VIEW, MATERIALIZED, EXTERNAL, MANAGED = "VIRTUAL_VIEW", "MATERIALIZED_VIEW", "EXTERNAL_TABLE", "MANAGED_TABLE"
"""Types of a table, as the metastore names them."""


def _names(text: str) -> dict[int, tuple[str, str]]:
    """Reads ``1 name, 7 sd:StorageDescriptor`` into ids, names and nested structures."""
    found = {}
    for item in text.split(","):
        number, name = item.split()
        name, _, nested = name.partition(":")
        found[int(number)] = (name, nested)
    return found


STRUCTURES: dict[str, dict[int, tuple[str, str]]] = {
    "Database": _names("1 name, 2 description, 3 locationUri, 4 parameters, 5 privileges, 6 ownerName, 7 ownerType, "
                       "8 catalogName, 9 createTime, 10 managedLocationUri, 11 type, 12 connector_name, "
                       "13 remote_dbname"),
    "Table": _names("1 tableName, 2 dbName, 3 owner, 4 createTime, 5 lastAccessTime, 6 retention, "
                    "7 sd:StorageDescriptor, 8 partitionKeys:FieldSchema, 9 parameters, 10 viewOriginalText, "
                    "11 viewExpandedText, 12 tableType, 13 privileges, 14 temporary, 15 rewriteEnabled, "
                    "16 creationMetadata, "
                    "17 catName, 18 ownerType, 19 writeId, 20 isStatsCompliant, 21 colStats, 22 accessType, "
                    "23 requiredReadCapabilities, 24 requiredWriteCapabilities, 25 id, 26 fileMetadata, "
                    "27 dictionary, 28 txnId"),
    "Partition": _names("1 values, 2 dbName, 3 tableName, 4 createTime, 5 lastAccessTime, 6 sd:StorageDescriptor, "
                        "7 parameters, 8 privileges, 9 catName, 10 writeId, 11 isStatsCompliant, 12 colStats, "
                        "13 fileMetadata"),
    "StorageDescriptor": _names("1 cols:FieldSchema, 2 location, 3 inputFormat, 4 outputFormat, 5 compressed, "
                                "6 numBuckets, 7 serdeInfo:SerDeInfo, 8 bucketCols, 9 sortCols:Order, 10 parameters, "
                                "11 skewedInfo:SkewedInfo, 12 storedAsSubDirectories"),
    "FieldSchema": _names("1 name, 2 type, 3 comment"),
    "Order": _names("1 col, 2 order"),
    "SerDeInfo": _names("1 name, 2 serializationLib, 3 parameters, 4 description, 5 serializerClass, "
                        "6 deserializerClass, 7 serdeType"),
    "SkewedInfo": _names("1 skewedColNames, 2 skewedColValues, 3 skewedColValueLocationMaps"),
    "ColumnStatistics": _names("1 statsDesc:StatsDesc, 2 statsObj:StatsObj, 3 isStatsCompliant, 4 engine"),
    "StatsDesc": _names("1 isTblLevel, 2 dbName, 3 tableName, 4 partName, 5 lastAnalyzed, 6 catName"),
    "StatsObj": _names("1 colName, 2 colType, 3 statsData"),
    "Constraints": _names("1 primaryKeys:PrimaryKey, 2 foreignKeys:ForeignKey, 3 uniqueConstraints:Unique, "
                          "4 notNullConstraints:NotNull, 5 defaultConstraints:Default, 6 checkConstraints:Check"),
    "PrimaryKey": _names("1 table_db, 2 table_name, 3 column_name, 4 key_seq, 5 pk_name, 6 enable_cstr, "
                         "7 validate_cstr, 8 rely_cstr, 9 catName"),
    "ForeignKey": _names("1 pktable_db, 2 pktable_name, 3 pkcolumn_name, 4 fktable_db, 5 fktable_name, "
                         "6 fkcolumn_name, 7 key_seq, 8 update_rule, 9 delete_rule, 10 fk_name, 11 pk_name, "
                         "12 enable_cstr, 13 validate_cstr, 14 rely_cstr, 15 catName"),
    "Unique": _names("1 catName, 2 table_db, 3 table_name, 4 column_name, 5 key_seq, 6 uk_name, 7 enable_cstr, "
                     "8 validate_cstr, 9 rely_cstr"),
    "NotNull": _names("1 catName, 2 table_db, 3 table_name, 4 column_name, 5 nn_name, 6 enable_cstr, 7 validate_cstr, "
                      "8 rely_cstr"),
    "Default": _names("1 catName, 2 table_db, 3 table_name, 4 column_name, 5 default_value, 6 dc_name, 7 enable_cstr, "
                      "8 validate_cstr, 9 rely_cstr"),
    "Check": _names("1 catName, 2 table_db, 3 table_name, 4 column_name, 5 check_expression, 6 dc_name, 7 enable_cstr, "
                    "8 validate_cstr, 9 rely_cstr"),
    "Function": _names("1 functionName, 2 dbName, 3 className, 4 ownerName, 5 ownerType, 6 createTime, 7 functionType, "
                       "8 resourceUris:ResourceUri, 9 catName"),
    "ResourceUri": _names("1 resourceType, 2 uri"),
}
"""Structure -> field id -> (name, structure the field holds directly or in a list, if it is listed too)."""
