"""NameNodes, DataNodes, JournalNode, failover controllers and ZooKeeper of one site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hadoop_lab.daemons import hdfs_folders
from hadoop_lab.daemons.java import Java
from hadoop_lab.daemons.templates import render
from hadoop_lab.daemons.views import HdfsNode, SiteView, ZooKeeperNode
from hadoop_lab.supervisor import probes
from hadoop_lab.supervisor.ports import HOST
from hadoop_lab.supervisor.specs import DaemonSpec, FirstStep, LabFolders

# A NameNode takes the user it runs as for the superuser; with simple authentication that is this variable.
SUPERUSER = {"HADOOP_USER_NAME": "hdfs"}

_HDFS = "org.apache.hadoop.hdfs"
_NAMENODE = f"{_HDFS}.server.namenode.NameNode"
_CONTROLLER = f"{_HDFS}.tools.DFSZKFailoverController"


@dataclass(frozen=True, slots=True)
class _Tool:
    """A command of the first start: what it is for, its main class and arguments."""

    title: str
    main: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HdfsDaemons:
    """Builds the specs of one site.

    Attributes:
        jars: Class path folders by module.
        webapps: Jar with the empty web applications.
        ports: Port by `<site>.<daemon>.<use>`.
    """

    layout: LabFolders
    java: Java
    site: SiteView
    jars: dict[str, Path]
    webapps: Path
    ports: dict[str, int]
    datanodes: int

    def specs(self) -> list[DaemonSpec]:
        """Return all daemons of the site below Hive."""
        datanodes = [self._datanode(number) for number in range(1, self.datanodes + 1)]
        if self.site.nameservice is None:
            return [self._zookeeper(), self._namenode(1, self._format(), after=()), *datanodes]
        return [
            self._zookeeper(),
            self._journalnode(),
            self._namenode(1, self._format_pair(), after=(self._name("zookeeper"), self._name("journalnode"))),
            self._namenode(2, self._bootstrap(), after=(self._name("namenode"),)),
            self._zkfc(1),
            self._zkfc(2),
            *datanodes,
        ]

    def _zookeeper(self) -> DaemonSpec:
        name, port = self._name("zookeeper"), self._port("zookeeper", "client")
        conf = self.layout.conf(name)
        node = ZooKeeperNode(str(self.layout.data(name)), port, HOST)
        return DaemonSpec(
            name=name,
            command=self.java.command(
                name,
                "org.apache.zookeeper.server.ZooKeeperServerMain",
                [f"{self.jars['zookeeper']}/*", conf],
                heap_mb=64,
                tmp=self.layout.run(name),
                arguments=[str(conf / "zoo.cfg")],
                properties=["org.slf4j.simpleLogger.showDateTime=true", "zookeeper.jmx.log4j.disable=true"],
            ),
            ports=(port,),
            files={conf / "zoo.cfg": render("zoo.cfg", {"node": node})},
            folders=(self.layout.data(name),),
            probe=probes.zookeeper(HOST, port),
        )

    def _namenode(self, number: int, steps: tuple[_Tool, ...], after: tuple[str, ...]) -> DaemonSpec:
        daemon = _numbered("namenode", number)
        name = self._name(daemon)
        node = HdfsNode(
            tmp_dir=str(self.layout.run(name)),
            namenode_id=self.site.namenodes[number - 1].id if self.site.nameservice else None,
            name_dir=str(self.layout.data(name)),
        )
        return DaemonSpec(
            name=name,
            command=self._command(name, _NAMENODE, 256),
            env=SUPERUSER,
            ports=(self._port(daemon, "rpc"), self._port(daemon, "http")),
            files=self._site_files(name, node),
            steps=tuple(
                FirstStep(tool.title, self._command(name, tool.main, 256, tool.arguments, tool=True), SUPERUSER)
                for tool in steps
            ),
            after=after,
            probe=probes.namenode(self.site.namenodes[number - 1].http),
        )

    def _datanode(self, number: int) -> DaemonSpec:
        daemon = f"datanode{number}"
        name = self._name(daemon)
        address = f"{HOST}:{self._port(daemon, 'data')}"
        node = HdfsNode(
            tmp_dir=str(self.layout.run(name)),
            data_dir=str(self.layout.data(name)),
            data_address=address,
            http_address=f"{HOST}:{self._port(daemon, 'http')}",
            ipc_address=f"{HOST}:{self._port(daemon, 'ipc')}",
            hostname=HOST,
        )
        return DaemonSpec(
            name=name,
            command=self._command(name, f"{_HDFS}.server.datanode.DataNode", 160),
            env=SUPERUSER,
            ports=tuple(self._port(daemon, use) for use in ("data", "http", "ipc")),
            files=self._site_files(name, node),
            folders=(self.layout.data(name),),
            probe=probes.datanode([namenode.http for namenode in self.site.namenodes], address),
            settle=self._make_folders if number == 1 and self.site.nameservice is None else None,
        )

    def _journalnode(self) -> DaemonSpec:
        name = self._name("journalnode")
        node = HdfsNode(
            tmp_dir=str(self.layout.run(name)),
            journal_dir=str(self.layout.data(name)),
            journal_rpc=f"{HOST}:{self._port('journalnode', 'rpc')}",
            journal_http=f"{HOST}:{self._port('journalnode', 'http')}",
        )
        return DaemonSpec(
            name=name,
            command=self._command(name, f"{_HDFS}.qjournal.server.JournalNode", 128),
            env=SUPERUSER,
            ports=(self._port("journalnode", "rpc"), self._port("journalnode", "http")),
            files=self._site_files(name, node),
            folders=(self.layout.data(name),),
            probe=probes.http_answers(f"http://{node.journal_http}/jmx?qry=java.lang:type=Runtime"),
        )

    def _zkfc(self, number: int) -> DaemonSpec:
        name = self._name(_numbered("zkfc", number))
        namenode = self.site.namenodes[number - 1]
        node = HdfsNode(tmp_dir=str(self.layout.run(name)), namenode_id=namenode.id)
        return DaemonSpec(
            name=name,
            command=self._command(name, _CONTROLLER, 64),
            env=SUPERUSER,
            ports=(namenode.zkfc_port,),
            files=self._site_files(name, node),
            after=(self._name(_numbered("namenode", number)),),
            probe=probes.all_of(
                probes.listens(HOST, namenode.zkfc_port),
                probes.one_active([each.http for each in self.site.namenodes]),
            ),
            settle=self._make_folders if number == 1 else None,
        )

    def _format(self) -> tuple[_Tool, ...]:
        arguments = ("-format", "-nonInteractive", "-clusterId", self.site.name)
        return (_Tool("format the NameNode", _NAMENODE, arguments),)

    def _format_pair(self) -> tuple[_Tool, ...]:
        return (*self._format(), _Tool("format ZooKeeper", _CONTROLLER, ("-formatZK", "-force", "-nonInteractive")))

    def _bootstrap(self) -> tuple[_Tool, ...]:
        return (_Tool("bootstrap the standby", _NAMENODE, ("-bootstrapStandby", "-force", "-nonInteractive")),)

    def _make_folders(self) -> None:
        hdfs_folders.ensure([namenode.http for namenode in self.site.namenodes])

    def _command(
        self, name: str, main: str, heap_mb: int, arguments: tuple[str, ...] = (), tool: bool = False
    ) -> tuple[str, ...]:
        path: list[Path | str] = [f"{self.jars['hadoop']}/*", self.webapps, self.layout.conf(name)]
        return self.java.command(name, main, path, heap_mb, self.layout.run(name), arguments, tool=tool)

    def _site_files(self, name: str, node: HdfsNode) -> dict[Path, str]:
        values = {"site": self.site, "node": node}
        files = ("core-site.xml", "hdfs-site.xml", "log4j.properties")
        return {self.layout.conf(name) / file: render(file, values) for file in files}

    def _name(self, daemon: str) -> str:
        return f"{self.site.name}.{daemon}"

    def _port(self, daemon: str, use: str) -> int:
        return self.ports[f"{self.site.name}.{daemon}.{use}"]


def _numbered(daemon: str, number: int) -> str:
    return daemon if number == 1 else f"{daemon}{number}"
