"""One statement on a site's HiveServer2, for the demonstration."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.bootstrap.connections import open_queries
from hadoop_dr.bootstrap.login import login_to
from hadoop_dr.domain.errors import Refused

__all__ = ["run_query"]


def run_query(pair: str, site: str, sql: str, home: Path | None = None) -> dict[str, Any]:
    """Runs one statement on a site's HiveServer2; gives its rows as texts and a digest that two sites can compare.

    Raises:
        Refused: The site has no HiveServer2.
    """
    home = home or settings.find_home()
    found = settings.load_pair(home, pair).site(site)
    with ExitStack() as stack:
        addresses = settings.addresses(home, found)
        queries = open_queries(found, addresses, stack, login_to(site))
        if queries is None:
            raise Refused(site, "has no HiveServer2", "Start one: hadoop-dr lab up --hiveserver2")
        answer = queries.run(sql)
        return {"columns": list(answer.columns), "rows": [list(row) for row in answer.rows], "sha256": answer.sha256}
