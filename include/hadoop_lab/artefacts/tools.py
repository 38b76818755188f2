"""The programs the lab needs on the machine: JDK 17 and Maven."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from hadoop_lab.errors import LabError

JAVA_MAJOR = 17
PACKAGES = ("openjdk-17-jdk-headless", "maven")
INSTALL_LINE = f"apt-get install -y {' '.join(PACKAGES)}"


class Tools:
    """Finds the programs, or says in one line what to install."""

    def java(self) -> str:
        """Return a Java 17 launcher; Hadoop 3.5 needs at least 17 and Hive 4.0 at most 17."""
        for candidate in self._java_candidates():
            if java_major(candidate) == JAVA_MAJOR:
                return str(candidate)
        raise LabError(f"no Java {JAVA_MAJOR} found; install it ({INSTALL_LINE}) or set JAVA_HOME to one")

    def javac(self) -> str:
        """Return the compiler beside the launcher."""
        compiler = Path(self.java()).resolve().with_name("javac")
        if not compiler.exists():
            raise LabError(f"no Java compiler beside {self.java()}; install one ({INSTALL_LINE})")
        return str(compiler)

    def mvn(self) -> str:
        """Return the Maven launcher."""
        found = shutil.which("mvn")
        if found is None:
            raise LabError(f"Maven is not installed; install it ({INSTALL_LINE})")
        return found

    def missing(self) -> list[str]:
        """Return what is missing, one sentence each; empty if all is there."""
        sentences = []
        for check in (self.java, self.javac, self.mvn):
            try:
                check()
            except LabError as error:
                sentences.append(str(error))
        return sentences

    def prepare(self) -> None:
        """Install what is missing if this is Debian or Ubuntu and the user is root; else say what to install."""
        missing = self.missing()
        if not missing:
            return
        apt = shutil.which("apt-get")
        if apt is None or os.geteuid() != 0:
            raise LabError(missing[0])
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run([apt, *arguments], env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise LabError(f"apt-get {arguments[0]} failed: {last}; install by hand: {INSTALL_LINE}")
        still = self.missing()
        if still:
            raise LabError(still[0])

    def _java_candidates(self) -> list[Path]:
        candidates = []
        if home := os.environ.get("JAVA_HOME"):
            candidates.append(Path(home) / "bin" / "java")
        if found := shutil.which("java"):
            candidates.append(Path(found))
        candidates += sorted(Path("/usr/lib/jvm").glob(f"*{JAVA_MAJOR}*/bin/java"))
        return [candidate for candidate in candidates if candidate.exists()]


def java_major(launcher: Path) -> int | None:
    """Return the major version of a Java launcher; None if it does not run."""
    try:
        done = subprocess.run([launcher, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(match.group(1)) if match else None
