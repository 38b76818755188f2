"""Who a client of ``hdfs_native`` acts as: one object for each client, as far as the library lets it.

Its version 0.14.7 has two ways, and they differ in what they belong to:
  * Kerberos: principal, keytab and cache are arguments of one client. Two principals of two realms served 200 requests
    side by side in one process (measured). A login for that gives these ``arguments`` and has nothing to enter.
  * Simple authentication: the user is read from ``HADOOP_USER_NAME`` of the whole process, and not when the client is
    made but whenever it opens a connection. So setting it around the making of a client would be no use: the next
    connection of an older client would act as somebody else. Its Rust part can give a user to one client; its Python
    class has no argument for that. Until it has, a process acts as one user, and a second one is refused by name
    instead of writing files under the wrong owner.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hadoop_dr.domain.errors import BadInput

_USER = "HADOOP_USER_NAME"


@dataclass(frozen=True, slots=True)
class SimpleLogin:
    """A user who says who he is and proves nothing.

    Attributes:
        user: Who acts.
    """

    user: str
    _of_the_process: ClassVar[list[SimpleLogin]] = []

    def arguments(self) -> Mapping[str, str]:
        """Returns what the client is made with, beside its addresses."""
        return {}

    def enter(self) -> None:
        """Makes the process act as this user; call it before the client is made, one thread at a time.

        Raises:
            BadInput: It acts as another one already.
        """
        acting = self._of_the_process
        if acting and acting[0] != self:
            raise BadInput(f"HDFS user {self.user}", f"this process acts as {acting[0].user} already",
                           "Give both sites of a pair the same HDFS user")
        acting[:] = [self]
        os.environ[_USER] = self.user
