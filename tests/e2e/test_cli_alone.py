"""The whole primary site is gone: its points are listed, explained and verified from the other one (fault 78)."""

from __future__ import annotations

import json
import socket

import pytest

from support.cli import CliHome

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def lose(home: CliHome, site: str) -> None:
    """From now on every address of a site in the pair file is one at which nobody answers."""
    path = home.path / f"include/pairs/{home.pair}.yaml"
    pair = json.loads(path.read_text("utf-8"))
    lost = pair["sites"][site]
    lost["hdfs"] = {"namenodes": [nobody()], "webhdfs": [f"http://{nobody()}"]}
    lost["zookeeper"] = nobody()
    lost.pop("metastores", None)
    path.write_text(json.dumps(pair), "utf-8")


def test_points_are_listed_explained_and_verified_when_nothing_of_the_primary_answers(home: CliHome) -> None:
    service = "orphan"
    root = home.service(service, retention={"primary": "9", "secondary": "9"})
    points = []
    for number in range(2):
        home.writers["east"].write(f"{root}/e%20/ü {number}", b"%d" % number * 2500)
        points.append(home.backup(service)["point"])
    lose(home, "east")

    asked = {
        "points": ("points", service, "--json"),
        "verify": ("verify", service, "--point", points[-1], "--json"),
        "explain": ("explain", service, "--point", points[-1], "--json"),
        "status": ("status", home.pair, "--json"),
        "identity": ("identity", home.pair),
        "backup": ("backup", service),
    }
    # At once, because each waits for a site that does not come.
    under_way = {name: home.begin(*arguments) for name, arguments in asked.items()}
    told = {name: call.ended() for name, call in under_way.items()}

    listed = told["points"].document("points")["points"]
    assert [(point["point"], point["state"], point["sites"]["west"]) for point in listed] == [
        (point, "sealed", True) for point in points
    ]
    verified = told["verify"].document("verify")
    assert (verified["mismatch"], verified["cannot_tell"]) == ([], [])
    assert verified["match"] > 0
    assert "sealed" in {entry["kind"] for entry in told["explain"].document("explain")["entries"]}
    status = told["status"].document("status")
    assert status["sites"]["east"]["readable"] is False
    assert status["sites"]["west"]["readable"] is True
    assert status["services"][service]["newest"] == points[-1]
    assert (told["status"].exit_code, status["ok"], status["services"][service]["ok"]) == (1, False, True)
    # After the progress one line of ours for each part that is silent, and none of a library's own.
    begun, of_hdfs, of_zookeeper = told["status"].stderr.splitlines()
    assert begun == "status ..."
    assert of_hdfs.startswith("warning: east: no connection")
    assert of_zookeeper.startswith("warning: east (127.0.0.1:")
    assert "ZooKeeper does not answer within 5 s (" in of_zookeeper
    assert "Connection refused" in of_zookeeper
    assert told["identity"].stderr == ""
    assert len([line for line in told["identity"].stdout.splitlines() if line.startswith("east")]) == 1
    assert told["backup"].exit_code == 1
    assert "east: no connection" in told["backup"].error()


def test_the_primary_gets_its_room_back_while_the_secondary_is_gone_and_only_then(home: CliHome) -> None:
    service = "waiting"
    root = home.service(service, retention={"primary": "9", "secondary": "9"})
    points = []
    for number in range(2):
        home.writers["east"].write(f"{root}/e%20/ü {number}", b"%d" % number * 2500)
        points.append(home.backup(service)["point"])
    refused = home.run("free-primary", service, "--approve", exit_code=1)
    assert "west answers" in refused.error()
    before, addresses = home.snapshots(service), (home.path / f"include/pairs/{home.pair}.yaml").read_text("utf-8")
    lose(home, "west")
    shown = home.run("free-primary", service, "--json").document("free_primary")
    assert ([one["point"] for one in shown["points"]], list(shown["stays"])) == (points[:1], points[1:])
    assert home.snapshots(service) == before
    page = home.run("free-primary", service, "--approve").stdout
    assert f"east: point {points[0]}: 1 snapshot removed: {root}/.snapshot/" in page
    after = home.snapshots(service)
    assert (after["east"], after["west"]) == (before["east"][1:], before["west"])
    (home.path / f"include/pairs/{home.pair}.yaml").write_text(addresses, "utf-8")
    home.writers["east"].write(f"{root}/new #", b"later")
    document = home.backup(service)
    assert (document["baseline"], document["files_copied"]) == (points[1], 1)
    assert home.holds(service, document["point"])
