"""The ledger: entries, their closed table of kinds, chains and where they lie."""

from __future__ import annotations

from hadoop_dr.domain.ledger.chain_comparison import Fork, broken_at, find_fork
from hadoop_dr.domain.ledger.document_paths import entry_path, kept_document, pair_chain, point_directory, service_chain
from hadoop_dr.domain.ledger.entry import GENESIS, NEWER, NO_TEXT, SWEEP, LedgerEntry, decode, digest, encode
from hadoop_dr.domain.ledger.entry_kinds import Body, PairBody, ServiceBody, Skipped, UnderClaim

__all__ = [
    "CHECKPOINT_EVERY",
    "GENESIS",
    "NEWER",
    "NO_TEXT",
    "PAIR_CHECKPOINT_EVERY",
    "SWEEP",
    "Body",
    "Fork",
    "LedgerEntry",
    "PairBody",
    "ServiceBody",
    "Skipped",
    "UnderClaim",
    "broken_at",
    "decode",
    "digest",
    "encode",
    "entry_path",
    "find_fork",
    "kept_document",
    "pair_chain",
    "point_directory",
    "service_chain",
]

CHECKPOINT_EVERY = 20
"""Entries between two checkpoints; a run makes about ten, and every stage of it begins by reading from the newest."""
PAIR_CHECKPOINT_EVERY = 20
"""The same for the pair's ledger, which every process reads from both sites before it does anything."""
