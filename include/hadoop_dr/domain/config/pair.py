"""Two sites that trust each other: the pair file as a checked value (S2.13, S0.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.config.document import DocumentNode, Fields, Wrong, items_of, parsed, refuse_hidden_meaning
from hadoop_dr.domain.config.monitor import MonitorSettings, read_monitor
from hadoop_dr.domain.config.policy import name_of_service
from hadoop_dr.domain.config.quantities import count, duration_ms, duration_text
from hadoop_dr.domain.errors import BadInput

SHORTEST_LEASE_MS = 15_000
"""A client asks a silent ZooKeeper again after five seconds, and waits for it for as long."""
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
_HOST_PORT = re.compile(rf"({_HOST}):(?P<port>[0-9]{{1,5}})")
_NAMESERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a site's daemons answer.

    Attributes:
        namenodes: RPC addresses, host:port; two of them with high availability.
        webhdfs: HTTP addresses of the same NameNodes, with scheme.
        zookeeper: Connection text, host:port joined by commas.
        nameservice: Logical name that clients use, or None without high availability.
        hive: Thrift addresses of the Hive metastore; empty when the site has none.
        sparksql: Thrift addresses of a metastore that SparkSQL has to itself.
        hiveserver2: host:port, or None.
    """

    namenodes: tuple[str, ...]
    webhdfs: tuple[str, ...]
    zookeeper: str
    nameservice: str | None = None
    hive: tuple[str, ...] = ()
    sparksql: tuple[str, ...] = ()
    hiveserver2: str | None = None

    @property
    def hdfs(self) -> str:
        """The file system's address as it stands in table locations."""
        return f"hdfs://{self.nameservice or self.namenodes[0]}"


