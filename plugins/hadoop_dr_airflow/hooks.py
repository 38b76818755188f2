"""Credentials of a site, as an Airflow connection holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.sdk import BaseHook

from hadoop_dr.domain.addresses import short_name
from hadoop_dr_airflow.compat import AirflowNotFoundException


class HadoopClusterHook(BaseHook):
    """Reads the optional connection ``hadoop_<site>``; addresses come from the pair file, never from here."""

    conn_name_attr = "site_conn_id"
    default_conn_name = "hadoop_default"
    conn_type = "hadoop_cluster"
    hook_name = "Hadoop cluster (credentials)"

    def __init__(self, site_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.site_conn_id = site_conn_id

    def get_conn(self) -> dict[str, Any]:
        """Gives the credentials that are set, by their field names."""
        connection = self.get_connection(self.site_conn_id)
        held = {"login": connection.login, "password": connection.password, **connection.extra_dejson}
        return {name: value for name, value in held.items() if value}


def hdfs_users(sites: Iterable[str]) -> dict[str, str]:
    """Gives the HDFS user of each site whose connection names one; a site without a connection is left out.

    The login may be a principal. Nothing else of a connection is handed on yet: keytabs, certificates and digests have
    their fields, and no use before Kerberos and TLS are built.
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
