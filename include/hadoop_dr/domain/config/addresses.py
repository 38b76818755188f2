"""Where a site's HDFS answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HdfsAddress:
    """The addresses of one site's HDFS and the user to act as.

    Attributes:
        site: Name of the site, for messages.
        namenodes: RPC addresses ``host:port`` of its NameNodes.
        webhdfs: Base URLs of the same NameNodes, e.g. ``http://host:9870``.
        nameservice: Logical name of the HA pair, or None when there is none.
        user: The HDFS user that requests are made as.
    """

    site: str
    namenodes: tuple[str, ...]
    webhdfs: tuple[str, ...]
    nameservice: str | None = None
    user: str = "hdfs"


def short_name(login: str) -> str:
    """Returns the HDFS user that a login stands for: ``dr`` for ``dr``, ``dr@EAST`` and ``dr/host@EAST``."""
    return login.partition("@")[0].partition("/")[0].strip()