@dataclass(frozen=True, slots=True)
class Site:
    """One Hadoop cluster of a pair.

    Attributes:
        name: Its place, never a role.
        location, cores, memory_gb: For people who choose a pair.
        lab: Name of the lab's site whose addresses are meant, or None.
        addresses: Where it is; None exactly when ``lab`` is set.
    """

    name: str
    location: str = ""
    cores: int | None = None
    memory_gb: int | None = None
    lab: str | None = None
    addresses: Addresses | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair file.

    Attributes:
        sites: Both sites, in the order of the file.
        initial_primary: The site that is primary until the ledger says otherwise.
        node_map: Node of one site to the node of the other that takes its users (S0.5).
        lease_ms: How long a client goes on changing things without hearing the other site's ZooKeeper; None: for ever.
        file: The file it was read from.
        monitor: How its sites are watched.
    """

    name: str
    sites: tuple[Site, Site]
    initial_primary: str
    node_map: Mapping[str, str] = field(default_factory=dict, hash=False)
    file: str = ""
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    lease_ms: int | None = None

    @property
    def site_names(self) -> tuple[str, str]:
        """Names of both sites, in the order of the file."""
        return self.sites[0].name, self.sites[1].name

    def site(self, name: str) -> Site:
        """One site by name.

        Raises:
            BadInput: The pair has no such site.
        """
        for site in self.sites:
            if site.name == name:
                return site
        raise BadInput(
            f"site '{name}'", f"the pair {self.name} has no such site", f"Its sites are {' and '.join(self.site_names)}"
        )

    def other(self, name: str) -> Site:
        """The partner of a site.

        Raises:
            BadInput: The pair has no such site.
        """
        return self.sites[1] if self.site(name) is self.sites[0] else self.sites[0]


def read_pair(root: DocumentNode) -> Pair:
    """Checks a pair file and makes the value.

    Raises:
        BadInput: At the first thing that is wrong.
    """
    refuse_hidden_meaning(root)
    fields = Fields(
        root,
        "a pair",
        allowed=("pair", "sites", "initial_primary", "node_map", "monitor", "lease"),
        required=("pair", "sites", "initial_primary"),
    )
    name = parsed(fields.node("pair"), "'pair'", name_of_service)
    sites = _sites(fields.node("sites"))
    initial = fields.text("initial_primary")
    if initial not in {site.name for site in sites}:
        raise fields.node("initial_primary").wrong(
            f"'initial_primary' is '{initial}', which is no site of this pair",
            f"Write {sites[0].name} or {sites[1].name}",
        )
    watched = read_monitor(_inner(fields, "monitor", ("threshold", "dwell", "every", "deadline")))
    return Pair(name, sites, initial, _node_map(fields), root.file, watched, fields.read("lease", _lease, None))


def _lease(text: str) -> int | None:
    if text == "off":
        return None
    length_ms = duration_ms(text)
    if length_ms < SHORTEST_LEASE_MS:
        why = "a ZooKeeper that is silent for a moment would stop every client"
        raise Wrong(f"is '{text}', but {why}", f"Write {duration_text(SHORTEST_LEASE_MS)} or more, or off")
    return length_ms


def _sites(node: DocumentNode) -> tuple[Site, Site]:
    if not isinstance(node.value, Mapping) or len(node.value) != 2:
        raise node.wrong("'sites' has to hold exactly two sites", "Write each as '<place>: {...}' below it")
    first, second = (_site(name, child) for name, child in node.value.items())
    if first.lab is not None and first.lab == second.lab:
        raise node.wrong(f"both sites are the lab's '{first.lab}'", "Give each its own, east and west")
    if first.addresses and second.addresses:
        for one, other in (
            (first.addresses.namenodes, second.addresses.namenodes),
            (first.addresses.zookeeper.split(","), second.addresses.zookeeper.split(",")),
        ):
            if shared := sorted(set(one) & set(other)):
                raise node.wrong(f"both sites have the address {shared[0]}", "Two sites share no daemon")
    return first, second


def _site(name: str, node: DocumentNode) -> Site:
    try:
        name_of_service(name)
    except Wrong as wrong:
        raise node.wrong(f"the name of a site {wrong.problem}", wrong.remedy) from None
    fields = Fields(
        node,
        f"site '{name}'",
        allowed=("location", "resources", "lab", "hdfs", "metastores", "hiveserver2", "zookeeper", "security"),
    )
    resources = _inner(fields, "resources", ("cores", "memory_gb"))
    lab = fields.read("lab", name_of_lab_site, None)
    if lab is not None:
        for key in ("hdfs", "metastores", "hiveserver2", "zookeeper"):
            if key in fields:
                raise fields.node(key).wrong(
                    f"'{key}' and 'lab' exclude each other", "A lab's addresses come from its state file"
                )
    site = Site(
        name=name,
        location=fields.read("location", str, ""),
        cores=resources.read("cores", count, None) if resources else None,
        memory_gb=resources.read("memory_gb", count, None) if resources else None,
        lab=lab,
        addresses=None if lab is not None else _addresses(name, node, fields),
    )
    _refuse_security(fields)
    return site


def name_of_lab_site(text: str) -> str:
    """Checks the name of one of the lab's sites.

    Raises:
        Wrong: It does not fit.
    """
    return name_of_service(text)


def _addresses(name: str, node: DocumentNode, fields: Fields) -> Addresses:
    for key in ("hdfs", "zookeeper"):
        if key not in fields:
            raise node.wrong(f"site '{name}' lacks the key '{key}'", "Add it, or 'lab: <site>' for a site of the lab")
    hdfs = Fields(
        fields.node("hdfs"), "'hdfs'",
        allowed=("namenodes", "webhdfs", "nameservice"), required=("namenodes", "webhdfs"),
    )
    namenodes = _list(hdfs.node("namenodes"), "'namenodes' entry", host_port)
    webhdfs = _list(hdfs.node("webhdfs"), "'webhdfs' entry", url_parser("http", "https"))
    nameservice = hdfs.read("nameservice", _nameservice, None)
    if len(namenodes) > 1 and nameservice is None:
        raise fields.node("hdfs").wrong(
            "several namenodes need one logical name", "Add 'nameservice: ...' as in their hdfs-site"
        )
    if len(webhdfs) != len(namenodes):
        raise hdfs.node("webhdfs").wrong(
            f"{len(webhdfs)} webhdfs addresses for {len(namenodes)} namenodes", "Give one for each"
        )
    metastores = _inner(fields, "metastores", ("hive", "sparksql"))
    hive, sparksql = (
        _list(metastores.node(key), f"'{key}' entry", url_parser("thrift")) if metastores and key in metastores else ()
        for key in ("hive", "sparksql")
    )
    return Addresses(
        namenodes,
        webhdfs,
        parsed(fields.node("zookeeper"), "'zookeeper'", _zookeeper),
        nameservice,
        hive,
        sparksql,
        fields.read("hiveserver2", host_port, None),
    )


def _refuse_security(fields: Fields) -> None:
    """Refuses by name what no adapter acts on yet: whoever writes it would rely on it.

    What is wrong in itself is said first, so that a file can be written for the version that will know it.

    Raises:
        BadInput: The site asks for any of it.
    """
    security = _inner(fields, "security", ("kerberos", "tls", "zookeeper"))
    if security is None:
        return
    if kerberos := _inner(security, "kerberos", ("principal", "keytab"), required=("principal",)):
        kerberos.text("principal")
        kerberos.read("keytab", _absolute, None)
    if tls := _inner(security, "tls", ("ca",), required=("ca",)):
        tls.read("ca", _absolute, None)
    if zookeeper := _inner(security, "zookeeper", ("sasl",), required=("sasl",)):
        zookeeper.read("sasl", _sasl, None)
    for key in ("kerberos", "tls", "zookeeper"):
        if key in security:
            raise security.node(key).wrong(
                f"this version does not use 'security.{key}' yet",
                "Remove it; sites that require it are not supported yet",
            )


def _inner(fields: Fields, key: str, allowed: tuple[str, ...], required: tuple[str, ...] = ()) -> Fields | None:
    return Fields(fields.node(key), f"'{key}'", allowed=allowed, required=required) if key in fields else None


def _list(node: DocumentNode, what: str, parse: Callable[[str], str]) -> tuple[str, ...]:
    found = tuple(parsed(child, what, parse) for child in items_of(node, what.removesuffix(" entry")))
    if len(set(found)) != len(found):
        raise node.wrong(f"{what.removesuffix(' entry')} names an address twice", "Take one out")
    return found


def host_port(text: str) -> str:
    """Checks ``host:port``.

    Raises:
        Wrong: It is none.
    """
    match = _HOST_PORT.fullmatch(text)
    if not match or not 0 < int(match["port"]) < 65_536:
        raise Wrong(f"'{_without_user(text)}' is not an address", "Write host:port")
    return text


def url_parser(*schemes: str) -> Callable[[str], str]:
    """Makes a check for ``scheme://host:port``, which takes neither a user nor a path."""

    def parse(text: str) -> str:
        scheme, _, rest = text.partition("://")
        if scheme not in schemes or not _HOST_PORT.fullmatch(rest.removesuffix("/")):
            raise Wrong(f"'{_without_user(text)}' is not an address", f"Write {' or '.join(schemes)}://host:port")
        host_port(rest.removesuffix("/"))
        return text.removesuffix("/")

    return parse


