"""A file system for application programs that follows the pair's access from site to site (S2.25).

It is an fsspec file system, so pandas, pyarrow.dataset and dask take it as it is. Each call goes to the site that is in
use when it begins; a file that was opened stays where it was opened. A change succeeds only if its site is still in use
when it has ended: what lies on the old site alone is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.implementations.webhdfs import WebHDFS

from hadoop_dr.adapters.fsspec_hdfs.site import SiteWebHdfs
from hadoop_dr.adapters.fsspec_hdfs.whole_file import WholeFile, WholeText
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import DrError, Failed, Refused, Unknown

__all__ = ["PairFileSystem", "following"]


def following(now: Callable[[bool], tuple[HdfsAddress, int]], ask_again: Callable[[], None]) -> PairFileSystem:
    """Makes a file system that no other client shares; arguments as of `PairFileSystem`."""
    return PairFileSystem(now, ask_again, skip_instance_cache=True)  # type: ignore[call-arg]  # its metaclass takes it


class PairFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The HDFS of whichever site is in use.

    Args:
        now: Gives the addresses of the site in use, and a number that grows with every switch; it is told whether
            something is to be changed there.
        ask_again: Forgets the last answer: a site did not answer.
        connect: Reaches a site.
    """

    protocol = "hadoopdr"

    def __init__(
        self,
        now: Callable[[bool], tuple[HdfsAddress, int]],
        ask_again: Callable[[], None],
        connect: Callable[[HdfsAddress], WebHDFS] | None = None,
    ) -> None:
        super().__init__()
        self._now, self._ask_again, self._connect = now, ask_again, connect or SiteWebHdfs
        self._made: dict[tuple[str, int], WebHDFS] = {}

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        """Takes ``hadoopdr://PAIR`` away; whatever else a name holds is part of the name."""
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        text: str = os.fspath(path)
        if text.startswith(f"{cls.protocol}://"):
            text = "/" + text.partition("://")[2].partition("/")[2]
        return text.rstrip("/") or "/"

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, str]:
        return {"pair": path.partition("://")[2].partition("/")[0]}

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
        self._change(path, lambda site: site.mkdir(path, **options))

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Makes a directory with those above it."""
        self._change(path, lambda site: site.makedirs(path, exist_ok=exist_ok))

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        """Renames a file or directory to a name that nothing has.

        Raises:
            RuntimeError: HDFS refuses it.
        """
        self._change(path1, lambda site: site._call("RENAME", "put", path1, destination=path2, renameoptions="NONE"))

    def _rm(self, path: str) -> None:
        self.rm(path)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Removes a file, or a directory with all in it."""
        for one in [path] if isinstance(path, str) else path:
            self._change(one, partial(_remove, one, recursive))

    def open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **options: Any,
    ) -> Any:
        """Opens a file where it lies now; what is written there stays there, see `WholeFile`.

        Raises:
            Refused: It is to be compressed while it is written: its end would not be seen.
        """
        if "r" in mode:
            return super().open(path, mode, block_size, cache_options, compression, **options)
        if compression is not None:
            remedy = "Use fsspec.open, or close what compresses and then the file"
            raise Refused(path, "is not compressed while it is written", remedy)
        if "b" in mode:
            return super().open(path, mode, block_size, cache_options, **options)
        text = {name: options.pop(name) for name in ("encoding", "errors", "newline") if name in options}
        binary = super().open(path, mode.replace("t", "") + "b", block_size, cache_options, **options)
        return WholeText(binary, **text)

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        replication: int | None = None,
        permissions: str | None = None,
        **options: Any,
    ) -> Any:
        if mode == "rb":
            return self._site().open(path, mode=mode, block_size=block_size, **options)
        site, at = self._site_and_generation(changing=True)
        attributes = {"replication": replication, "permission": permissions}
        chosen = {name: value for name, value in attributes.items() if value is not None}
        stays = partial(self._stays, path, at)
        return WholeFile(site, path, mode, stays, autocommit=autocommit, block_size=block_size, **chosen)

    def _change(self, path: str, make: Callable[[WebHDFS], object]) -> None:
        """Makes a change, and makes sure that whoever reads now can see it."""
        site, at = self._site_and_generation(changing=True)
        try:
            make(site)
        except (FileNotFoundError, FileExistsError, PermissionError):
            raise
        except OSError as error:
            problem = f"nobody answered whether it was changed: {error}"
            raise Unknown(path, problem, "Look whether it was, and do it again if not") from error
        try:
            self._stays(path, at, True)
        except Failed as error:
            raise Failed(path, f"was changed where nobody reads any more: {error}", "Do it again") from error
        except DrError as error:
            problem = f"was changed, and nobody says whether its site is still in use: {error}"
            raise Unknown(path, problem, "Look whether it was, and do it again if not") from error

    def _stays(self, path: str, at: tuple[str, int], afresh: bool) -> None:
        if afresh:
            self._ask_again()
        address, generation = self._now(True)
        if (address.site, generation) != at:
            was = f"{at[0]} (epoch {at[1]})"
            problem = f"the site in use changed from {was} to {address.site} (epoch {generation})"
            raise Failed(path, problem, "Begin again: it then goes to the site in use")

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
        return self._site_and_generation(changing=False)[0]

    def _site_and_generation(self, *, changing: bool) -> tuple[WebHDFS, tuple[str, int]]:
        address, generation = self._now(changing)
        at = (address.site, generation)
        if (found := self._made.get(at)) is None:
            found = self._made[at] = self._connect(address)
        return found, at


def _remove(path: str, recursive: bool, site: WebHDFS) -> None:
    site.rm(path, recursive=recursive)
