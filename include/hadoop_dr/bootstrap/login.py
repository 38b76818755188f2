"""Who acts on a site, and how every connection to it proves that: one object for a site, nothing of the process.

A site that authenticates in another way is another kind of login with the same methods; no adapter changes for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hadoop_dr.bootstrap.late import LateAdapter
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.config.pair import Addresses
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.requests import Note, nobody

if TYPE_CHECKING:
    from hadoop_dr.adapters.hive import Client, Opener
    from hadoop_dr.adapters.webhdfs import SessionFactory

HDFS_USER = "HADOOP_USER_NAME"
"""Environment variable with the HDFS user, as in Hadoop's own clients."""
DEFAULT_USER = "hdfs"
"""The HDFS user where nobody names one."""
Users = Mapping[str, str]
"""HDFS users by site, as an entrance that keeps credentials of its own knows them."""
NOBODY: Users = {}
"""No user of any site is named."""


@dataclass(frozen=True, slots=True)
class SiteLogin:
    """A user who says who he is and proves nothing: Hadoop's simple authentication.

    Attributes:
        site: Name of the site.
        user: Who acts there: on HDFS, in the metastore and in HiveServer2.
    """

    site: str
    user: str

    def hdfs(self, found: Addresses) -> HdfsAddress:
        """Where the site's HDFS is, and who asks there."""
        return HdfsAddress(self.site, found.namenodes, found.webhdfs, found.nameservice, self.user)

    def webhdfs_session(self) -> SessionFactory | None:
        """Makes the session of one WebHDFS connection; None for the adapter's own, which names the user."""
        return None

    def thrift(self) -> Opener:
        """Opens one Thrift connection."""
        from hadoop_dr.adapters.hive import plain_transport

        return plain_transport

    def metastore(self, found: Addresses, note: Note = nobody) -> Client:
        """A connection to the site's metastore, made when first needed."""
        from hadoop_dr.adapters.hive import Client

        return Client(self.site, found.hive, opener=self.thrift(), note=note)

    def zookeeper(self, found: Addresses) -> Coordinator:
        """A connection to the site's ZooKeeper, made when first needed, and its library loaded then."""

        def make() -> Coordinator:
            from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator

            return ZooKeeperCoordinator(found.zookeeper, self.site)

        return cast(Coordinator, LateAdapter(make))


def login_to(site: str, users: Users = NOBODY) -> SiteLogin:
    """Who acts on a site: as the entrance says, else the environment, else the superuser."""
    return SiteLogin(site, users.get(site) or os.environ.get(HDFS_USER, DEFAULT_USER))
