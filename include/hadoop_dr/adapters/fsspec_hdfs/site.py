"""The HDFS of one site over HTTP: fsspec's WebHDFS without the faults that an application would not see."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from fsspec.implementations.webhdfs import WebHDFile, WebHDFS

from hadoop_dr.domain.config.addresses import HdfsAddress

LIMITS_S = (5.0, 60.0)
"""Seconds to wait for a connection, and for each answer; fsspec itself waits for ever."""
_NEVER_SENT = ("NewConnectionError", "ConnectTimeoutError", "in state standby")


class SiteWebHdfs(WebHDFS):  # type: ignore[misc]
    """Asks whichever NameNode of the site is active.

    Args:
        address: Where they are, and who asks.
        limits_s: Seconds to wait for a connection, and for each answer.
    """

    url: str

    def __init__(self, address: HdfsAddress, limits_s: tuple[float, float] = LIMITS_S) -> None:
        first = urlsplit(address.webhdfs[0])
        self._limits_s, self._urls = limits_s, [f"{url}/webhdfs/v1" for url in address.webhdfs]
        super().__init__(first.hostname, first.port, user=address.user, use_https=first.scheme == "https")

    def ls(self, path: str, detail: bool = False, **options: Any) -> Any:
        """Lists a directory; a file is its only entry."""
        found = super().ls(path, detail=True)
        for entry in found:
            entry["name"] = entry["name"] if entry["pathSuffix"] else path
        return found if detail else [entry["name"] for entry in found]

    def rm(self, path: str, recursive: bool = False, **options: Any) -> None:
        """Removes a file or directory.

        Raises:
            FileNotFoundError: There was nothing to remove.
        """
        answer = self._call("DELETE", "delete", path, recursive="true" if recursive else "false")
        if not answer.json()["boolean"]:
            raise FileNotFoundError(path)

    def _connect(self) -> None:
        super()._connect()
        self.session.request = partial(self.session.request, timeout=self._limits_s)

    def _call(self, op: str, method: str = "get", *args: Any, **options: Any) -> Any:
        """Asks the other NameNode where this one did nothing: it is not active, or there was no connection to it."""
        for other in [url for url in self._urls if url != self.url]:
            try:
                return super()._call(op, method, *args, **options)
            except (OSError, RuntimeError) as error:
                if not any(sign in str(error) for sign in _NEVER_SENT):
                    raise
                self.url = other
        return super()._call(op, method, *args, **options)

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> Any:
        return _Reading(self, path, mode=mode, block_size=block_size or self.blocksize, tempdir="", **options)


class _Reading(WebHDFile):  # type: ignore[misc]
    """A file that is read: what is no answer to the question is not taken for its content."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        start, end = max(start, 0), min(self.size, end)
        if start >= end:
            return b""
        answer = self.fs._call("OPEN", path=self.path, offset=start, length=end - start, redirect=False)
        if "Location" in answer.headers:
            answer = self.fs.session.get(answer.headers["Location"])
            answer.raise_for_status()
        content: bytes = answer.content
        if len(content) != end - start:
            raise OSError(f"{self.path}: {len(content)} bytes came instead of {end - start}")
        return content
