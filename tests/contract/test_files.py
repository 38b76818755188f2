"""What every document store promises (ports.files), on the twin and on a real cluster."""

from __future__ import annotations

import threading

import pytest

from hadoop_dr.domain.errors import AlreadyExists, NotFound
from hadoop_dr.ports.files import Files
from support.backup import Site


@pytest.fixture
def files(site: Site) -> Files:
    return site.files


def test_a_document_comes_back_byte_by_byte(files: Files, folder: str) -> None:
    for content in (b"", b"\x00\xff", "ü\n".encode() * 100_000):
        files.put(f"{folder}/a b/e%20.json", content)
        assert files.get(f"{folder}/a b/e%20.json") == content


def test_only_the_first_publication_of_a_path_counts(files: Files, folder: str) -> None:
    assert files.append_new(f"{folder}/l/000000000001.json", b"one") is True
    assert files.append_new(f"{folder}/l/000000000001.json", b"one") is False
    assert files.append_new(f"{folder}/l/000000000001.json", b"two") is False
    assert files.get(f"{folder}/l/000000000001.json") == b"one"
    assert files.names(f"{folder}/l") == ["000000000001.json"]


def test_bytes_that_were_brought_ahead_have_no_name_until_they_are_published(files: Files, folder: str) -> None:
    paths = [f"{folder}/l ü/{n:012d}.json" for n in (1, 2, 3)]
    files.append_new(f"{folder}/l ü/0", b"")
    for path in paths:
        files.prepare(path, path.encode())
    assert files.names(f"{folder}/l ü") == ["0"]
    assert [files.append_new(path, path.encode()) for path in paths] == [True] * 3
    assert [files.get(path) for path in paths] == [path.encode() for path in paths]


def test_bytes_that_were_brought_ahead_give_way_to_who_published_first(files: Files, folder: str) -> None:
    path = f"{folder}/l/000000000001.json"
    files.prepare(path, b"ours %")
    assert files.append_new(path, b"theirs") is True
    assert files.append_new(path, b"ours %") is False
    assert files.get(path) == b"theirs"


def test_one_of_many_contenders_wins(files: Files, folder: str) -> None:
    files.append_new(f"{folder}/l/0", b"")
    won: list[int] = []

    def contend(number: int) -> None:
        if files.append_new(f"{folder}/l/1", b"%d" % number):
            won.append(number)

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert files.get(f"{folder}/l/1") == b"%d" % won[0]


def test_directories_for_documents_are_closed_to_others(files: Files, site: Site, folder: str) -> None:
    files.put(f"{folder}/p/q/doc", b"x")
    assert site.namenode.status(f"{folder}/p").facts.mode == 0o700
    assert site.namenode.status(f"{folder}/p/q").facts.mode == 0o700


def test_names_are_sorted_and_absence_is_empty(files: Files, folder: str) -> None:
    assert files.names(f"{folder}/none") == []
    for name in ("b", "a b", "ü", "c"):
        files.put(f"{folder}/d/{name}", b"")
    assert files.names(f"{folder}/d") == ["a b", "b", "c", "ü"]


def test_what_is_not_there_is_not_found(files: Files, folder: str) -> None:
    with pytest.raises(NotFound):
        files.get(f"{folder}/none")
    with pytest.raises(NotFound):
        files.move(f"{folder}/none", f"{folder}/x")
    files.remove(f"{folder}/none")


def test_a_move_makes_parents_and_never_overwrites(files: Files, folder: str) -> None:
    files.put(f"{folder}/d/one", b"1")
    files.put(f"{folder}/d/two", b"2")
    with pytest.raises(AlreadyExists):
        files.move(f"{folder}/d/one", f"{folder}/d/two")
    files.move(f"{folder}/d", f"{folder}/kept/e%20/d")
    assert files.get(f"{folder}/kept/e%20/d/two") == b"2"
    assert files.names(f"{folder}/d") == []


def test_removing_takes_a_whole_directory(files: Files, folder: str) -> None:
    files.put(f"{folder}/d/e/one", b"1")
    files.remove(f"{folder}/d")
    assert files.names(f"{folder}/d") == []
