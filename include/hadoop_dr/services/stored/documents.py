"""A point's documents: everything the secondary needs to finish or prove the point alone (S3.1).

They lie beside the ledger on both sites. ``manifest.json`` names them with their SHA-256 and is written last: a plan
exists when its manifest does, on the destination. How both copies are written and proved is ``copies``.

Nothing that counts is ever replaced, so a worker that slept through its own end finds nothing that it could spoil: a
table bears the digest of its content in its name, what several tries write beside each other bears claim and try, and
of the manifest the first one counts, for every try and run of the point.

From ``staged`` on the ledger has the SHA-256 of each document that counts, of the manifest and of stage's records, and
from ``sealed`` on of those of verify.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import TypeVar

from hadoop_dr.domain.errors import BaselineLost, NotFound, Protocol
from hadoop_dr.domain.formats.fenced import content_name, digest_in, plain_name
from hadoop_dr.domain.formats.form import JsonForm
from hadoop_dr.domain.formats.manifest import MANIFEST, MANIFEST_FILE, Manifest, StoredDocument, StoredPlan
from hadoop_dr.domain.formats.table_form import TableForm
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.ports.files import Tables
from hadoop_dr.services.stored.copies import ANOTHER, Copies, is_as_recorded

T = TypeVar("T")
Row = tuple[object, ...]
INSIDE_BYTES = 192 << 10
"""A table no larger than this is written into the manifest, so that a small change is one document."""
Working = Callable[[str, int], AbstractContextManager[None]]
"""Shows a contender that a document of so many rows is worked on."""


class Documents:
    """The documents of one point on both sites.

    Args:
        copies: Both copies of them.
        point: The point.
        tables: Packs and reads tables.
        working: Shows what is worked on.
    """

    def __init__(self, copies: Copies, point: Point, tables: Tables, working: Working) -> None:
        self._copies, self.point, self._tables, self.working = copies, point, tables, working
        self.directory = copies.directory
        self.recorded = {**point.staged.documents, **point.sealed.documents}
        """SHA-256 by name of what the ledger says that counts; empty until everything is staged."""
        self.warnings = copies.warnings
        """What a person should know; whoever finds more adds to it."""
        self._manifest: dict[str, StoredDocument] = {}

    def write(self, name: str, form: TableForm, rows: Sequence[Row]) -> None:
        """Writes one table to both sites; it counts once the manifest names it."""
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            sha256, inside = hashlib.sha256(content).hexdigest(), len(content) <= INSIDE_BYTES
            if not inside:
                self._copies.put(content_name(name, sha256), content)
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
        content = self._copies.needed(content_name(name, sha256), sha256)
        self._manifest[name] = StoredDocument(sha256, len(self._tables.unpack(content)))

    def seal_manifest(self, plan: StoredPlan) -> StoredPlan:
        """Writes the manifest: from here on the plan exists.

        Returns:
            The plan that counts: another try's, if that was first.
        """
        content = MANIFEST.encode(Manifest(self._manifest, plan))
        first = self._copies.put_first(MANIFEST_FILE, content)
        if first == content:
            self._copies.keep_manifest(content)
            return plan
        return self._take_in(first)

    def plan(self) -> StoredPlan | None:
        """Reads the plan; None when there is none yet.

        Raises:
            BaselineLost: There was one; what is there now is none, or not the recorded one, on either site.
            Refused: Another version of this product wrote it.
        """
        content = self._copies.manifest(MANIFEST_FILE, self.recorded.get(MANIFEST_FILE, ""))
        return None if content is None else self._take_in(content)

    def _take_in(self, content: bytes) -> StoredPlan:
        manifest = self._decoded(MANIFEST, MANIFEST_FILE, content)
        self._copies.keep_manifest(content)
        self._manifest = dict(manifest.documents)
        return manifest.plan

    def digests(self) -> dict[str, str]:
        """Returns the SHA-256 of every document of the plan, and of the manifest itself."""
        manifest = hashlib.sha256(self._copies.kept_manifest()).hexdigest()
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
            raise self._copies.lost(name, "the plan of the point has no such document")
        with self.working(name, recorded.rows):
            if recorded.content:
                content = base64.b64decode(recorded.content)
                if not is_as_recorded(content, recorded.sha256):
                    raise self._copies.lost(name, ANOTHER)
            else:
                content = self._copies.needed(content_name(name, recorded.sha256), recorded.sha256)
            return self._rows(name, form, content, columns)

    def read_proven(self, name: str, form: TableForm, sha256: str, columns: tuple[str, ...] = ()) -> list[Row]:
        """Reads a table outside the manifest that the ledger names.

        Raises:
            BaselineLost: It is missing or is another one.
            Refused: Another version of this product wrote it.
        """
        return self._rows(name, form, self._copies.needed(name, sha256), columns)

    def write_ahead(self, name: str, form: TableForm, rows: Sequence[Row], *, both: bool = True) -> str:
        """Writes a table of which the ledger or a later manifest is to have the digest.

        Args:
            both: Turn off for what helps the destination alone and can be asked for anew.

        Returns:
            Its SHA-256.
        """
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            sha256 = hashlib.sha256(content).hexdigest()
            self._copies.put(content_name(name, sha256), content, both=both)
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
        for one in self._copies.names():
            if digest_in(one) and plain_name(one) == name:
                with suppress(BaselineLost):
                    found.append(self._rows(one, form, self._copies.needed(one)))
        return found

    def write_loose(self, name: str, form: TableForm, rows: Sequence[Row]) -> str:
        """Writes a table under a name that nobody else uses: one that bears claim and try.

        Returns:
            Its SHA-256.
        """
        with self.working(name, len(rows)):
            content = self._tables.pack(form.columns, list(rows), form.stamp)
            self._copies.put(name, content)
        return hashlib.sha256(content).hexdigest()

    def read_loose(self, name: str, form: TableForm) -> list[Row] | None:
        """Reads a table outside the manifest; None when it was not written.

        Raises:
            BaselineLost: It is no table.
            Refused: Another version of this product wrote it.
        """
        try:
            content = self._copies.if_there(name)
        except NotFound:
            return None
        return self._rows(name, form, content)

    def newest(self, stem: str, claim: int | None = None) -> str | None:
        """Returns the name of what the latest try wrote, of all claims or of one; None where none did.

        What this process wrote itself serves without asking: nobody is later under the same claim while it works.
        """
        return self._copies.newest(stem, claim)

    def names_in(self, below: str) -> list[str]:
        """Lists the documents of one of the point's directories."""
        return self._copies.names_in(below)

    def read_new(self, name: str, form: TableForm, columns: tuple[str, ...] = ()) -> tuple[list[Row], str]:
        """Reads a table that the ledger does not name yet, and gives its SHA-256, for the ledger to name it by.

        Raises:
            BaselineLost: It is gone.
            Refused: Another version of this product wrote it.
        """
        content = self._copies.needed(name)
        return self._rows(name, form, content, columns), hashlib.sha256(content).hexdigest()

    def put_json(self, name: str, form: JsonForm[T], value: T) -> str:
        """Writes a small document outside the manifest (a verdict, a record of a finished stage).

        Its name bears claim and try, unless all that it says is that it is there.

        Returns:
            Its SHA-256.
        """
        content = form.encode(value)
        self._copies.put(name, content)
        return hashlib.sha256(content).hexdigest()

    def get_json(self, name: str, form: JsonForm[T]) -> T | None:
        """Reads a small document, or gives what this process wrote; None when it was not written.

        Raises:
            BaselineLost: It is no such document.
            Refused: Another version of this product wrote it.
        """
        try:
            content = self._copies.if_there(name)
        except NotFound:
            return None
        return self._decoded(form, name, content)

    def copy_again(self) -> None:
        """For a stage that finds its plan made: gives the origin what it lacks of it, so far as it takes it.

        The try that wrote the plan may have died before it could note that.
        """
        beside = [content_name(name, one.sha256) for name, one in self._manifest.items() if not one.content]
        self._copies.copy_missing((*beside, MANIFEST_FILE), MANIFEST_FILE)

    def lacking(self) -> list[str]:
        """Says which documents the origin has no copy of, after one more try for each; a silent site is asked once."""
        return self._copies.lacking()

    def _rows(self, name: str, form: TableForm, content: bytes, columns: tuple[str, ...] = ()) -> list[Row]:
        try:
            form.check(self._tables.stamp(content), f"{self.directory}/{name}")
            return self._tables.unpack(content, columns)
        except Protocol as error:
            raise self._copies.lost(name, error.problem) from error

    def _decoded(self, form: JsonForm[T], name: str, content: bytes) -> T:
        try:
            return form.decode(content, f"{self.directory}/{name}")
        except Protocol as error:
            raise self._copies.lost(name, error.problem) from error
