"""What a quota fence stops and what it leaves, on the twin and on a real NameNode (ports.namenode)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import OverQuota
from hadoop_dr.ports.namenode import NameNode
from support.held import held_open, wait_until
from support.trees import Writer


def test_a_fence_stops_new_names_and_blocks_and_a_writer_still_fills_the_block_it_has(
    name: NameNode, pen: Writer, folder: str
) -> None:
    """So a fence stands only once no file is open (fault 63)."""
    before = b"y" * 200_000  # less than a packet stays with the DataNode that writes, and there is no block to fill
    pen.write(f"{folder}/closed +", b"x")
    with held_open(name, f"{folder}/log ü%", before, block_bytes=1 << 20) as writing:
        wait_until(lambda: list(name.open_files(folder)) != [])
        name.set_quota(folder, 1, 1)
        with pytest.raises(OverQuota):
            name.make_directory(f"{folder}/d", 0o755)
        writing.send(b"z" * 300)
    wait_until(lambda: list(name.open_files(folder)) == [])
    assert pen.read(f"{folder}/log ü%") == before + b"z" * 300
    name.set_quota(folder, -1, -1)
