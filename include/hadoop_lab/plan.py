"""From what is wanted and what is there to the daemons to run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace

from hadoop_lab.artefacts.archives import Archives
from hadoop_lab.artefacts.shared import Artefacts
from hadoop_lab.daemons.airflow_daemons import airflow_specs
from hadoop_lab.daemons.hdfs_daemons import HdfsDaemons
from hadoop_lab.daemons.hive_artefacts import derby_schema, listener
from hadoop_lab.daemons.hive_daemons import hiveserver2, metastore
from hadoop_lab.daemons.java import Java
from hadoop_lab.daemons.topology import AIRFLOW_PORTS, port_names, site_state, site_view
from hadoop_lab.errors import LabError, WrongName
from hadoop_lab.options import LabOptions
from hadoop_lab.supervisor.ports import HOST
from hadoop_lab.supervisor.processes import MARKER_VARIABLE
from hadoop_lab.supervisor.specs import DaemonSpec, LabFolders
from hadoop_lab.supervisor.state import AirflowState, LabState, new_lab_name


def merge(before: LabState | None, options: LabOptions, claim: Callable[[Sequence[str]], dict[str, int]]) -> LabState:
    """Return the state in which the wanted daemons have addresses; `before` is not changed.

    Args:
        before: The stored state, if there is one; its ports and its layout of NameNodes are kept.
        options: What is wanted now.
        claim: Chooses ports for a new lab.

    Raises:
        LabError: The wish contradicts what the sites were formatted for.
    """
    unknown = [site for site in options.ha if site not in options.sites]
    if unknown:
        raise WrongName(f"site {unknown[0]!r} of --ha does not exist; sites are {', '.join(options.sites)}")
    if before is None:
        state = LabState(
            lab=new_lab_name(),
            ports=claim(port_names(options.sites, options.datanodes)),
            datanodes=options.datanodes,
            ha=list(options.ha),
        )
        for site in options.sites:
            state.sites[site] = site_state(site, state.ports, site in options.ha)
    else:
        state = deepcopy(before)
        for site in options.ha:
            if site not in state.ha:
                raise LabError(f"site {site} was formatted without HA; delete its data: "
                               f"hadoop-dr lab down --wipe, then: hadoop-dr lab up --ha {site}")
        if options.airflow and not state.ports.keys() >= set(AIRFLOW_PORTS):
            raise LabError("this lab was made before Airflow had a port for its tasks; delete its data: "
                           "hadoop-dr lab down --wipe, then: hadoop-dr lab up --airflow")
    _add_addresses(state, options)
    state.env |= {daemon: dict(extra) for daemon, extra in options.env.items()}
    state.namenode_properties |= {site: dict(extra) for site, extra in options.namenode_properties.items()}
    return state


def _add_addresses(state: LabState, options: LabOptions) -> None:
    for site, addresses in state.sites.items():
        if options.metastore or options.hiveserver2:
            addresses.metastore = f"thrift://{HOST}:{state.ports[f'{site}.metastore.thrift']}"
        if options.hiveserver2:
            addresses.hiveserver2 = f"{HOST}:{state.ports[f'{site}.hiveserver2.thrift']}"
    if options.airflow and state.airflow is None:
        url = f"http://{HOST}:{state.ports['airflow.apiserver.http']}"
        state.airflow = AirflowState(url, "admin", secrets.token_urlsafe(12), secrets.token_hex(32))


def build_specs(layout: LabFolders, state: LabState, options: LabOptions, artefacts: Artefacts) -> list[DaemonSpec]:
    """Return the daemons that are wanted now or were started before and not stopped since."""
    java = Java(artefacts.tools.java(), state.lab, Archives(artefacts.archives(), _recorders(state)))
    jars = {module: artefacts.jars(module) for module in ("hadoop", "zookeeper")}
    webapps = artefacts.webapps()
    views = {site: site_view(site, state) for site in state.sites}
    specs: list[DaemonSpec] = []
    for view in views.values():
        specs += HdfsDaemons(layout, java, view, jars, webapps, state.ports, state.datanodes).specs()
    wanted = _wanted(state, options)
    if "metastore" in wanted:
        schema = derby_schema(artefacts)
        path: tuple[str, ...] = (f"{artefacts.jars('metastore')}/*", str(listener(artefacts)))
        artefacts.discard("releases")  # 350 MB, and both parts of them are made
        specs += [metastore(layout, java, view, path, schema) for view in views.values()]
    if "hiveserver2" in wanted:
        path = (f"{artefacts.jars('hiveserver2')}/*",)
        specs += [hiveserver2(layout, java, view, path) for view in views.values()]
    if state.airflow is not None and (options.airflow or state.airflow.daemons):
        specs += airflow_specs(layout, state.ports, state.airflow, state.lab)
    return [_marked(spec, state) for spec in specs]


def modules_of(options: LabOptions) -> dict[str, str]:
    """Name the modules that the daemons are made of, by the cached part that each becomes."""
    jars = ["hadoop", "zookeeper"]
    if options.metastore or options.hiveserver2:
        jars.append("metastore")
    if options.hiveserver2:
        jars.append("hiveserver2")
    archives = {"listener": "releases", "derby-schema": "releases"} if "metastore" in jars else {}
    return {f"jars-{module}": module for module in jars} | archives


def _wanted(state: LabState, options: LabOptions) -> set[str]:
    wanted = {name.split(".", 1)[1] for name in state.records()}
    if options.metastore or options.hiveserver2:
        wanted.add("metastore")
    if options.hiveserver2:
        wanted.add("hiveserver2")
    return wanted


def _recorders(state: LabState) -> frozenset[str]:
    """Name one daemon of each kind: all of a kind load the same classes."""
    first = next(iter(state.sites))
    names = {f"{first}.{daemon}" for daemon in ("zookeeper", "namenode", "datanode1", "metastore", "hiveserver2")}
    names |= {f"{site}.{daemon}" for site in state.ha[:1] for daemon in ("journalnode", "zkfc")}
    return frozenset(names)


def _marked(spec: DaemonSpec, state: LabState) -> DaemonSpec:
    # Two pools instead of eight per core keep the many threads of a daemon from holding memory they do not use.
    small = {"MALLOC_ARENA_MAX": "2"}
    env = {**small, **spec.env, **state.env.get(spec.name, {}), MARKER_VARIABLE: state.lab}
    return replace(spec, env=env)
