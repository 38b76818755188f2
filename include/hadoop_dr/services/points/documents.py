"""A point's documents: everything the secondary needs to finish or prove the point alone (S3.1, DESIGN.md section 7).

They lie beside the ledger on both sites. ``manifest.json`` names them with their SHA-256 and is written last: a plan
exists when its manifest does, on the destination. So until a point is sealed only the destination's copies count: a run
whose document the destination did not take stops there, whatever the origin has. A copy that the origin did not take is
noted on the destination, because the stage that seals may be another process; it is tried once more then, and what is
still missing is a warning of the point.

Nothing that counts is ever replaced, so a worker that slept through its own end finds nothing that it could spoil: a
table bears the digest of its content in its name, what several tries write beside each other bears claim and try, and
of the manifest the first one counts, for every try and run of the point.

From ``staged`` on the ledger has the SHA-256 of each document that counts, of the manifest and of stage's records, and
from ``sealed`` on of those of verify. A copy that is not the recorded one is as good as none: the other site's counts,
which is proved in the same way, and a person is told.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from hadoop_dr.domain.errors import BaselineLost, DrError, NotFound, Protocol, Unknown
from hadoop_dr.domain.state.service_state import Point, PointState
from hadoop_dr.domain.stored.fenced import content_name, digest_in, newest_of_each, plain_name
from hadoop_dr.domain.stored.form import JsonForm
from hadoop_dr.domain.stored.manifest import MANIFEST, MANIFEST_FILE, Manifest, StoredDocument, StoredPlan
from hadoop_dr.domain.stored.table import TableForm
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.pool import BoundedPool

T = TypeVar("T")
Row = tuple[object, ...]
INSIDE_BYTES = 16 << 10
"""A table no larger than this is written into the manifest, so that a small change is one document."""
_KEPT_BYTES = 8 << 20
_LACKING = "lacking"
_ANOTHER = "document of a point is not the recorded one"
_REMEDY = "The point cannot be finished; the next run makes a new one."


class Documents:
    """The documents of one point on both sites.

    Args:
        context: The service. Its destination must have them; its origin should, too, and a lack there is a warning.
        point: The point.
    """

    def __init__(self, context: BackupContext, point: Point) -> None:
        self.directory, self.point = context.directory(point.point), point
        self.recorded = {**point.staged.documents, **point.sealed.documents}
        """SHA-256 by name of what the ledger says that counts; empty until everything is staged."""
        self._destination, self._origin, self._tables = context.destination.files, context.origin.files, context.tables
        self._manifest: dict[str, StoredDocument] = {}
        self._written, self._known = context.written, context.written.contents
        self._both = bool(self.recorded) or point.state is PointState.SEALED
        self._notes = context.ledger.notes
        self.working = context.claims.heartbeat.working
        self.warnings: list[str] = []

    def write(self, name: str, form: TableForm, rows: Sequence[Row]) -> None:
        """Writes one table to both sites; it counts once the manifest names it."""
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            sha256, inside = hashlib.sha256(content).hexdigest(), len(content) <= INSIDE_BYTES
            if not inside:
                self._put(content_name(name, sha256), content)
        kept = base64.b64encode(content).decode() if inside else ""
        self._manifest[name] = StoredDocument(sha256, len(rows), kept)

    def has(self, name: str) -> bool:
        """Whether the manifest names a document."""
        if not self._manifest:
            self.plan()
        return name in self._manifest

    def adopt(self, name: str, sha256: str) -> None:
        """Takes a document that an earlier stage wrote ahead into the manifest.

        Raises:
            BaselineLost: It is gone, or is another one.
        """
        content = self._needed(content_name(name, sha256), sha256)
        self._manifest[name] = StoredDocument(sha256, len(self._tables.unpack(content)))

    def seal_manifest(self, plan: StoredPlan) -> StoredPlan:
        """Writes the manifest: from here on the plan exists.

        Returns:
            The plan that counts: another try's, if that was first.
        """
        content = MANIFEST.encode(Manifest(self._manifest, plan))
        first = self._put_first(MANIFEST_FILE, content)
        if first == content:
            self._known[self.directory] = content
            return plan
        return self._take_in(first)

    def plan(self) -> StoredPlan | None:
        """Reads the plan; None when there is none yet.

        Raises:
            BaselineLost: There was one; what is there now is none, or not the recorded one, on either site.
            Refused: Another version of this product wrote it.
        """
        if self.directory in self._written.begun and self.directory not in self._known:
            return None
        try:
            content = self._known.get(self.directory) or self._get(MANIFEST_FILE, self.recorded.get(MANIFEST_FILE, ""))
        except NotFound:
            if self._both:
                raise self._lost(MANIFEST_FILE, "document of a point is missing on both sites") from None
            return None
        return self._take_in(content)

    def _take_in(self, content: bytes) -> StoredPlan:
        manifest = self._decoded(MANIFEST, MANIFEST_FILE, content)
        self._known[self.directory] = content
        self._manifest = dict(manifest.documents)
        return manifest.plan

    def digests(self) -> dict[str, str]:
        """Gives the SHA-256 of every document of the plan, and of the manifest itself."""
        manifest = hashlib.sha256(self._known[self.directory]).hexdigest()
        return {**{name: one.sha256 for name, one in self._manifest.items()}, MANIFEST_FILE: manifest}

    def read(self, name: str, form: TableForm, columns: tuple[str, ...] = ()) -> list[Row]:
        """Reads one table, or some of its columns, and proves it is the one the manifest names.

        Raises:
            BaselineLost: It is missing or is another one.
            Refused: Another version of this product wrote it.
        """
        if not self._manifest:
            self.plan()
        recorded = self._manifest.get(name)
        if recorded is None:
            raise self._lost(name, "the plan of the point has no such document")
        with self.working(name, recorded.rows):
            if recorded.content:
                content = base64.b64decode(recorded.content)
                if not _is(content, recorded.sha256):
                    raise self._lost(name, _ANOTHER)
            else:
                content = self._needed(content_name(name, recorded.sha256), recorded.sha256)
            return self._rows(name, form, content, columns)

    def read_proven(self, name: str, form: TableForm, sha256: str, columns: tuple[str, ...] = ()) -> list[Row]:
        """Reads a table outside the manifest that the ledger names.

        Raises:
            BaselineLost: It is missing or is another one.
            Refused: Another version of this product wrote it.
        """
        return self._rows(name, form, self._needed(name, sha256), columns)

    def write_ahead(self, name: str, form: TableForm, rows: Sequence[Row]) -> str:
        """Writes a table of which the ledger or a later manifest is to have the digest.

        Returns:
            Its SHA-256.
        """
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            sha256 = hashlib.sha256(content).hexdigest()
            self._put(content_name(name, sha256), content)
        return sha256

    def read_ahead(self, name: str, form: TableForm, sha256: str, rows: int = 0) -> list[Row]:
        """Reads a table that was written ahead, by the digest that the ledger has of it; no plan is needed for that.

        Args:
            rows: How many it has, so far as that is known.

        Raises:
            BaselineLost: It is missing or is another one.
            Refused: Another version of this product wrote it.
        """
        with self.working(name, rows):
            return self.read_proven(content_name(name, sha256), form, sha256)

    def read_recorded(self, name: str, form: TableForm) -> list[Row] | None:
        """Reads a table that the entry of a sealed point names; None when it names none.

        Raises:
            BaselineLost: It is missing or is another one.
            Refused: Another version of this product wrote it.
        """
        sha256 = self.recorded.get(name)
        return None if sha256 is None else self.read_ahead(name, form, sha256)

    def read_every(self, name: str, form: TableForm) -> list[list[Row]]:
        """Reads all tables written ahead under a name that no ledger names: each is proved by its own.

        Raises:
            Refused: Another version of this product wrote one.
        """
        found = list[list[Row]]()
        for one in self._destination.names(self.directory):
            if digest_in(one) and plain_name(one) == name:
                with suppress(BaselineLost):
                    found.append(self._rows(one, form, self._needed(one)))
        return found

    def write_loose(self, name: str, form: TableForm, rows: Sequence[Row]) -> str:
        """Writes a table under a name that nobody else uses: one that bears claim and try.

        Returns:
            Its SHA-256.
        """
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            self._put(name, content)
        return hashlib.sha256(content).hexdigest()

    def read_loose(self, name: str, form: TableForm) -> list[Row] | None:
        """Reads a table outside the manifest; None when it was not written.

        Raises:
            BaselineLost: It is no table.
            Refused: Another version of this product wrote it.
        """
        try:
            content = self._known_or_read(name)
        except NotFound:
            return None
        return self._rows(name, form, content)

    def newest(self, stem: str, claim: int | None = None) -> str | None:
        """Gives the name of what the latest try wrote, of all claims or of one; None where none did.

        What this process wrote itself serves without asking: nobody is later under the same claim while it works.
        """
        directory, _, leaf = stem.rpartition("/")
        below = f"{self.directory}/{directory}".rstrip("/")
        own = [path.rpartition("/")[2] for path in list(self._known) if path.rpartition("/")[0] == below]
        name = newest_of_each(own, claim).get(leaf) or newest_of_each(self._destination.names(below), claim).get(leaf)
        return name and f"{directory}/{name}".lstrip("/")

    def read_new(self, name: str, form: TableForm, columns: tuple[str, ...] = ()) -> tuple[list[Row], str]:
        """Reads a table that the ledger does not name yet, and gives its SHA-256, for the ledger to name it by.

        Raises:
            BaselineLost: It is gone.
            Refused: Another version of this product wrote it.
        """
        content = self._needed(name)
        return self._rows(name, form, content, columns), hashlib.sha256(content).hexdigest()

    def put_json(self, name: str, form: JsonForm[T], value: T) -> str:
        """Writes a small document outside the manifest (a verdict, a record of a finished stage).

        Its name bears claim and try, unless all that it says is that it is there.

        Returns:
            Its SHA-256.
        """
        content = form.encode(value)
        self._put(name, content)
        return hashlib.sha256(content).hexdigest()

    def get_json(self, name: str, form: JsonForm[T]) -> T | None:
        """Reads a small document, or gives what this process wrote; None when it was not written.

        Raises:
            BaselineLost: It is no such document.
            Refused: Another version of this product wrote it.
        """
        try:
            content = self._known_or_read(name)
        except NotFound:
            return None
        return self._decoded(form, name, content)

    def copy_again(self) -> None:
        """For a stage that finds its plan made: gives the origin what it lacks of it, so far as it takes it.

        The try that wrote the plan may have died before it could note that.
        """
        try:
            there = self._origin.names(self.directory)
        except DrError as error:
            self._note(MANIFEST_FILE, error)
            return
        beside = [content_name(name, one.sha256) for name, one in self._manifest.items() if not one.content]
        for name in (*beside, MANIFEST_FILE):
            if name not in there:
                self._copy(name, self._needed(name))

    def lacking(self) -> list[str]:
        """Says which documents the origin has no copy of, after one more try for each; a silent site is asked once."""
        if self.directory in self._written.begun and self.directory not in self._written.lacking:
            return []
        noted, found = self._destination.names(f"{self.directory}/{_LACKING}"), list[str]()
        for marker in noted:
            name = marker.replace("~", "/")
            why = self._again(name) if not found else self._noted(marker)
            if why is not None:
                found.append(self._say(name, why))
        return found

    def _rows(self, name: str, form: TableForm, content: bytes, columns: tuple[str, ...] = ()) -> list[Row]:
        try:
            form.check(self._tables.stamp(content), f"{self.directory}/{name}")
            return self._tables.unpack(content, columns)
        except Protocol as error:
            raise self._lost(name, error.problem) from error

    def _decoded(self, form: JsonForm[T], name: str, content: bytes) -> T:
        try:
            return form.decode(content, f"{self.directory}/{name}")
        except Protocol as error:
            raise self._lost(name, error.problem) from error

    def _put(self, name: str, content: bytes) -> None:
        """Writes both copies side by side; the destination's failure counts, once the other's end is known."""
        with BoundedPool(1, name="documents") as beside:
            copy = beside.begin(self._tried, name, content)
            self._destination.put(f"{self.directory}/{name}", content)
        if (why := copy.result()) is not None:
            self._note(name, why)
        self._remember(name, content)

    def _put_first(self, name: str, content: bytes) -> bytes:
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

    def _tried_first(self, name: str, content: bytes) -> tuple[DrError | None, bytes]:
        """Writes the origin's copy where none is; gives why that is not known, or what is there."""
        path = f"{self.directory}/{name}"
        try:
            return None, content if self._origin.append_new(path, content) else self._origin.get(path)
        except DrError as error:
            return error, b""

    def _again(self, name: str) -> DrError | None:
        try:
            return self._tried(name, self._get(name))
        except NotFound:  # an earlier try wrote it, and nobody has or needs it now
            return None

    def _copy(self, name: str, content: bytes) -> None:
        if (why := self._tried(name, content)) is not None:
            self._note(name, why)

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

    def _note(self, name: str, why: DrError) -> None:
        """Keeps on the destination that the origin has no copy; a later process says so in the point."""
        self._written.lacking.add(self.directory)
        self._destination.put(f"{self.directory}/{_LACKING}/{_marker(name)}", str(why).encode())
        self.warnings.append(self._say(name, why))

    def _noted(self, marker: str) -> str:
        return self._destination.get(f"{self.directory}/{_LACKING}/{marker}").decode()

    def _say(self, name: str, why: object) -> str:
        return f"{self._origin.site} has no proven copy of {plain_name(name)}: {why}"

    def _remember(self, name: str, content: bytes) -> None:
        if len(content) <= _KEPT_BYTES:
            self._known[f"{self.directory}/{name}"] = content

    def _known_or_read(self, name: str, sha256: str = "") -> bytes:
        kept = self._known.get(f"{self.directory}/{name}")
        return self._get(name, sha256) if kept is None or not _is(kept, sha256) else kept

    def _needed(self, name: str, sha256: str = "") -> bytes:
        try:
            content = self._known_or_read(name, sha256)
            if self.point.state is PointState.SEALED:  # it never changes any more
                self._remember(name, content)
            return content
        except NotFound as error:
            where = "both sites" if self._both else self._destination.site
            raise self._lost(name, f"document of a point is missing on {where}") from error

    def _get(self, name: str, sha256: str = "") -> bytes:
        """Gives a document from the destination, or from the origin once that may stand in for it.

        Args:
            sha256: What it has to be, if that is known; a name may tell it, too.

        Raises:
            NotFound: Neither has it.
            BaselineLost: It is there, and it is another one.
        """
        path, problem, sha256 = f"{self.directory}/{name}", "", sha256 or digest_in(name)
        try:
            content = self._destination.get(path)
            problem = "" if _is(content, sha256) else _ANOTHER
        except NotFound:
            if not self._both:
                raise
            content, problem = self._copy_on_origin(path), "is missing"
        else:
            if self._both and problem:
                with suppress(NotFound):
                    content = self._copy_on_origin(path)
        if not _is(content, sha256):
            raise self._lost(name, _ANOTHER)
        if problem:
            self._tell(f"{self._destination.site}:{path} {problem}; the copy of {self._origin.site} served")
        return content

    def _copy_on_origin(self, path: str) -> bytes:
        try:
            return self._origin.get(path)
        except NotFound:
            raise
        except DrError as error:
            why = f"not to be had on {self._destination.site}, and {self._origin.site} does not answer ({error})"
            raise NotFound(path, why, f"Run again once {self._origin.site} answers") from error

    def _lost(self, name: str, problem: str) -> BaselineLost:
        """The error for a document that cannot serve; of a sealed point a person is told, whatever is done instead."""
        path = f"{self.directory}/{name}"
        if self.point.state is PointState.SEALED:
            self._tell(f"{path}: {problem}; what the run needs of it is read anew")
        return BaselineLost(path, problem, _REMEDY)

    def _tell(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)


def _is(content: bytes, sha256: str) -> bool:
    return not sha256 or hashlib.sha256(content).hexdigest().startswith(sha256)


def _marker(name: str) -> str:
    return name.replace("/", "~")
