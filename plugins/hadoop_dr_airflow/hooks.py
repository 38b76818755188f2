"""Who acts on a site, as an Airflow connection says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from hadoop_dr.domain.config.addresses import short_name
from hadoop_dr.domain.errors import BadInput
from hadoop_dr_airflow.compat import AirflowNotFoundException

if TYPE_CHECKING:
    from hadoop_dr.ports.notifier import Notifier


class HadoopClusterHook(BaseHook):
    """Reads the optional connection ``hadoop_<site>``; addresses come from the pair file, never from here."""

    conn_name_attr = "site_conn_id"
    default_conn_name = "hadoop_default"
    conn_type = "hadoop_cluster"
    hook_name = "Hadoop cluster (user)"

    def __init__(self, site_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.site_conn_id = site_conn_id

    def get_conn(self) -> dict[str, Any]:
        """Returns what is set and used, by field names.

        Raises:
            BadInput: Something is set that this version does not use; nothing of its value is told.
        """
        connection = self.get_connection(self.site_conn_id)
        unused = {
            "host": connection.host, "port": connection.port, "schema": connection.schema,
            "password": connection.password, **connection.extra_dejson,
        }  # fmt: skip
        if named := sorted(str(name) for name, value in unused.items() if value):
            raise BadInput(
                f"connection {self.site_conn_id}",
                f"this version does not use the field{'s' if len(named) > 1 else ''} {', '.join(named)}",
                "Take it out; addresses stand in the pair file, and credentials have no use yet",
            )
        return {"login": connection.login} if connection.login else {}


def hdfs_users(sites: Iterable[str]) -> dict[str, str]:
    """Returns the HDFS user of each site whose connection names one; a site without a connection is left out.

    The login may be a principal.

    Raises:
        BadInput: A connection holds something that this version does not use.
    """
    users: dict[str, str] = {}
    for site in sites:
        try:
            login = HadoopClusterHook(f"hadoop_{site}").get_conn().get("login", "")
        except AirflowNotFoundException:
            continue
        if user := short_name(login):
            users[site] = user
    return users


def alarm_notifiers() -> list[Notifier]:
    """Gives who is told of alarms: the webhook of the connection ``hadoop_dr_alarms``, else whom the environment names.

    The connection's password is the address: it may be a secret, and Airflow shows no password.

    Raises:
        BadInput: It is no address.
    """
    from hadoop_dr.bootstrap.watching.recipients import notifiers_at

    try:
        address = BaseHook.get_connection("hadoop_dr_alarms").password
    except AirflowNotFoundException:
        address = None
    return notifiers_at(address or "")
