"""Where ledgers and documents lie below ``/.hadoop-dr``."""

from __future__ import annotations


def entry_path(chain: str, n: int) -> str:
    """Path of entry ``n`` below its chain's directory."""
    return f"{chain}/{n // 1000}/{n:012d}.json"


def service_chain(pair: str, service: str) -> str:
    """Directory of a service's ledger."""
    return f"/.hadoop-dr/{pair}/services/{service}/ledger"


def pair_chain(pair: str) -> str:
    """Directory of the pair's ledger."""
    return f"/.hadoop-dr/{pair}/ledger"


def point_directory(pair: str, service: str, point: str) -> str:
    """Directory of a point's documents: items, catalog, staged records."""
    return f"/.hadoop-dr/{pair}/services/{service}/points/{point}"


def kept_document(pair: str, service: str, name: str) -> str:
    """Path of a document that keeps what somebody else had in a catalog; no point is pruned with it."""
    return f"/.hadoop-dr/{pair}/services/{service}/kept/{name}"
