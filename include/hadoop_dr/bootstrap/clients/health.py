"""A health URL per site, by which a load balancer finds the site in use (S2.25)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system.answering import YesOrNo
from hadoop_dr.bootstrap.clients.access import PairAccess
from hadoop_dr.domain.errors import DrError


@dataclass(frozen=True, slots=True)
class ClientHealth:
    """One site's page.

    Attributes:
        document: What is answered about, and where.
    """

    document: dict[str, Any]
    _page: YesOrNo

    def serve(self) -> None:
        """Answers for ever: 200 while clients may use the site, else 503."""
        self._page.serve()


@contextmanager
def open_client_health(pair: str, site: str, host: str, port: int) -> Iterator[ClientHealth]:
    """Reaches both ZooKeepers of a pair, and listens.

    Raises:
        BadInput: The pair file is wrong, or has no such site; before any connection.
        Failed: The port cannot be had.
    """
    settings.load_pair(settings.find_home(), pair).site(site)
    access = PairAccess(pair, "client health")

    def ask() -> tuple[bool, dict[str, Any]]:
        told: dict[str, Any] = {"pair": pair, "site": site}
        try:
            _, in_use, epoch = access.addresses(changing=True)
        except DrError as error:
            return False, {**told, "in_use": None, "problem": str(error)}
        return in_use == site, {**told, "in_use": in_use, "epoch": epoch}

    try:
        page = YesOrNo(host, port, ask)
        try:
            yield ClientHealth({"pair": pair, "site": site, "url": page.url}, page)
        finally:
            page.close()
    finally:
        access.close()
