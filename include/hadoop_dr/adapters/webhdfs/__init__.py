"""The control plane of HDFS over WebHDFS, on the ``hdfs`` library."""

from hadoop_dr.adapters.webhdfs.client import Deadlines, SessionFactory, simple_session
from hadoop_dr.adapters.webhdfs.files import WebHdfsFiles
from hadoop_dr.adapters.webhdfs.namenode import WebHdfsNameNode

__all__ = ["Deadlines", "SessionFactory", "WebHdfsFiles", "WebHdfsNameNode", "simple_session"]
