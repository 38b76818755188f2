"""The Hive metastore over Thrift; the only package that imports ``thrift``."""

from hadoop_dr.adapters.hive.client import Client
from hadoop_dr.adapters.hive.metastore import HiveMetastore
from hadoop_dr.adapters.hive.transports import Opener, plain_transport, sasl_transport

__all__ = ["Client", "HiveMetastore", "Opener", "plain_transport", "sasl_transport"]
