"""A file system for application programs that follows the pair's access from site to site (S2.25).

It is an fsspec file system, so pandas, pyarrow.dataset and dask take it as it is. Each call goes to the site that is in
use when it begins; a file that was opened stays where it was opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fsspec import AbstractFileSystem
from fsspec.implementations.webhdfs import WebHDFS

from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import Refused

__all__ = ["PairFileSystem", "following"]


def following(now: Callable[[], tuple[HdfsAddress, int]], ask_again: Callable[[], None]) -> PairFileSystem:
    """Makes a file system that no other client shares; arguments as of `PairFileSystem`."""
    return PairFileSystem(now, ask_again, skip_instance_cache=True)  # type: ignore[call-arg]  # its metaclass takes it


class PairFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The HDFS of whichever site is in use.

    Args:
        now: Gives the addresses of the site in use, and a number that grows with every switch.
        ask_again: Forgets the last answer: a site did not answer.
    """

    protocol = "hadoopdr"

    def __init__(self, now: Callable[[], tuple[HdfsAddress, int]], ask_again: Callable[[], None]) -> None:
        super().__init__()
        self._now, self._ask_again = now, ask_again
        self._made: dict[tuple[str, int], WebHDFS] = {}

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        """Lists a directory."""
        return self._read(lambda site: site.ls(path, detail=detail, **options))

    def info(self, path: str, **options: Any) -> Any:
        """Says what lies at a path."""
        return self._read(lambda site: site.info(path, **options))

    def created(self, path: str) -> Any:
        """HDFS keeps no time of creation; that of the last change is given."""
        return self._read(lambda site: site.modified(path))

    def modified(self, path: str) -> Any:
        """When it was changed last."""
        return self._read(lambda site: site.modified(path))

    def mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        """Makes a directory."""
        self._site().mkdir(path, **options)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Makes a directory with those above it."""
        self._site().makedirs(path, exist_ok=exist_ok)

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        """Renames a file or directory."""
        self._site().mv(path1, path2, **options)

    def _rm(self, path: str) -> None:
        self._site().rm(path)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Removes a file, or a directory with all in it."""
        for one in [path] if isinstance(path, str) else path:
            self._site().rm(one, recursive=recursive)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        """Opens a file where it lies now; what is written there stays there."""
        options.pop("cache_options", None)
        return self._site().open(path, mode=mode, **options)

    def _read(self, ask: Callable[[WebHDFS], Any]) -> Any:
        """Asks once more after a switch: a question changes nothing."""
        try:
            return ask(self._site())
        except (FileNotFoundError, FileExistsError, PermissionError):
            raise
        except OSError:
            self._ask_again()
            return ask(self._site())

    def _site(self) -> WebHDFS:
        address, generation = self._now()
        if (found := self._made.get((address.site, generation))) is None:
            found = self._made[address.site, generation] = _serving(address)
        return found


def _serving(address: HdfsAddress) -> WebHDFS:
    """The NameNode that is active.

    Raises:
        Refused: None of them answers.
    """
    problems = []
    for url in address.webhdfs:
        parts = urlsplit(url)
        found = WebHDFS(
            parts.hostname, parts.port, user=address.user, use_https=parts.scheme == "https", skip_instance_cache=True
        )
        try:
            found.ls("/")
        except (OSError, RuntimeError) as problem:
            problems.append(f"{url}: {problem}")
        else:
            return found
    why = f"no NameNode serves ({'; '.join(problems)})"
    raise Refused(address.site, why, "Wait until it is back, or for a switch")
