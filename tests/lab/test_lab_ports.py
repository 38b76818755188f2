"""Ports of the lab: chosen once, never shared, never silently exchanged."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hadoop_lab.daemons.topology import port_names
from hadoop_lab.errors import LabError
from hadoop_lab.supervisor.ports import BLOCK, BLOCKS, FIRST_PORT, claim_block, is_free, release_block, require_free


def _root(tmp_path: Path, name: str) -> Path:
    root = tmp_path / name
    (root / ".lab").mkdir(parents=True)
    return root


def test_two_labs_that_have_not_bound_yet_get_different_ports(tmp_path: Path) -> None:
    names = ["east.namenode.rpc", "east.namenode.http"]
    first = claim_block(tmp_path, _root(tmp_path, "a b"), names)
    second = claim_block(tmp_path, _root(tmp_path, "e+g=1#ü"), names)
    assert not set(first.values()) & set(second.values())


def test_the_block_of_a_lab_that_is_gone_is_given_out_again(tmp_path: Path) -> None:
    gone, wiped = _root(tmp_path, "gone"), _root(tmp_path, "wiped")
    first = claim_block(tmp_path, gone, ["x"])
    second = claim_block(tmp_path, wiped, ["x"])
    (gone / ".lab").rmdir()
    release_block(tmp_path, wiped)
    again = {claim_block(tmp_path, _root(tmp_path, name), ["x"])["x"] for name in ("c", "d")}
    assert again == {first["x"], second["x"]}


def test_a_block_with_a_port_in_use_is_passed_over(tmp_path: Path) -> None:
    names = ["a", "b"]
    first = claim_block(tmp_path, _root(tmp_path, "one"), names)
    (tmp_path / "ports" / str(first["a"])).unlink()
    with socket.create_server(("127.0.0.1", first["b"])):
        second = claim_block(tmp_path, _root(tmp_path, "two"), names)
    assert not set(first.values()) & set(second.values())


def test_a_taken_port_is_an_error_that_names_port_daemon_and_mend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        port = foreign.getsockname()[1]
        with pytest.raises(LabError) as caught:
            require_free("east.namenode", [port])
    message = str(caught.value)
    assert str(port) in message
    assert "east.namenode" in message
    assert "down --wipe" in message


def test_a_port_whose_server_has_just_left_is_free() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", port))
    accepted, _ = server.accept()
    assert not is_free(port)
    # The server side closes first and stays in TIME_WAIT.
    accepted.close()
    client.close()
    server.close()
    assert is_free(port)


def test_no_port_lies_where_the_kernel_puts_outgoing_connections() -> None:
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert first_ephemeral >= FIRST_PORT + BLOCK * BLOCKS


def test_every_daemon_that_may_come_later_has_its_port_from_the_start() -> None:
    names = port_names(("east", "west"), datanodes=2)
    assert len(names) == len(set(names)) <= BLOCK
    later = {"east.namenode2.rpc", "west.journalnode.rpc", "east.hiveserver2.thrift", "airflow.apiserver.http"}
    assert later <= set(names)
