"""A file that has its name only once it is whole and its site is still in use."""

from __future__ import annotations

import io
import posixpath
import secrets
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fsspec.implementations.webhdfs import WebHDFS
from fsspec.spec import AbstractBufferedFile

from hadoop_dr.domain.errors import DrError, Failed, Unknown

ASIDE = ".hadoop-dr-writing-"
"""Begins the name of a file that is being written; one that a dead writer left may be deleted."""
_AGAIN = "Write it again: it then goes to the site in use"
_BYTES = {"content-type": "application/octet-stream"}
_TROUBLE = (OSError, RuntimeError, ValueError, KeyError)


class WholeFile(AbstractBufferedFile):  # type: ignore[misc]
    """Written under a name of its own beside its place, all of it on one site; ``close`` moves it there.

    An exception in its ``with`` block, or the loss of the object before ``close``, leaves its place as it was. In mode
    ``ab`` there is no other name: what was appended before an error stays.

    Args:
        site: The file system of the site in use.
        path: Its place.
        mode: ``wb``, ``xb`` or ``ab``.
        still_there: Raises unless the site is still in use; asks both ZooKeepers afresh if told to.
        autocommit: Off: ``commit`` moves it, not ``close``.
        block_size: So many bytes go out at once.
        attributes: Query parameters of CREATE: ``permission``, ``replication``.
    """

    offset: int | None

    def __init__(
        self,
        site: WebHDFS,
        path: str,
        mode: str,
        still_there: Callable[[bool], None],
        *,
        autocommit: bool = True,
        block_size: int | None = None,
        **attributes: Any,
    ) -> None:
        self._still_there, self._place, self._inode = still_there, path, 0
        aside = f"{posixpath.dirname(path).rstrip('/')}/{ASIDE}{secrets.token_hex(8)}"
        written = path if mode == "ab" else aside
        super().__init__(site, written, mode, block_size or site.blocksize, autocommit, **attributes)

    def close(self) -> None:
        """Sends the rest, and gives the file its name; later calls do nothing.

        Raises:
            Failed: It has no name: the site changed meanwhile, or did not answer.
            Unknown: Nobody answers whether it has its name.
        """
        if self.closed:
            return
        try:
            super().close()
            self._check_length()
        except (*_TROUBLE, DrError) as error:
            raise self._ended(error) from error
        if self.autocommit:
            self.commit()

    def commit(self) -> None:
        """Gives the file its name, if its site is in use before and after; errors as of `close`."""
        try:
            self._still_there(True)
        except DrError as error:
            raise self._ended(error) from error
        if self.mode != "ab":
            self._give_name()
        try:
            self._still_there(True)
        except Failed as error:
            raise Failed(self._place, f"was written where nobody reads any more: {error}", _AGAIN) from error
        except DrError as error:
            problem = f"was written, and nobody says whether its site is still in use: {error}"
            raise Unknown(self._place, problem, _AGAIN) from error

    def discard(self) -> None:
        """Ends it without a trace, as far as the site answers."""
        begun, self.offset, self.closed = self.offset is not None, None, True
        if begun and self.mode != "ab":
            with suppress(*_TROUBLE):
                self.fs._call("DELETE", "delete", self.path)

    def flush(self, force: bool = False) -> None:
        """Sends what fills a block. A piece that failed is not sent again, because it may be there: the file ends."""
        try:
            super().flush(force)
        except BaseException:
            self.discard()
            raise

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if not self.closed:
            warnings.warn(f"{self._place} was not closed, so it was not written", ResourceWarning, stacklevel=1)
            self.discard()

    def _initiate_upload(self) -> None:
        self._still_there(False)
        if self.mode != "ab":
            made = self.fs._call("CREATE", "put", self.path, redirect=False, overwrite="false", **self.kwargs)
            self.fs.session.put(made.headers["Location"], headers=_BYTES).raise_for_status()
        self.location = self.fs._call("APPEND", "post", self.path, redirect=False).headers["Location"]

    def _upload_chunk(self, final: bool = False) -> bool:
        self._still_there(False)
        if data := self.buffer.getvalue():
            self.fs.session.post(self.location, data=data, headers=_BYTES).raise_for_status()
        return True

    def _check_length(self) -> None:
        if self.mode != "ab":
            held = self.fs.info(self.path)
            self._inode = held["fileId"]
            if held["length"] != self.loc:
                raise ValueError(f"{held['length']} bytes of {self.loc} arrived")

    def _give_name(self) -> None:
        how = "NONE" if self.mode == "xb" else "OVERWRITE"
        try:
            self.fs._call("RENAME", "put", self.path, destination=self._place, renameoptions=how)
        except _TROUBLE as error:
            self._settle(error)

    def _settle(self, error: Exception) -> None:
        """Finds out whether the file has its name; one that has none yet is deleted, so a late request gives none."""
        try:
            if self.fs._call("DELETE", "delete", self.path).json()["boolean"]:
                raise self._ended(error) from error
            if self.fs.info(self._place)["fileId"] == self._inode:
                return
            problem = "was written whole, and another file has its name now"
        except _TROUBLE as silence:
            problem = f"was written whole, and nobody answers whether it has its name ({silence})"
        raise Unknown(self._place, f"{problem}: {error}", "Read it back, or write it again") from error

    def _ended(self, error: Exception) -> Failed:
        self.discard()
        left = "a part of what was appended may be there" if self.mode == "ab" else "its place is as it was"
        return Failed(self._place, f"was not written, and {left}: {error}", _AGAIN)


class WholeText(io.TextIOWrapper):
    """The same for text."""

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self.buffer.discard()  # type: ignore[attr-defined]  # it is a WholeFile
        self.close()
