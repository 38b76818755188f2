"""The folders every site has in HDFS before the first user comes."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from hadoop_lab.errors import LabError

WAREHOUSE = "/warehouse/managed"
EXTERNAL_WAREHOUSE = "/warehouse/external"
_FOLDERS = {
    "/tmp": "1777",
    "/tmp/hive": "1777",
    "/user": "755",
    "/user/hdfs": "755",
    WAREHOUSE: "755",
    EXTERNAL_WAREHOUSE: "755",
}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ensure(webhdfs: Sequence[str]) -> None:
    """Create the folders on the active NameNode of a site; what exists stays as it is."""
    refusals = []
    for address in webhdfs:
        base = address if address.startswith("http") else f"http://{address}"
        try:
            for path, mode in _FOLDERS.items():
                if not _exists(base, path):
                    _put(base, path, "MKDIRS", permission=mode)
                    # MKDIRS does not take the sticky bit on every version.
                    _put(base, path, "SETPERMISSION", permission=mode)
            return
        except OSError as error:
            refusals.append(f"{address}: {error}")
    raise LabError(f"no NameNode accepts the first folders: {'; '.join(refusals)}")


def _exists(base: str, path: str) -> bool:
    try:
        with _DIRECT.open(_url(base, path, "GETFILESTATUS"), timeout=30) as answer:
            return bool(json.load(answer)["FileStatus"])
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                return False
            raise


def _put(base: str, path: str, operation: str, **parameters: str) -> None:
    request = urllib.request.Request(_url(base, path, operation, **parameters), method="PUT")
    with _DIRECT.open(request, timeout=30):
        return


def _url(base: str, path: str, operation: str, **parameters: str) -> str:
    query = urllib.parse.urlencode({"op": operation, "user.name": "hdfs", **parameters})
    return f"{base}/webhdfs/v1{path}?{query}"
