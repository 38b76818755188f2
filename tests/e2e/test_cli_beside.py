"""Several services and several ways at once: nothing of one is another one's (S2.7, S2.9, S2.10, S2.17)."""

from __future__ import annotations

import os
import signal
import time

import pytest

from support.cli import CliHome

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]


def test_two_services_are_backed_up_at_the_same_time_and_both_seal(shared: CliHome) -> None:
    for service in ("left", "right"):
        root = shared.service(service)
        for n in range(10):
            shared.writers["east"].write(f"{root}/h# {n}/f+", os.urandom(1500))
    # One moment for both: whatever the machine does meanwhile, they work at the same time.
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 8))
    under_way = {s: shared.begin("backup", s, "--json", "--moment", moment) for s in ("left", "right")}
    points = {service: running.ended().document("backup") for service, running in under_way.items()}
    for service, document in points.items():
        assert document["files_copied"] == 10
        assert list(document["snapshots"]["west"]) == [shared.root(service)]
        shared.holds(service, document["point"])
    told = shared.run("status", shared.pair, "--json", exit_code=None).document("status")["services"]
    assert {name: told[name]["newest"] for name in points} == {name: d["point"] for name, d in points.items()}


def test_push_seals_from_the_primary_and_only_there(shared: CliHome) -> None:
    root = shared.service("pushed")
    shared.writers["east"].write(f"{root}/g=1", b"one")
    wrong = shared.run("backup", "pushed", "--transfer", "push", environment={"HADOOP_DR_SITE": "west"}, exit_code=1)
    assert "controller" in wrong.error()
    ran = shared.run("backup", "pushed", "--transfer", "push", "--json", environment={"HADOOP_DR_SITE": "east"})
    shared.holds("pushed", ran.document("backup")["point"])
    shared.writers["east"].write(f"{root}/g=1", b"two")
    pulled = shared.run("backup", "pushed", "--json", environment={"HADOOP_DR_SITE": "west"}).document("backup")
    assert pulled["files_copied"] == 1
    shared.holds("pushed", pulled["point"])


def test_full_mode_builds_on_nothing_and_copies_nothing_that_is_there_and_equal(shared: CliHome) -> None:
    root = shared.service("full", retention={"primary": "3", "secondary": "3"})
    for name in ("a b", "e%20/ü", "f+"):
        shared.writers["east"].write(f"{root}/{name}", name.encode() * 700)
    first = shared.backup("full")
    shared.writers["east"].append(f"{root}/f+", b"more")
    shared.namenodes["east"].delete(f"{root}/a b")
    second = shared.backup("full", "--mode", "full")
    assert (second["baseline"], second["files_copied"]) == (None, 1)
    shared.holds("full", second["point"])
    third = shared.backup("full")
    assert (third["baseline"], third["entries"]) == (second["point"], 0)
    shared.holds("full", third["point"])
    kept = shared.run("verify", "full", "--point", first["point"], "--json").document("verify")
    assert kept["mismatch"] == []
    assert set(shared.point("west", "full", first["point"])) == {"", "a b", "e%20", "e%20/ü", "f+"}


def test_one_file_below_a_small_bandwidth_is_work_that_nobody_takes_over(shared: CliHome) -> None:
    """Nothing but the bytes of one file move, for more than twice as long as a standstill is."""
    service, bytes_s = "trickle", 4000
    limits = {"deletions": "100%", "bandwidth": f"{bytes_s}B/s"}
    root = shared.service(service, takeover_after="4s", limits=limits)
    for seconds in (10, 60):  # on a slow machine the file is through before the other run has begun to look
        shared.writers["east"].write(f"{root}/one file %", os.urandom(bytes_s * seconds))
        first = shared.begin("backup", service, "--run", f"first-{seconds}", "--json")
        first.reaches("stage")
        second = shared.run("backup", service, "--run", f"second-{seconds}", exit_code=None)
        under_way = not first.has_reached("place")
        ended = first.ended()
        assert ended.exit_code == 0, ended.stderr
        shared.holds(service, ended.document("backup")["point"])
        if under_way:
            assert second.exit_code == 1
            assert f"busy: first-{seconds}" in second.error()
            return
    raise AssertionError("every file was through before the other run was refused")


def test_a_run_that_is_taken_over_on_order_stops_and_the_other_seals(shared: CliHome) -> None:
    root = shared.service("taken-over")
    shared.writers["east"].write(f"{root}/q?", b"one")
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 60))
    first = shared.begin("backup", "taken-over", "--run", "first-one", "--moment", moment)
    first.reaches("moment")
    point = shared.backup("taken-over", "--takeover", "--reason", "it has hung")["point"]
    ended = first.ended(30)
    assert ended.exit_code == 1
    assert "superseded" in ended.error() or "does not own" in ended.error()
    assert shared.sealed("taken-over") == [point]
    story = shared.run("explain", "taken-over", "--json").document("explain")["entries"]
    assert any("because it has hung" in entry["text"] for entry in story)


def test_a_run_that_a_person_interrupts_gives_the_service_back_to_the_next_at_once(shared: CliHome) -> None:
    root = shared.service("interrupted", takeover_after="120s")
    shared.writers["east"].write(f"{root}/x;y", b"one")
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 60))
    first = shared.begin("backup", "interrupted", "--moment", moment)
    first.reaches("moment")
    first.process.send_signal(signal.SIGINT)
    ended = first.ended(30)
    assert ended.exit_code == 1
    assert "Traceback" not in ended.stderr
    begun = time.monotonic()
    shared.holds("interrupted", shared.backup("interrupted")["point"])
    assert time.monotonic() - begun < 60, "it waited for a run that is gone"
