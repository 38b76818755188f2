"""``ports.files.Tables`` as Parquet."""

from __future__ import annotations


class ParquetTables:
    """Packs rows with zstd, in groups, so that neither side needs all columns as objects at once."""

    def pack(self, schema: tuple[tuple[str, str], ...], rows: list[tuple[object, ...]], stamp: str = "") -> bytes:
        """Writes rows, compressed, in order, and beside them what form they have."""
        from hadoop_dr.adapters.parquet import arrow

        return arrow.pack(schema, rows, stamp)

    def unpack(self, content: bytes, columns: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
        """Reads the rows back in order: all of their columns, or those that are named, in that order.

        Raises:
            Protocol: The bytes are not a Parquet file.
        """
        from hadoop_dr.adapters.parquet import arrow

        return arrow.unpack(content, columns)

    def stamp(self, content: bytes) -> str:
        """Reads what form the rows have.

        Raises:
            Protocol: The bytes are not a Parquet file.
        """
        from hadoop_dr.adapters.parquet import arrow

        return arrow.stamp(content)
