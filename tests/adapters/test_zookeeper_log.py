"""A ZooKeeper that does not answer is one error of ours with the library's reason, and no line of the library's own."""

from __future__ import annotations

import logging
import socket

import pytest

from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator, ZooKeeperSettings
from hadoop_dr.adapters.zookeeper.log import ConnectionLog
from hadoop_dr.domain.errors import Unreachable


def test_a_silent_zookeeper_is_one_error_with_site_and_reason_and_nothing_is_printed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        hosts = f"127.0.0.1:{taken.getsockname()[1]}"
    coordinator = ZooKeeperCoordinator(hosts, "east", ZooKeeperSettings(timeout_s=0.5))
    with caplog.at_level(logging.INFO), pytest.raises(Unreachable) as silent:
        coordinator.read("/hadoop-dr/ü")
    coordinator.close()
    assert str(silent.value).startswith(f"east ({hosts}): ZooKeeper does not answer within 0.5 s (Connection dropped: ")
    said = [record.levelno for record in caplog.records if record.name.startswith("kazoo")]
    assert said, "what the library says can still be had"
    assert max(said) < logging.WARNING, "what stands there unasked is a warning or more"


def test_an_error_of_the_library_stays_one_and_is_no_reason(caplog: pytest.LogCaptureFixture) -> None:
    log = ConnectionLog()
    log.warning("Connection dropped: %s", "100 % gone")
    log.warning("Transition to CONNECTING")
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("Unhandled exception in connection loop of %s", "h:1")
    assert log.reason == "Connection dropped: 100 % gone"
    [shown] = [record for record in caplog.records if record.levelno > logging.INFO]
    assert (shown.levelno, bool(shown.exc_info)) == (logging.ERROR, True)
