"""A sealed point that became unreadable, on the running lab: a file that left its root and was cut (fault 80, I8)."""

from __future__ import annotations

import pytest

from support.cli import CliHome

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]


def verified(home: CliHome, service: str) -> dict[str, str]:
    """What ``points`` shows of each sealed point."""
    points = home.run("points", service, "--json").document("points")["points"]
    return {point["point"]: point["verified"] for point in points if point["state"] == "sealed"}


def test_a_point_that_became_unreadable_is_marked_with_all_that_share_the_file_and_the_next_run_makes_a_whole_one(
    shared: CliHome,
) -> None:
    service, name = "rots", "ü dir/e%20 f+"
    root = shared.service(service, retention={"primary": "9", "secondary": "9"}, drift="restore")
    shared.writers["east"].write(f"{root}/{name}", b"x" * 5000)
    shared.writers["east"].write(f"{root}/sound", b"one")
    first, second = (shared.backup(service)["point"] for _ in range(2))
    shared.writers["east"].write(f"{root}/sound", b"two")
    west, outside = shared.namenodes["west"], f"{shared.folder}/{service}-outside"
    west.rename(f"{root}/{name}", outside)
    west.truncate(outside, 1024)

    told = shared.run("verify", service, "--point", first, "--json", exit_code=3)
    document = told.document("verify")
    assert document["mismatch"] == []
    [untold] = document["cannot_tell"]
    assert untold.startswith(f"{root}/{name}: could not be read back")
    assert f"{service} {first}: 1 could not be compared, the first: {untold}" in told.error()
    assert "marked as damaged" in told.error()
    assert verified(shared, service) == {first: "mismatch", second: "mismatch"}
    explained = shared.run("explain", service, "--point", second, "--json").document("explain")["entries"]
    assert [e["text"] for e in explained if e["kind"] == "damaged" and f"{root}/{name}" in e["text"]]
    warned = shared.run("check", service, "--json").document("check")["results"]
    assert {r["detail"].partition(" is damaged")[0] for r in warned if r["name"] == "points"} == {
        f"point {first}", f"point {second}"}  # fmt: skip
    told = shared.run("status", shared.pair, "--json", exit_code=1).document("status")["services"][service]
    assert (told["newest"], told["state"], told["damaged"]) == (None, "damaged", [first, second])

    third = shared.backup(service)
    assert third["baseline"] is None
    assert third["files_copied"] == 2
    assert any(f"point {second} is damaged" in warning for warning in third["warnings"])
    shared.holds(service, third["point"])
    assert verified(shared, service)[third["point"]] in ("match", "cannot tell")
    shared.writers["east"].write(f"{root}/more", b"three")
    fourth = shared.backup(service)
    assert fourth["baseline"] == third["point"]
    shared.holds(service, fourth["point"])
    refilled_without_a_trace_on_the_secondary(shared, service, f"{root}/{name}")


def refilled_without_a_trace_on_the_secondary(home: CliHome, service: str, path: str) -> None:
    """The next run names it, keeps it aside and copies the file again; what the run itself rewrote is nobody's."""
    west = home.namenodes["west"]
    was = west.status(path).facts
    west.truncate(path, 1024)
    home.writers["west"].append(path, b"!" * (was.length - 1024))
    west.set_times(path, was.mtime_ms)
    assert west.status(path).facts == was
    fifth = home.backup(service)
    assert [warning for warning in fifth["warnings"] if "-kept-" in warning]
    home.holds(service, fifth["point"])
    [kept] = home.run("points", service, "--json").document("points")["kept"]
    assert kept["found"] == [f"{path} was replaced: other bytes of the same length, its modification time put back"]
    sixth = home.backup(service)
    home.holds(service, sixth["point"])
    assert len(home.run("points", service, "--json").document("points")["kept"]) == 1
