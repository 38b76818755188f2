"""``verdict-<claim>.<try>.json``: what a verification found, so that the seal can be another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.formats.form import JsonForm
from hadoop_dr.domain.ledger.bodies.sealed import Sampled, Verified
from hadoop_dr.domain.ledger.bodies.values import Part, SnapshotRecord
from hadoop_dr.domain.tree.intended import Lowered


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict.

    Attributes:
        verified: What the seal will say of it.
        mismatch: The first of the objects that differ; with any there is no seal.
        snapshots: The candidate's snapshots on the destination, by root.
        hindered: What an audit could not compare.
        sampled: The older point that was looked at.
        datasets: What each kind of data sets keeps of the destination, as the seal will say it.
        documents: SHA-256 by name of the documents that verify added.
        intended: How many objects have less than was intended.
        lowered: The first of them.
        blocks: A digest of the block ids of each small root, as the seal will say it.
    """

    verified: Verified
    mismatch: tuple[str, ...]
    snapshots: Mapping[str, SnapshotRecord]
    hindered: tuple[str, ...] = ()
    sampled: Sampled | None = None
    datasets: Mapping[str, Part] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    intended: int = 0
    lowered: tuple[Lowered, ...] = ()
    blocks: Mapping[str, str] = field(default_factory=dict)


VERDICT_STEM = "verdict"
"""Its name begins with this; the claim and the try follow."""
VERDICT = JsonForm("verdict of a point", StoredVerdict)
"""How it is stored."""
