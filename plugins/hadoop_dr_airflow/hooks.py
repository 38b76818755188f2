"""Credentials of a site, as an Airflow connection holds them."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook


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