def _without_user(text: str) -> str:
    """Hides what may be a password before the text is shown."""
    return re.sub(r"(//|^)[^/@]*@", r"\1...@", text)


def _zookeeper(text: str) -> str:
    return ",".join(host_port(part.strip()) for part in text.split(","))


def _nameservice(text: str) -> str:
    if not _NAMESERVICE.fullmatch(text):
        raise Wrong(f"is '{text}'", "Use letters, digits, '.', '_' and '-'")
    return text


def _absolute(text: str) -> str:
    if not text.startswith("/"):
        raise Wrong(f"'{text}' is not absolute", "Write the whole path of the file")
    return text


def _sasl(text: str) -> str:
    if text not in {"gssapi", "digest-md5"}:
        raise Wrong(f"is '{text}'", "Write gssapi or digest-md5")
    return text


def _node_map(fields: Fields) -> dict[str, str]:
    if "node_map" not in fields:
        return {}
    node = fields.node("node_map")
    if not isinstance(node.value, Mapping):
        raise node.wrong("'node_map' has to be a mapping of nodes to nodes", "Write {east-dn1: west-dn1}")
    found: dict[str, str] = {}
    for key, child in node.value.items():
        partner = parsed(child, f"'{key}'", str)
        if partner in found.values():
            raise child.wrong(
                f"'{partner}' already takes the users of another node", "Map each node to a node of its own"
            )
        found[key] = partner
    return found
