"""The shapes of the command line's JSON documents, and a check against them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("*.json"))
}
_REGISTRY: Registry[Any] = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def problems(name: str, document: object) -> list[str]:
    """Everything in which a document departs from a shape, as ``path: what``."""
    validator = Draft202012Validator(SCHEMAS[name], registry=_REGISTRY)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def validate(name: str, document: object) -> Mapping[str, Any]:
    """Gives the document back when it has the shape of the command's output.

    Args:
        name: The command: backup, points, plan, check, verify, status, lab_status, coverage, prune, unprotect, explain,
            ledger_check, identity; or error.
        document: What was parsed from stdout, or the text itself.

    Raises:
        AssertionError: It has not; every departure is listed.
    """
    parsed = json.loads(document) if isinstance(document, str | bytes) else document
    found = problems(name, parsed)
    assert not found, f"{name}: " + "; ".join(found)
    assert isinstance(parsed, Mapping)
    return parsed
