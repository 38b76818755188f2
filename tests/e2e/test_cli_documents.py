"""What the command line prints: one designed document, or a page; progress and errors on stderr (S2.9, S2.14).

Shapes and exit codes are those of README.md and tests/schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
import pytest

from hadoop_dr.cli import main
from schemas import SCHEMAS, validate
from support.cli import CliHome, Ran, cli_home
from support.lossy_proxy import Lose, LossyProxy

LAB = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.in_order, pytest.mark.timeout(300)]
SERVICE, FREED = "docs", "freed"
STAGES = ["preflight", "moment", "plan", "stage", "place", "verify", "seal", "prune"]


@pytest.fixture(scope="module")
def documents(lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliHome]:
    """A pair with a service that has a sealed point and something new on the primary, and one to be unprotected."""
    with cli_home(tmp_path_factory) as home:
        root = home.service(SERVICE, retention={"primary": "1", "secondary": "1"})
        home.writers["east"].write(f"{root}/a b", b"one")
        home.backup(SERVICE)
        home.writers["east"].write(f"{root}/e%20", b"two")
        home.writers["east"].write(f"{home.service(FREED)}/c #", b"three")
        home.backup(FREED)
        yield home


def pair_or_service(home: CliHome, *words: str) -> list[str]:
    """The arguments of a command, with the names of this home."""
    return [{"PAIR": home.pair, "SERVICE": SERVICE, "FREED": FREED}.get(word, word) for word in words]


COMMANDS = {
    "check": ("check", "SERVICE"),
    "coverage": ("coverage", "SERVICE"),
    "plan": ("plan", "SERVICE"),
    "backup": ("backup", "SERVICE"),
    "points": ("points", "SERVICE"),
    "verify": ("verify", "SERVICE"),
    "prune": ("prune", "SERVICE"),
    "explain": ("explain", "SERVICE"),
    "status": ("status", "PAIR"),
    "identity": ("identity", "PAIR"),
    "monitor": ("monitor", "PAIR", "--once"),
    "hold": ("resume", "PAIR", "--reason", "it stands, ü %"),
    "ledger_check": ("ledger", "check", "PAIR"),
    "lab_status": ("lab", "status"),
    "unprotect": ("unprotect", "FREED", "--reason", "it moves, ü %"),
}


def says_plan(_: CliHome, told: Any) -> None:
    assert (told["steps"]["bring"], told["bytes"]) == (1, 3)


def says_backup(home: CliHome, told: Any) -> None:
    assert (told["entries"], told["files_copied"], told["bytes_copied"]) == (1, 1, 3)
    assert told["baseline"] < told["point"]
    assert set(told["snapshots"]["west"]) == {home.root(SERVICE)}
    assert {"moment", "plan", "stage", "place", "verify"} <= set(told["seconds"])


def says_points(_: CliHome, told: Any) -> None:
    assert [(p["state"], p["verified"], p["pinned"]) for p in told["points"]] == [
        ("pruned", "match", False), ("sealed", "match", True)]  # fmt: skip


def says_verify(_: CliHome, told: Any) -> None:
    assert told["match"] >= 1
    assert told["mismatch"] == told["cannot_tell"] == []


def says_explain(_: CliHome, told: Any) -> None:
    # A machine too busy for its moment arms it again.
    kinds = [e["kind"] for e in told["entries"] if e["kind"] != "rearmed"]
    assert kinds[:4] == ["claim", "taken", "staged", "sealed"]


def says_status(_: CliHome, told: Any) -> None:
    assert (told["services"][SERVICE]["state"], told["ok"]) == ("ok", True)
    assert [site["health"] for site in told["sites"].values()] == [{"available": 3, "total": 3}] * 2


def says_identity(_: CliHome, told: Any) -> None:
    assert {site: found["role"] for site, found in told["sites"].items()} == {"east": "primary", "west": "secondary"}


def says_monitor(_: CliHome, told: Any) -> None:
    assert (told["ok"], told["alarms"], told["held"], told["warnings"]) == (True, [], [], [])
    for site in told["sites"].values():  # a NameNode, a ZooKeeper, two DataNodes, a metastore
        assert site["health"]["available"] == site["health"]["total"] == 5


def says_hold(home: CliHome, told: Any) -> None:
    assert told == {"pair": home.pair, "held": []}


def says_ledger_check(_: CliHome, told: Any) -> None:
    assert [chain["ok"] for chain in told["chains"]] == [True] * 3  # the pair and its two services


def says_lab_status(home: CliHome, told: Any) -> None:
    assert told["sites"]["east"]["webhdfs"] == home.sites["east"]["webhdfs"]


def says_prune(_: CliHome, told: Any) -> None:
    assert told["removed"] == {"east": [], "west": []}


def says_check(_: CliHome, told: Any) -> None:
    assert told["ok"]
    assert {"clusters", "epoch", "clock", "open files", "space", "drift"} <= {r["name"] for r in told["results"]}


def says_coverage(home: CliHome, told: Any) -> None:
    assert told["ok"]
    assert any(home.root(SERVICE) in r["detail"] for r in told["results"])


def says_unprotect(home: CliHome, told: Any) -> None:
    assert (told["service"], told["reason"]) == (FREED, "it moves, ü %")
    assert (told["points"], told["points_left"]) == (1, 1)
    assert told["sites"] == {"east": {"snapshots": 1, "free": [home.root(FREED)], "left": {}}}
    assert home.root(FREED) not in home.namenodes["east"].snapshottable()


# A shape alone may be filled with nothing: each document has to say what is known to be so.
SAYS = {shape: globals()[f"says_{shape}"] for shape in COMMANDS}
PROGRESS = {"coverage": ["coverage"], "plan": ["plan"], "verify": ["verify"], "backup": STAGES,
            "unprotect": ["unprotect"], "check": ["check"], "status": ["status"]}  # fmt: skip


class TestOnTheLab:
    pytestmark = LAB

    @pytest.mark.parametrize("shape", COMMANDS)
    def test_stdout_is_one_document_of_the_designed_shape_and_progress_is_on_stderr(
        self, documents: CliHome, shape: str
    ) -> None:
        ran = documents.run(*pair_or_service(documents, *COMMANDS[shape]), "--json")
        told = ran.document(shape)
        assert ran.stderr.splitlines() == [f"{stage} ..." for stage in PROGRESS.get(shape, [])]
        SAYS[shape](documents, told)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("check", "SERVICE"), ["ok    namenode: east serves", "ok    space"]),
            (("plan", "SERVICE"), ["on baseline 20", "bring", "deletions"]),
            (("backup", "SERVICE"), ["sealed", "moment", "baseline", "changed", "seconds"]),
            (("points", "SERVICE"), ["point", "sealed", "atomic", "match"]),
            (("verify", "SERVICE"), [": ", " match, 0 differ, 0 could not be compared"]),
            (("prune", "SERVICE"), ["east: removed nothing; 1 stay"]),
            (("explain", "SERVICE"), ["claim", "taken", "staged", "sealed"]),
            (("status", "PAIR"), ["epoch 1", "primary", "secondary", "newest point"]),
            (("identity", "PAIR"), ["ledger: east is primary, epoch 1", "west: secondary in epoch 1"]),
            (("ledger", "check", "PAIR"), ["ok    /.hadoop-dr/"]),
            (("lab", "status"), ["east (", "namenode", "running"]),
        ],
        ids=" ".join,
    )
    def test_without_json_stdout_is_a_page_for_people(
        self, documents: CliHome, words: tuple[str, ...], said: list[str]
    ) -> None:
        page = documents.run(*pair_or_service(documents, *words)).stdout
        assert [text for text in said if text not in page] == [], page
        assert "\x1b" not in page
        with pytest.raises(json.JSONDecodeError):
            json.loads(page)

    def test_an_effect_whose_result_cannot_be_read_back_is_code_3(self, home: CliHome) -> None:
        root = home.service("unsure")
        home.writers["east"].write(f"{root}/a b", b"one")
        home.backup("unsure")
        host, port = home.sites["east"]["webhdfs"][0].removeprefix("http://").split(":")
        with LossyProxy(host, int(port)) as proxy:
            self._speak_through(home, proxy)
            proxy.lose(b"op=CREATESNAPSHOT", Lose.REQUEST, 2)
            ran = home.run("backup", "unsure", "--json", exit_code=None)
            self._is_an_error(ran, 3, "Unknown")
        home.add_pair(home.pair)
        assert home.holds("unsure", home.backup("unsure")["point"])

    @staticmethod
    def _speak_through(home: CliHome, proxy: LossyProxy) -> None:
        path = home.path / f"include/pairs/{home.pair}.yaml"
        text = path.read_text().replace(home.sites["east"]["webhdfs"][0], f"http://{proxy.address}")
        assert proxy.address in text
        path.write_text(text)

    def _is_an_error(self, ran: Ran, code: int, kind: str) -> None:
        assert ran.exit_code == code, ran
        told = ran.document("error")["error"]
        assert told["kind"] == kind
        assert ran.error().startswith(f"{told['subject']}: {told['problem']}")

    def test_a_refusal_is_code_1_and_its_document_says_what_the_line_says(self, documents: CliHome) -> None:
        refused = documents.run("verify", SERVICE, "--point", "20200101T000000.000Z", "--json", exit_code=None)
        self._is_an_error(refused, 1, "NotFound")
        assert "See: hadoop-dr points docs" in refused.error()

    @pytest.mark.parametrize("words", [("check", "nobody"), ("status", "nobody"), ("ledger", "check", "nobody")])
    def test_a_name_that_no_file_has_is_code_2(self, documents: CliHome, words: tuple[str, ...]) -> None:
        self._is_an_error(documents.run(*words, "--json", exit_code=None), 2, "BadInput")

    def test_a_failed_check_is_code_1_and_still_a_document_of_the_check(self, home: CliHome) -> None:
        home.policy("absent", protect=[{"hdfs": home.root("absent")}])
        failed = home.run("check", "absent", "--json", exit_code=1)
        wrong = [r for r in failed.document("check")["results"] if r["state"] == "fail"]
        assert [r["detail"] for r in wrong] == [f"east:{home.root('absent')} does not exist"]
        page = home.run("check", "absent", exit_code=1).stdout
        assert "fail" in page.lower()
        assert wrong[0]["remedy"] in page


@pytest.mark.parametrize(
    "arguments",
    [(), ("backup",), ("backup", "x", "--mode", "half"), ("nonsense",), ("check", "x", "y"), ("points", "x", "--no")],
    ids=" ".join,
)
def test_wrong_arguments_are_code_2_without_a_home_or_a_connection(arguments: tuple[str, ...]) -> None:
    from click.testing import CliRunner

    ran = CliRunner(env={"HADOOP_DR_HOME": "/nowhere"}).invoke(main, [*arguments, "--json"] if arguments else [])
    assert ran.exit_code == 2
    if arguments:
        assert validate("error", ran.stdout)["error"]["kind"] == "BadInput"
        assert "error: " in ran.stderr


def test_a_moment_that_is_no_time_is_code_2_before_anything_is_opened() -> None:
    from click.testing import CliRunner

    ran = CliRunner(env={"HADOOP_DR_HOME": "/nowhere"}).invoke(main, ["backup", "x", "--moment", "soon", "--json"])
    assert ran.exit_code == 2
    assert validate("error", ran.stdout)["error"]["subject"] == "moment 'soon'"


def every_command(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands by the words that call them."""
    for name, command in group.commands.items():
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))


@pytest.mark.parametrize(("words", "command"), [*every_command(main)], ids=lambda value: " ".join(value)
                         if isinstance(value, tuple) else "")  # fmt: skip
def test_the_help_of_every_command_says_what_it_does_and_has_an_example(
    words: tuple[str, ...], command: click.Command
) -> None:
    from click.testing import CliRunner

    page = CliRunner().invoke(main, [*words, "--help"]).stdout
    assert command.help
    assert f"Example: hadoop-dr {' '.join(words)}" in page
    undescribed = [p.opts for p in command.params if isinstance(p, click.Option) and not p.help]
    assert undescribed == []


def test_every_document_of_the_design_is_tried() -> None:
    # `free-primary` wants a secondary that does not answer: test_cli_alone.py; a failover and the way back, a lost
    # primary: integration/test_lost_site.py; what runs until it is ended: tests/cli/test_cli_pages.py.
    others = {"free_primary", "failover", "failover_look", "reprotect", "client_agent", "client_health"}
    assert set(COMMANDS) | {"common", "error"} | others == set(SCHEMAS)
