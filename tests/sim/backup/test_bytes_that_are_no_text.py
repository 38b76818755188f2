"""What a shell hands over, and what a file is called, need not be text; a run takes it as it is."""

from __future__ import annotations

from dataclasses import replace

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.state.service_fold import dump_state, load_state
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.report import all_entries, explanation
from sim.world import ROOT, World, fill

ODD = "w\udce9 \ud800"


class OddlyNamed(World):
    """A world whose policy file has a name of bytes that are no text."""

    def context(self, faults: Faults | None = None) -> BackupContext:
        """The ground of a new process."""
        context = super().context(faults)
        return replace(context, policy=replace(context.policy, file=f"include/policies/{ODD}.yaml"))


def test_reasons_runs_and_files_of_bytes_that_are_no_text_are_kept_and_read_back() -> None:
    world = OddlyNamed(checkpoint_every=1)
    fill(world)
    assert world.stages(f"first {ODD}").run_all(reason=ODD)["warnings"] == []
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more")
    assert world.stages("second").run_all()["baseline"] is not None
    ledger = world.context().ledger
    assert load_state(dump_state(ledger.read())) == ledger.read()
    entries = all_entries(ledger.chain.deciding, ledger.chain.path)
    told = explanation("billing", entries, None)["entries"][0]["text"]
    assert told.startswith(f"run first {ODD} ")
    assert told.endswith(f"because {ODD}")
