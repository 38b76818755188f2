"""The coordinator port over ZooKeeper; the only package that imports kazoo."""

from hadoop_dr.adapters.zookeeper.coordinator import ZooKeeperCoordinator
from hadoop_dr.adapters.zookeeper.server import server_says
from hadoop_dr.adapters.zookeeper.settings import ZooKeeperSettings

__all__ = ["ZooKeeperCoordinator", "ZooKeeperSettings", "server_says"]
