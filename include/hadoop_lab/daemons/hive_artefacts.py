"""The two parts of the metastore that no jar provides: its notification listener and an empty database."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from pathlib import Path

from hadoop_lab.artefacts.shared import Artefacts
from hadoop_lab.daemons.java import Java
from hadoop_lab.daemons.templates import render
from hadoop_lab.daemons.views import HiveNode

_LISTENER_SOURCE = "/org/apache/hive/hcatalog/listener/DbNotificationListener.java"
_SCHEMA_SCRIPTS = "scripts/metastore/upgrade/derby"
_SCHEMA_TOOL = "org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool"


def listener(artefacts: Artefacts) -> Path:
    """Return the jar of the notification listener.

    It is not published as a jar for this version, so it is compiled from the one file of the source release.
    """
    return artefacts.part("listener", "notification listener", lambda target: _compile(artefacts, target)) / _JAR


def derby_schema(artefacts: Artefacts) -> Path:
    """Return a Derby database folder with the empty schema, which every new metastore copies."""
    return artefacts.part("derby-schema", "metastore schema", lambda target: _initialise(artefacts, target)) / _DATABASE


_JAR = "hive-notification-listener.jar"
_DATABASE = "metastore"


def _compile(artefacts: Artefacts, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target) as name:
        work = Path(name)
        source, classes = work / "DbNotificationListener.java", work / "classes"
        with zipfile.ZipFile(_release(artefacts, "*.zip")) as release:
            member = next(entry for entry in release.namelist() if entry.endswith(_LISTENER_SOURCE))
            source.write_bytes(release.read(member))
        path = f"{artefacts.jars('metastore')}/*"
        command = [artefacts.tools.javac(), "-nowarn", "-d", str(classes), "-cp", path, str(source)]
        artefacts.run(command, "compile the notification listener")
        with zipfile.ZipFile(target / _JAR, "w", zipfile.ZIP_DEFLATED) as jar:
            for file in sorted(classes.rglob("*.class")):
                jar.write(file, file.relative_to(classes))


def _initialise(artefacts: Artefacts, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        work = Path(name)
        home = work / "home"
        _unpack_scripts(_release(artefacts, "*.tar.gz"), home / _SCHEMA_SCRIPTS)
        conf = work / "conf"
        conf.mkdir()
        # The tool makes the database itself, in a folder that must not exist yet.
        node = HiveNode(str(work), "127.0.0.1", derby_dir=str(target / _DATABASE), derby_create="true")
        site = {"metastore_port": 0, "hdfs": "hdfs://unused"}
        values = {"site": site, "node": node, "warehouse": "/", "external_warehouse": "/"}
        (conf / "metastore-site.xml").write_text(render("metastore-site.xml", values))
        path = [str(conf), f"{artefacts.jars('metastore')}/*", str(listener(artefacts))]
        java = Java(artefacts.tools.java(), "schema")
        command = java.command("schematool", _SCHEMA_TOOL, path, 256, work, ["-dbType", "derby", "-initSchema"])
        artefacts.run(command, "make the metastore schema", work, {"METASTORE_HOME": str(home)})


def _release(artefacts: Artefacts, pattern: str) -> Path:
    return next(artefacts.jars("releases").glob(pattern))


def _unpack_scripts(release: Path, folder: Path) -> None:
    # File by file, because the Python of Debian 12 (3.11.2) cannot be told yet to extract data only.
    folder.mkdir(parents=True)
    with tarfile.open(release) as archive:
        for entry in archive:
            if f"/{_SCHEMA_SCRIPTS}/" in entry.name and (script := archive.extractfile(entry)):
                folder.joinpath(Path(entry.name).name).write_bytes(script.read())
