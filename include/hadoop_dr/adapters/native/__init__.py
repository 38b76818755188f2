"""The data plane of HDFS, on the ``hdfs_native`` library."""

from hadoop_dr.adapters.native.mover import NativeMover

__all__ = ["NativeMover"]
