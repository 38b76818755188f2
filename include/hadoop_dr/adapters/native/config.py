"""Settings and life of the ``hdfs_native`` clients.

What its version 0.14.7 does, measured, and what follows:
  * Freeing a client stops its Tokio runtime while the interpreter lock is held, and a worker of that runtime may be
    waiting for this lock: the process stands still for ever. So clients are shared by the process and never freed.
  * A client made before ``fork`` hangs in the child. So they are kept by process id.
  * Its asynchronous client panics when it wants to pause between two rounds over the NameNodes. With one attempt less
    than there are NameNodes it asks each once and never pauses; rounds and pauses are made in ``site.py``.
  * Who acts: see ``login``.
  * Unless told of a directory, it reads core-site.xml and hdfs-site.xml of ``HADOOP_CONF_DIR`` or ``HADOOP_HOME``,
    those of another cluster. The pair file alone counts, so it is sent where no file can be.
  * A call to a NameNode that hangs hangs for ever, so each gets a deadline, and the next call goes to a client that
    begins with another NameNode.
  * A file that is still open for writing has the length 0 for its reader.
"""

from __future__ import annotations

import ctypes
import os
import threading

from hdfs_native import AsyncClient

from hadoop_dr.adapters.native.login import SimpleLogin
from hadoop_dr.domain.config.addresses import HdfsAddress

NOWHERE = os.devnull
"""In place of a directory with Hadoop's configuration files, so that none of the machine's is read."""
_clients: dict[tuple[int, HdfsAddress, int], AsyncClient] = {}
_lock = threading.Lock()


def client_of(address: HdfsAddress, first: int = 0) -> AsyncClient:
    """Returns this process's client of a site that asks a certain NameNode first.

    Args:
        address: The site.
        first: Index of that NameNode.

    Raises:
        BadInput: The process acts as another user already; the library cannot serve two in one process.
    """
    with _lock:
        key = (os.getpid(), address, first)
        if key not in _clients:
            login = SimpleLogin(address.user)
            login.enter()
            url, settings = client_settings(address, first)
            client = AsyncClient(url, settings, config_dir=NOWHERE, **login.arguments())
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(client))      # outlives the interpreter's own clearing up
            _clients[key] = client
        return _clients[key]


def client_settings(address: HdfsAddress, first: int) -> tuple[str, dict[str, str]]:
    """Returns the URL and the configuration of a client."""
    nodes = address.namenodes[first:] + address.namenodes[:first]
    settings = {
        "dfs.client.failover.max.attempts": str(len(nodes) - 1),
        "dfs.client.failover.sleep.base.millis": "0",
        "dfs.client.failover.sleep.max.millis": "0",
    }
    if len(nodes) == 1:
        return f"hdfs://{nodes[0]}", settings
    service = address.nameservice or address.site
    settings["dfs.nameservices"] = service
    settings[f"dfs.ha.namenodes.{service}"] = ",".join(f"nn{number}" for number in range(len(nodes)))
    for number, node in enumerate(nodes):
        settings[f"dfs.namenode.rpc-address.{service}.nn{number}"] = node
    return f"hdfs://{service}", settings
