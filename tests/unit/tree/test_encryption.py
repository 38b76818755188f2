"""No byte of an encryption zone is planned to be copied; what does not move bytes may go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.tree.encryption import refuse_encrypted
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

FILE = FileAttributes(FileKind.FILE, 7, "u", "g", 0o644, 1, 1024, 5)
SECRET = replace(FILE, encrypted=True)


@pytest.mark.parametrize("content", [content for content in Content if content is not Content.SAME])
def test_a_file_of_an_encryption_zone_is_refused_by_name_and_with_what_helps(content: Content) -> None:
    items = [
        Item(1, None, "ü b/a", None, FILE, content=content),
        Item(2, None, "in a zone #1", None, SECRET, content=content),
    ]
    with pytest.raises(Refused, match=r"^/data/in a zone #1: lies in an encryption zone, .*other means$"):
        refuse_encrypted("/data", items)


@pytest.mark.parametrize(("path", "named"), [("", "/data/X"), ("in a zone ", "/data/X/in a zone "), ("X", "/data/X/X")])
def test_what_is_refused_is_named_by_its_exact_path(path: str, named: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_encrypted("/data/X", [Item(1, path, path, SECRET, SECRET, content=Content.WHOLE)])
    assert refused.value.subject == named


def test_what_keeps_its_bytes_and_what_goes_is_not_refused() -> None:
    refuse_encrypted("/data", [
        Item(1, "a", "b", SECRET, SECRET, content=Content.SAME),
        Item(2, "c", None, SECRET, None), Item(3, None, "d", None, FILE, content=Content.SAME),
    ])  # fmt: skip
