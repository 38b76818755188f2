"""What the repository must not contain, and what its lock must."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written in pieces, so that this file does not contain what it looks for.
REGISTRIES = [
    "py" + "pi.org", "python" + "hosted.org", "repo" + "1.maven", "repo" + ".maven", "maven.org/" + "maven2",
    "registry." + "npmjs", "npm" + "js.com", "crates" + ".io", "proxy." + "golang", "rubygems" + ".org",
]  # fmt: skip
HOME = r"(?<![\w.$}/-])/(?:root/\S|(?:home/[a-z]|Users/[A-Za-z])\w*(?=[/\s\"'`:;,)]|$))"
FORBIDDEN = re.compile("|".join(map(re.escape, REGISTRIES)) + "|--(?:extra-)?index-" + "url|" + HOME, re.MULTILINE)


def tracked() -> list[Path]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_registry_or_somebodys_home() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}" for path in tracked()
        for match in FORBIDDEN.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]  # fmt: skip
    assert not found


@pytest.mark.parametrize(
    "text", ["see https://" + "py" + "pi.org/simple", "cd /" + "root/x", '"/' + 'home/alice"', "pip --index-" + "url x"]
)
def test_what_is_looked_for_is_found(text: str) -> None:
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize(
    "text", ["/data/root/x", "<root>/.hadoop-dr", "{home}/x", "--no-emit-index-" + "url", "https://h/home/x"]
)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert not FORBIDDEN.search(text)


def test_the_lock_holds_every_dependency_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = dict(re.findall(r"^([a-z0-9.-]+)==(\S+) \\\n {4}--hash=sha256:", lock, re.MULTILINE))
    for line in wanted:
        name, version = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(?:==(\S+))?", line).groups()  # type: ignore[union-attr]
        assert name.lower() in locked, f"{name}: run make lock"
        assert version in (None, locked[name.lower()]), f"{name}: run make lock"
