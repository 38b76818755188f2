"""Data of the demo: TPC-H rows as a bank's billing service would hold them, in Hive tables and as landed files.

Everything is written the way users write: files over WebHDFS, tables through HiveServer2.
"""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from hadoop_lab.errors import LabError

LANDING = "/data/billing/landing"
TABLES = "/data/billing/tables"
PARTS = 4
SCALE = "0.02"
_USER = "hdfs"

ORDERS = (
    "o_orderkey bigint, o_custkey bigint, o_orderstatus string, o_totalprice decimal(15,2), o_orderdate date, "
    "o_orderpriority string, o_clerk string, o_shippriority int, o_comment string"
)
LINEITEM = (
    "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity decimal(15,2), "
    "l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag string, "
    "l_linestatus string, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct string, "
    "l_shipmode string, l_comment string"
)
COLUMNS = {"orders": ORDERS, "lineitem": LINEITEM}

Sql = Callable[[str], object]


def generate(folder: Path) -> None:
    """Generates the Parquet files once; a finished folder is kept."""
    done = folder / ".complete"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tool = Path(sys.executable).with_name("tpchgen-cli")
    if not tool.exists():
        raise LabError("tpchgen-cli is not installed beside python; make the environment again: make env")
    command = [
        str(tool),
        "parquet",
        "-s",
        SCALE,
        f"--tables={','.join(COLUMNS)}",
        f"--parts={PARTS + 1}",
        f"--output-dir={folder}",
    ]
    subprocess.run(command, check=True, capture_output=True)
    done.touch()


class Uploader:
    """Puts files on one site over WebHDFS.

    Args:
        url: Address of its NameNode's web server.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def put(self, path: str, content: bytes) -> None:
        """Writes a whole file, replacing an older one."""
        location = self._call("PUT", path, "CREATE", "&overwrite=true&noredirect=false", 307)
        split = urlsplit(location)
        self._send(split.netloc, "PUT", f"{split.path}?{split.query}", content, 201)

    def append(self, path: str, content: bytes) -> None:
        """Adds bytes to a file."""
        location = self._call("POST", path, "APPEND", "", 307)
        split = urlsplit(location)
        self._send(split.netloc, "POST", f"{split.path}?{split.query}", content, 200)

    def rename(self, source: str, target: str) -> None:
        """Moves a file or directory."""
        self._call("PUT", source, "RENAME", f"&destination={quote(target)}", 200)

    def delete(self, path: str) -> None:
        """Removes a file or directory."""
        self._call("DELETE", path, "DELETE", "&recursive=true", 200)

    def mode(self, path: str, mode: str) -> None:
        """Sets permission bits."""
        self._call("PUT", path, "SETPERMISSION", f"&permission={mode}", 200)

    def exists(self, path: str) -> bool:
        """Whether something lies there."""
        split = urlsplit(self._url)
        return self._answer(split.netloc, "GET", self._path(path, "GETFILESTATUS", ""), b"")[0] == 200

    def _call(self, method: str, path: str, operation: str, more: str, status: int) -> str:
        return self._send(urlsplit(self._url).netloc, method, self._path(path, operation, more), b"", status)

    @staticmethod
    def _path(path: str, operation: str, more: str) -> str:
        return f"/webhdfs/v1{quote(path)}?op={operation}&user.name={_USER}{more}"

    def _send(self, host: str, method: str, path: str, content: bytes, status: int) -> str:
        found, location, body = self._answer(host, method, path, content)
        if found != status:
            raise LabError(f"{method} {path.partition('?')[0]} answered {found}: {body[:200]}")
        return location

    @staticmethod
    def _answer(host: str, method: str, path: str, content: bytes) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            connection.request(method, path, content)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", ""), answer.read().decode(errors="replace")
        finally:
            connection.close()


def fill(site: Uploader, sql: Sql, folder: Path) -> None:
    """Makes the service as it is on its first day: two partitioned tables, a view, and landed files."""
    for table in COLUMNS:
        for part in range(1, PARTS + 1):
            site.put(f"{TABLES}/{table}/batch={part}/{table}.parquet", _part(folder, table, part))
    for number in range(1, 41):
        name = f"{LANDING}/2026-11-{number % 20 + 1:02d}/invoice {number:03d} 100%.csv"
        site.put(name, f"number,amount\n{number},{number * 19.99:.2f}\n".encode() * 50)
    sql("create database if not exists billing")
    for table, columns in COLUMNS.items():
        sql(
            f"create external table if not exists billing.{table} ({columns}) partitioned by (batch int) "
            f"stored as parquet location '{TABLES}/{table}'"
        )
        for part in range(1, PARTS + 1):
            sql(f"alter table billing.{table} add if not exists partition (batch={part})")
    sql(
        "create view if not exists billing.revenue as select o_orderdate as day, sum(o_totalprice) as total "
        "from billing.orders group by o_orderdate"
    )


def change(site: Uploader, sql: Sql, folder: Path) -> None:
    """A day's work, with changes of every kind: new, rewritten, appended, moved, deleted, chmod, new partition."""
    site.put(f"{TABLES}/orders/batch={PARTS + 1}/orders.parquet", _part(folder, "orders", PARTS + 1))
    sql(f"alter table billing.orders add if not exists partition (batch={PARTS + 1})")
    sql("alter table billing.orders set tblproperties ('closed until' = '2026-11-20')")
    site.put(f"{LANDING}/2026-11-21/invoice 041 +new.csv", b"number,amount\n41,819.59\n")
    site.append(f"{LANDING}/2026-11-02/invoice 001 100%.csv", b"1,corrected\n")
    site.put(f"{LANDING}/2026-11-03/invoice 002 100%.csv", b"number,amount\n2,rewritten\n")
    site.rename(f"{LANDING}/2026-11-04", f"{LANDING}/archive 2026-11-04")
    site.delete(f"{LANDING}/2026-11-05/invoice 004 100%.csv")
    site.mode(f"{LANDING}/2026-11-06", "750")


def _part(folder: Path, table: str, part: int) -> bytes:
    return (folder / table / f"{table}.{part}.parquet").read_bytes()
