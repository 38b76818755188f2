"""Both copies of a point's documents: the destination's counts, the origin's may stand in for it once it is proved.

Until a point is sealed only the destination's copies count: a run whose document the destination did not take stops
there, whatever the origin has. A copy that the origin did not take is noted on the destination, because the stage that
seals may be another process; it is tried once more then, and what is still missing is a warning of the point.

A copy that is not the recorded one is as good as none: the other site's counts, which is proved in the same way, and a
person is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import suppress

from hadoop_dr.domain.errors import BaselineLost, DrError, NotFound, Unknown
from hadoop_dr.domain.formats.fenced import digest_in, newest_of_each, plain_name
from hadoop_dr.domain.state.service_state import Point, PointState
from hadoop_dr.ports.files import Files
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.process_cache import ProcessCache

ANOTHER = "document of a point is not the recorded one"
"""What is wrong with a copy whose content has another digest."""
_KEPT_BYTES = 8 << 20
_LACKING = "lacking"
_REMEDY = "The point cannot be finished; the next run makes a new one."


class Copies:
    """Documents of one point, as bytes by name, on both sites.

    Args:
        directory: Of the point's documents, on either site.
        point: The point.
        destination: Has to take every document.
        origin: Should take it, too; a lack there is a warning.
        cache: What this process wrote and read.
        notes: Where a person is told of a copy that could not serve.
    """

    def __init__(
        self, directory: str, point: Point, destination: Files, origin: Files, cache: ProcessCache, notes: list[str]
    ) -> None:
        self.directory, self._point, self._destination, self._origin = directory, point, destination, origin
        self._cache, self._contents, self._notes = cache, cache.contents, notes
        self._both = bool(point.staged.documents or point.sealed.documents) or point.state is PointState.SEALED
        self.warnings: list[str] = []

    def manifest(self, name: str, sha256: str) -> bytes | None:
        """Returns the manifest; None when there is none yet.

        Raises:
            BaselineLost: There was one; what is there now is not the recorded one, or it is gone, on either site.
        """
        if self.directory in self._cache.begun and self.directory not in self._contents:
            return None
        try:
            return self._contents.get(self.directory) or self.get(name, sha256)
        except NotFound:
            if self._both:
                raise self.lost(name, "document of a point is missing on both sites") from None
            return None

    def keep_manifest(self, content: bytes) -> None:
        """Caches the manifest that counts: it never changes any more."""
        self._contents[self.directory] = content

    def kept_manifest(self) -> bytes:
        """Returns the manifest that this process read or wrote."""
        return self._contents[self.directory]

    def newest(self, stem: str, claim: int | None = None) -> str | None:
        """Returns the name of what the latest try wrote, of all claims or of one; None where none did.

        What this process wrote itself serves without asking: nobody is later under the same claim while it works.
        """
        directory, _, leaf = stem.rpartition("/")
        below = f"{self.directory}/{directory}".rstrip("/")
        own = [path.rpartition("/")[2] for path in list(self._contents) if path.rpartition("/")[0] == below]
        name = newest_of_each(own, claim).get(leaf) or newest_of_each(self._destination.names(below), claim).get(leaf)
        return name and f"{directory}/{name}".lstrip("/")

    def names(self) -> Collection[str]:
        """Names of the documents on the destination."""
        return self._destination.names(self.directory)

    def copy_missing(self, names: Collection[str], first: str) -> None:
        """Gives the origin those documents that it lacks, so far as it takes them.

        Args:
            names: The documents, in the order in which they are copied.
            first: The one that is noted as lacking when the origin does not say what it has.
        """
        try:
            there = self._origin.names(self.directory)
        except DrError as error:
            self._note(first, error)
            return
        for name in names:
            if name not in there:
                self._copy(name, self.needed(name))

    def put(self, name: str, content: bytes, *, both: bool = True) -> None:
        """Writes both copies side by side; the destination's failure counts, once the other's end is known.

        Args:
            both: Turn off for what helps the destination alone and can be asked for anew.
        """
        if not both:
            self._destination.put(f"{self.directory}/{name}", content)
            self._keep_content(name, content)
            return
        with BoundedPool(1, name="documents") as beside:
            copy = beside.begin(self._tried, name, content)
            self._destination.put(f"{self.directory}/{name}", content)
        if (why := copy.result()) is not None:
            self._note(name, why)
        self._keep_content(name, content)

    def put_first(self, name: str, content: bytes) -> bytes:
        """Writes both copies side by side where none is, and gives the one that counts: the destination's first.

        The origin's becomes that one, too. Whoever puts it there puts the same.
        """
        path = f"{self.directory}/{name}"
        with BoundedPool(1, name="documents") as beside:
            copy = beside.begin(self._tried_first, name, content)
            first = content if self._destination.append_new(path, content) else self._destination.get(path)
        why, there = copy.result()
        if why is None and there != first:
            why = self._tried(name, first)
        if why is not None:
            self._note(name, why)
        return first

    def get(self, name: str, sha256: str = "") -> bytes:
        """Returns a document from the destination, or from the origin once that may stand in for it.

        Args:
            sha256: What it has to be, if that is known; a name may tell it, too.

        Raises:
            NotFound: Neither has it.
            BaselineLost: It is there, and it is another one.
        """
        path, problem, sha256 = f"{self.directory}/{name}", "", sha256 or digest_in(name)
        try:
            content = self._destination.get(path)
            problem = "" if is_as_recorded(content, sha256) else ANOTHER
        except NotFound:
            if not self._both:
                raise
            content, problem = self._copy_on_origin(path), "is missing"
        else:
            if self._both and problem:
                with suppress(NotFound):
                    content = self._copy_on_origin(path)
        if not is_as_recorded(content, sha256):
            raise self.lost(name, ANOTHER)
        if problem:
            self._tell(f"{self._destination.site}:{path} {problem}; the copy of {self._origin.site} served")
        return content

    def needed(self, name: str, sha256: str = "") -> bytes:
        """Returns a document that has to be there.

        Raises:
            BaselineLost: It is gone, or is another one.
        """
        try:
            content = self.cached_or_read(name, sha256)
            if self._point.state is PointState.SEALED:  # it never changes any more
                self._keep_content(name, content)
            return content
        except NotFound as error:
            where = "both sites" if self._both else self._destination.site
            raise self.lost(name, f"document of a point is missing on {where}") from error

    def cached_or_read(self, name: str, sha256: str = "") -> bytes:
        """Returns the cached content, or reads it.

        Raises:
            NotFound: Neither site has it.
            BaselineLost: It is there, and it is another one.
        """
        kept = self._contents.get(f"{self.directory}/{name}")
        return self.get(name, sha256) if kept is None or not is_as_recorded(kept, sha256) else kept

    def if_there(self, name: str) -> bytes:
        """Returns what this process wrote, or reads what somebody else can have written.

        Raises:
            NotFound: There is no such document.
        """
        path = f"{self.directory}/{name}"
        if self._cache.is_nowhere(self.directory, path):
            raise NotFound(path, "nobody wrote it", _REMEDY)
        return self.cached_or_read(name)

    def names_in(self, below: str) -> list[str]:
        """Lists the documents of a directory below, or says which this process wrote if nobody else can have."""
        path = f"{self.directory}/{below}"
        if self.directory in self._cache.begun:
            own = (name.rpartition("/") for name in self._cache.written_paths)
            return sorted(leaf for above, _, leaf in own if above == path)
        return self._destination.names(path)

    def _keep_content(self, name: str, content: bytes) -> None:
        self._cache.written_paths.add(f"{self.directory}/{name}")
        if len(content) <= _KEPT_BYTES:
            self._contents[f"{self.directory}/{name}"] = content

    def _copy(self, name: str, content: bytes) -> None:
        if (why := self._tried(name, content)) is not None:
            self._note(name, why)

    def lacking(self) -> list[str]:
        """Says which documents the origin has no copy of, after one more try for each; a silent site is asked once."""
        if self.directory in self._cache.begun and self.directory not in self._cache.lacking:
            return []
        noted, found = self._destination.names(f"{self.directory}/{_LACKING}"), list[str]()
        for marker in noted:
            name = marker.replace("~", "/")
            why = self._again(name) if not found else self._noted(marker)
            if why is not None:
                found.append(self._say(name, why))
        return found

    def lost(self, name: str, problem: str) -> BaselineLost:
        """The error for a document that cannot serve; of a sealed point a person is told, whatever is done instead."""
        path = f"{self.directory}/{name}"
        if self._point.state is PointState.SEALED and not self._point.is_nowhere:  # else we removed it ourselves
            self._tell(f"{path}: {problem}; what the run needs of it is read anew")
        return BaselineLost(path, problem, _REMEDY)

    def _tried(self, name: str, content: bytes) -> DrError | None:
        """Writes the origin's copy; gives why it is not there. An answer that was lost is read back."""
        path = f"{self.directory}/{name}"
        try:
            self._origin.put(path, content)
        except Unknown as unknown:
            try:
                return None if self._origin.get(path) == content else unknown
            except DrError:
                return unknown
        except DrError as error:
            return error
        return None

    def _tried_first(self, name: str, content: bytes) -> tuple[DrError | None, bytes]:
        """Writes the origin's copy where none is; gives why that is not known, or what is there."""
        path = f"{self.directory}/{name}"
        try:
            return None, content if self._origin.append_new(path, content) else self._origin.get(path)
        except DrError as error:
            return error, b""

    def _copy_on_origin(self, path: str) -> bytes:
        try:
            return self._origin.get(path)
        except NotFound:
            raise
        except DrError as error:
            why = f"not available on {self._destination.site}, and {self._origin.site} does not answer ({error})"
            raise NotFound(path, why, f"Run again once {self._origin.site} answers") from error

    def _again(self, name: str) -> DrError | None:
        try:
            return self._tried(name, self.get(name))
        except NotFound:  # an earlier try wrote it, and nobody has or needs it now
            return None

    def _note(self, name: str, why: DrError) -> None:
        """Keeps on the destination that the origin has no copy; a later process says so in the point."""
        self._cache.lacking.add(self.directory)
        self._destination.put(f"{self.directory}/{_LACKING}/{_marker(name)}", str(why).encode())
        self.warnings.append(self._say(name, why))

    def _noted(self, marker: str) -> str:
        return self._destination.get(f"{self.directory}/{_LACKING}/{marker}").decode()

    def _say(self, name: str, why: object) -> str:
        return f"{self._origin.site} has no proven copy of {plain_name(name)}: {why}"

    def _tell(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)


def is_as_recorded(content: bytes, sha256: str) -> bool:
    """Whether content has a digest, or begins with the part of one that a name bears; nothing is known without one."""
    return not sha256 or hashlib.sha256(content).hexdigest().startswith(sha256)


def _marker(name: str) -> str:
    return name.replace("/", "~")
