"""A point's documents: everything the secondary needs to finish or prove the point alone (S3.1, DESIGN.md section 7).

They lie beside the ledger on both sites. ``manifest.json`` names them with their SHA-256 and is written last: a plan
exists when its manifest does, on the target. So until a point is sealed only the target's copies count: a run whose
document the target did not take stops there, whatever the source has. A copy that the source did not take is noted on
the target, because the stage that seals may be another process; it is tried once more then, and what is still missing
is a warning of the point.

From ``staged`` on the ledger has the SHA-256 of each document that counts, of the manifest and of stage's records. A
copy that is not the recorded one is as good as none: the other site's counts, which is proved in the same way.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from hadoop_dr.domain.errors import BaselineLost, DrError, NotFound, Protocol, Unknown
from hadoop_dr.domain.state.service_state import Point, PointState
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
_REMEDY = "The point cannot be finished; the next run makes a new one."


class Documents:
    """The documents of one point on both sites.

    Args:
        context: The service. Its target must have them; its source should have them too, whose absence is a warning.
        point: The point.
    """

    def __init__(self, context: BackupContext, point: Point) -> None:
        self.directory, self.point = context.directory(point.point), point
        self.recorded = point.staged.documents
        """SHA-256 by name of what the ledger says that counts; empty until everything is staged."""
        self._target, self._source, self._tables = context.destination.files, context.origin.files, context.tables
        self._manifest: dict[str, StoredDocument] = {}
        self._written, self._known = context.written, context.written.contents
        self._both = bool(self.recorded) or point.state is PointState.SEALED
        self.working = context.claims.heartbeat.working
        self.warnings: list[str] = []

    def write(self, name: str, form: TableForm, rows: Sequence[Row]) -> None:
        """Writes one table to both sites; it counts once the manifest names it."""
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            inside = len(content) <= INSIDE_BYTES
            if not inside:
                self._put(name, content)
                self._remember(name, content)
        kept = base64.b64encode(content).decode() if inside else ""
        self._manifest[name] = StoredDocument(hashlib.sha256(content).hexdigest(), len(rows), kept)

    def has(self, name: str) -> bool:
        """Whether the manifest names a document."""
        if not self._manifest:
            self.plan()
        return name in self._manifest

    def adopt(self, name: str) -> None:
        """Takes a document that an earlier stage wrote into the manifest.

        Raises:
            BaselineLost: It was never written.
        """
        content = self._needed(name)
        rows = len(self._tables.unpack(content))
        self._manifest[name] = StoredDocument(hashlib.sha256(content).hexdigest(), rows)

    def seal_manifest(self, plan: StoredPlan) -> StoredPlan:
        """Writes the manifest: from here on the plan exists."""
        content = MANIFEST.encode(Manifest(self._manifest, plan))
        self._put(MANIFEST_FILE, content)
        self._known[self.directory] = content
        return plan

    def plan(self) -> StoredPlan | None:
        """Reads the plan; None when there is none yet.

        Raises:
            BaselineLost: What is there is no plan, or not the recorded one, on either site.
            Refused: Another version of this product wrote it.
        """
        if self.directory in self._written.begun and self.directory not in self._known:
            return None
        try:
            content = self._known.get(self.directory) or self._get(MANIFEST_FILE, self.recorded.get(MANIFEST_FILE, ""))
        except NotFound:
            return None
        try:
            manifest = MANIFEST.decode(content, f"{self.directory}/{MANIFEST_FILE}")
        except Protocol as error:
            raise BaselineLost(f"{self.directory}/{MANIFEST_FILE}", error.problem, _REMEDY) from error
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
        with self.working(name, recorded.rows if recorded else 0):
            inside = recorded is not None and recorded.content
            content = base64.b64decode(inside) if inside else self._needed(name, recorded.sha256 if recorded else "")
            if recorded is None or hashlib.sha256(content).hexdigest() != recorded.sha256:
                raise self._another(name)
            return self._rows(name, form, content, columns)

    def read_proven(self, name: str, form: TableForm, sha256: str) -> list[Row]:
        """Reads a table outside the manifest that the ledger names.

        Raises:
            BaselineLost: It is missing or is another one.
            Refused: Another version of this product wrote it.
        """
        return self._rows(name, form, self._needed(name, sha256))

    def write_loose(self, name: str, form: TableForm, rows: Sequence[Row]) -> str:
        """Writes a table outside the manifest: what a later stage adds to a plan.

        Returns:
            Its SHA-256.
        """
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            self._put(name, content)
            self._remember(name, content)
        return hashlib.sha256(content).hexdigest()

    def read_loose(self, name: str, form: TableForm) -> list[Row] | None:
        """Reads a table outside the manifest; None when it was not written.

        Raises:
            Refused: Another version of this product wrote it.
        """
        try:
            content = self._known_or_read(name)
        except NotFound:
            return None
        return self._rows(name, form, content)

    def read_new(self, name: str, form: TableForm) -> tuple[list[Row], str]:
        """Reads a table that the ledger does not name yet, and gives its SHA-256, for the ledger to name it by.

        Raises:
            BaselineLost: It is gone.
            Refused: Another version of this product wrote it.
        """
        content = self._needed(name)
        return self._rows(name, form, content), hashlib.sha256(content).hexdigest()

    def put_json(self, name: str, form: JsonForm[T], value: T) -> None:
        """Writes a small document outside the manifest (a verdict, a record of a finished stage)."""
        content = form.encode(value)
        self._put(name, content)
        self._remember(name, content)

    def get_json(self, name: str, form: JsonForm[T]) -> T | None:
        """Reads a small document, or gives what this process wrote; None when it was not written.

        Raises:
            Refused: Another version of this product wrote it.
        """
        try:
            content = self._known_or_read(name)
        except NotFound:
            return None
        return form.decode(content, f"{self.directory}/{name}")

    def copy_again(self) -> None:
        """For a stage that finds its plan made: gives the source what it lacks of it, so far as it takes it.

        The try that wrote the plan may have died before it could note that.
        """
        try:
            there = self._source.names(self.directory)
        except DrError as error:
            self._note(MANIFEST_FILE, error)
            return
        beside = [name for name, recorded in self._manifest.items() if not recorded.content]
        for name in (*beside, MANIFEST_FILE):
            if name not in there:
                self._copy(name, self._needed(name))

    def lacking(self) -> list[str]:
        """Says which documents the source has no copy of, after one more try for each; a silent site is asked once."""
        if self.directory in self._written.begun and self.directory not in self._written.lacking:
            return []
        noted, found = self._target.names(f"{self.directory}/{_LACKING}"), list[str]()
        for marker in noted:
            name = marker.replace("~", "/")
            why = self._again(name) if not found else self._noted(marker)
            if why is not None:
                found.append(self._say(name, why))
        return found

    def _rows(self, name: str, form: TableForm, content: bytes, columns: tuple[str, ...] = ()) -> list[Row]:
        form.check(self._tables.stamp(content), f"{self.directory}/{name}")
        return self._tables.unpack(content, columns)

    def _put(self, name: str, content: bytes) -> None:
        """Writes both copies side by side; the target's failure counts, once the other's end is known."""
        with BoundedPool(1, name="documents") as beside:
            copy = beside.begin(self._tried, name, content)
            self._target.put(f"{self.directory}/{name}", content)
        if (why := copy.result()) is not None:
            self._note(name, why)

    def _again(self, name: str) -> DrError | None:
        try:
            return self._tried(name, self._get(name))
        except NotFound:  # an earlier try wrote it, and nobody has or needs it now
            return None

    def _copy(self, name: str, content: bytes) -> None:
        if (why := self._tried(name, content)) is not None:
            self._note(name, why)

    def _tried(self, name: str, content: bytes) -> DrError | None:
        """Writes the source's copy; gives why it is not there. An answer that was lost is read back."""
        path = f"{self.directory}/{name}"
        try:
            self._source.put(path, content)
        except Unknown as unknown:
            try:
                return None if self._source.get(path) == content else unknown
            except DrError:
                return unknown
        except DrError as error:
            return error
        return None

    def _note(self, name: str, why: DrError) -> None:
        """Keeps on the target that the source has no copy; a later process says so in the point."""
        self._written.lacking.add(self.directory)
        self._target.put(f"{self.directory}/{_LACKING}/{_marker(name)}", str(why).encode())
        self.warnings.append(self._say(name, why))

    def _noted(self, marker: str) -> str:
        return self._target.get(f"{self.directory}/{_LACKING}/{marker}").decode()

    def _say(self, name: str, why: object) -> str:
        return f"{self._source.site} has no proven copy of {name}: {why}"

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
            raise BaselineLost(
                f"{self.directory}/{name}",
                "document of a point is missing on both sites" if self._both else
                f"document of a point is missing on {self._target.site}",
                _REMEDY,
            ) from error

    def _get(self, name: str, sha256: str = "") -> bytes:
        """Gives a document from the target, or from the source once that may stand in for it.

        Args:
            sha256: What it has to be, if that is known.

        Raises:
            NotFound: Neither has it.
            BaselineLost: It is there, and it is another one.
        """
        path = f"{self.directory}/{name}"
        try:
            content = self._target.get(path)
        except NotFound:
            if not self._both:
                raise
            content = self._copy_on_source(path)
        if self._both and not _is(content, sha256):
            with suppress(NotFound):
                content = self._copy_on_source(path)
        if not _is(content, sha256):
            raise self._another(name)
        return content

    def _copy_on_source(self, path: str) -> bytes:
        try:
            return self._source.get(path)
        except NotFound:
            raise
        except DrError as error:
            why = f"not to be had on {self._target.site}, and {self._source.site} does not answer ({error})"
            raise NotFound(path, why, f"Run again once {self._source.site} answers") from error

    def _another(self, name: str) -> BaselineLost:
        return BaselineLost(f"{self.directory}/{name}", "document of a point is not the recorded one", _REMEDY)


def _is(content: bytes, sha256: str) -> bool:
    return not sha256 or hashlib.sha256(content).hexdigest() == sha256


def _marker(name: str) -> str:
    return name.replace("/", "~")
