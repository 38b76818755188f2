"""A site that did not answer a moment ago and is given up: nobody waits for it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from hadoop_dr.domain.errors import DrError
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import SiteConnections

NONE_GIVEN_UP: Mapping[str, DrError] = {}
"""Every site is waited for."""


class _Lost:
    """Answers whatever is asked with the error that the site gave."""

    def __init__(self, site: str, error: DrError) -> None:
        self.site, self._error = site, error

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any, **named: Any) -> Any:
            raise self._error

        return ask


def lost(side: SiteConnections, error: DrError) -> SiteConnections:
    """Returns the site with a file system that fails at once: each request would wait as long as for a failover."""
    gone = cast(NameNode, _Lost(side.name, error))
    return replace(side, namenode=gone, files=lost_files(side.name, error), metastore=None, sql=None)


def lost_files(site: str, error: DrError) -> Files:
    """The same for its documents alone."""
    return cast(Files, _Lost(site, error))
