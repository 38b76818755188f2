"""What is fetched or built once per user and shared by all labs.

Everything lies under `<cache>/lab/<hash of the poms>/`. A part is made in a temporary folder and renamed when it is
complete, under a lock: two labs that start together build it once, and a killed build leaves nothing that looks whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hadoop_lab.artefacts.archives import archive_folder
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.errors import LabError
from hadoop_lab.supervisor.locks import file_lock

POMS = Path(__file__).parent / "poms"
_TIMEOUT_S = 1800
_EMPTY_WEB_APPLICATION = '<web-app xmlns="http://java.sun.com/xml/ns/javaee" version="2.4"/>\n'


def cache_folder() -> Path:
    """Return the user's cache: HADOOP_DR_CACHE, or a folder in the home directory."""
    chosen = os.environ.get("HADOOP_DR_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "hadoop-dr") / "lab"


class Artefacts:
    """The cached parts that belong to the poms of this version."""

    def __init__(self, cache: Path, tools: Tools, progress: Callable[[str], None]) -> None:
        """Nothing is fetched until a part is asked for."""
        self._folder = cache / _poms_hash()
        self.tools = tools
        self._progress = progress

    def fetch(self, modules: Mapping[str, str]) -> None:
        """Fetch what is missing side by side, in one call.

        One module after the other mostly waits for the registry: 212 s, and 89 s like this (same machine, both busy).

        Args:
            modules: The poms' modules by the part that is made of them.
        """
        missing = sorted({module for part, module in modules.items() if not (self._folder / part).is_dir()})
        if len(missing) < 2:
            return
        self._progress(f"{', '.join(missing)}: fetching, once per user")
        with (
            file_lock(self._folder / "fetch.lock", lambda: self._progress("waiting for another lab")),
            tempfile.TemporaryDirectory(prefix=".fetch.", dir=self._folder) as fetched,
        ):
            self._copy_dependencies(
                POMS / "pom.xml", f"-T{len(missing)}", "-pl", ",".join(missing), f"-Dlab.fetched={fetched}"
            )
            for module in missing:
                self._keep(module, Path(fetched, module, "dependency"))

    def _keep(self, module: str, fetched: Path) -> None:
        def move(target: Path) -> None:
            for file in fetched.iterdir():
                file.rename(target / file.name)

        self.part(f"jars-{module}", f"jars of {module}", move)

    def jars(self, module: str) -> Path:
        """Return the folder with the class path of a module, fetching it the first time."""

        def fetch(target: Path) -> None:
            self._copy_dependencies(POMS / module / "pom.xml", f"-DoutputDirectory={target}")

        return self.part(f"jars-{module}", f"jars of {module}", fetch)

    def discard(self, module: str) -> None:
        """Remove what was fetched of a module; it comes again when it is asked for."""
        shutil.rmtree(self._folder / f"jars-{module}", ignore_errors=True)

    def webapps(self) -> Path:
        """Return a jar with the empty web applications that the HDFS daemons insist on.

        The published jars have none; JMX, WebHDFS and the failover controllers work on empty ones.
        """

        def build(target: Path) -> None:
            with zipfile.ZipFile(target / "webapps.jar", "w") as jar:
                # Jetty looks for the folders themselves, so they need entries of their own.
                jar.mkdir("webapps")
                jar.mkdir("webapps/static")
                for name in ("hdfs", "datanode", "journal", "secondary"):
                    jar.mkdir(f"webapps/{name}")
                    jar.mkdir(f"webapps/{name}/WEB-INF")
                    jar.writestr(f"webapps/{name}/WEB-INF/web.xml", _EMPTY_WEB_APPLICATION)

        return self.part("webapps-jar", "empty web applications", build) / "webapps.jar"

    def archives(self) -> Path:
        """Return the folder of class-data archives for these jars and this Java; it may not exist yet."""
        return archive_folder(self._folder, self.tools.java())

    def part(self, name: str, title: str, build: Callable[[Path], None]) -> Path:
        """Return a finished part, building it under a lock if it is not there yet."""
        finished = self._folder / name
        if finished.is_dir():
            return finished
        with file_lock(self._folder / f"{name}.lock", lambda: self._progress(f"{title}: waiting for another lab")):
            if finished.is_dir():
                return finished
            self._progress(f"{title}: building, once per user")
            temporary = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=self._folder))
            try:
                build(temporary)
                temporary.chmod(0o755)
                temporary.rename(finished)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        return finished

    def _copy_dependencies(self, pom: Path, *arguments: str) -> None:
        done = self._call(
            [self.tools.mvn(), "-q", "-B", "-Dmaven.artifact.threads=10", "-f", str(pom),
             "dependency:copy-dependencies", "-DincludeScope=runtime", *arguments],
            None, {},
        )  # fmt: skip
        if done.returncode != 0:
            raise LabError(f"Maven could not fetch what the lab needs; {maven_reason(done.stdout)}")

    def run(
        self, command: Sequence[str], purpose: str, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Run a tool that builds a part.

        Raises:
            LabError: It failed; the end of its output is in the message.
        """
        done = self._call(command, folder, env or {})
        if done.returncode != 0:
            last = "\n".join(done.stdout.splitlines()[-20:])
            raise LabError(f"cannot {purpose}: {Path(command[0]).name} ended with code {done.returncode}\n{last}")

    def _call(
        self, command: Sequence[str], folder: Path | None, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command,
                cwd=folder,
                env=os.environ | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{command[0]} gave no answer in {_TIMEOUT_S} s; check the network, run again") from error


def maven_reason(output: str) -> str:
    """Shorten Maven's answer to the lines that say why, with the remedy."""
    errors = [line.removeprefix("[ERROR] ").strip() for line in output.splitlines() if "[ERROR]" in line]
    first = next((line for line in errors if line), "no reason given")
    offline = ("Unknown host", "Connection refused", "timed out", "offline mode", "unreachable", "No route to host")
    if any(word in output for word in offline):
        remedy = "connect it, or set a mirror in ~/.m2/settings.xml"
        return f"the machine looks offline: {remedy}. Maven said: {first[:400]}"
    return f"Maven said: {first[:400]}"


def _poms_hash() -> str:
    digest = hashlib.sha256()
    for pom in sorted(POMS.rglob("pom.xml")):
        digest.update(pom.relative_to(POMS).as_posix().encode() + b"\0" + pom.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
