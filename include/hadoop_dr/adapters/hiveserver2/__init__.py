"""HiveServer2 through PyHive; the only package that imports ``pyhive``."""

from hadoop_dr.adapters.hiveserver2.queries import Authentication, HiveServer2Queries

__all__ = ["Authentication", "HiveServer2Queries"]
