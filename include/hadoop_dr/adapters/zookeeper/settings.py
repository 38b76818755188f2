"""How to speak to a ZooKeeper, and with which rights nodes are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kazoo.security import ACL, CREATOR_ALL_ACL, OPEN_ACL_UNSAFE, READ_ACL_UNSAFE


@dataclass(frozen=True, slots=True)
class ZooKeeperSettings:
    """Limits and credentials; the defaults are those of a lab, where nobody authenticates.

    Attributes:
        timeout_s: How long one answer, or one connection, may take.
        session_s: Wanted session length; the server may grant more.
        digest: ``user:password``; empty where nobody authenticates, as in the lab.
        sasl: kazoo's SASL options, such as ``{"mechanism": "GSSAPI"}``; empty for none.
        tls_ca: CA file; empty for a plain connection. The server's name is always checked.
    """

    timeout_s: float = 5.0
    session_s: float = 10.0
    digest: str = field(default="", repr=False)
    sasl: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls_ca: str = ""

    def acl(self) -> list[ACL]:
        """Rights of a new node: who authenticates owns what it makes and everyone reads; else everyone does all."""
        if self.digest or self.sasl:
            return [*CREATOR_ALL_ACL, *READ_ACL_UNSAFE]
        return list(OPEN_ACL_UNSAFE)

    def options(self, hosts: str) -> dict[str, Any]:
        """Returns what a client of these hosts is made with."""
        retry = {"max_tries": -1, "delay": 0.1, "max_delay": 1.0}
        chosen: dict[str, Any] = {"hosts": hosts, "timeout": self.session_s, "connection_retry": retry}
        if self.digest:
            chosen["auth_data"] = [("digest", self.digest)]
        if self.sasl:
            chosen["sasl_options"] = dict(self.sasl)
        if self.tls_ca:
            chosen |= {"use_ssl": True, "ca": self.tls_ca, "check_hostname": True}
        return chosen
