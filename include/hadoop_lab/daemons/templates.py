"""Rendering of the daemons' site files; the same templates serve the lab and the compose file."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2


def render(name: str, values: Mapping[str, object]) -> str:
    """Render one template of the package; an unknown variable is an error, never an empty setting."""
    return _environment().get_template(f"{name}.j2").render(values)


def write(folder: Path, files: Mapping[str, Mapping[str, object]]) -> None:
    """Render several templates into a folder, named as the templates are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in files.items():
        (folder / name).write_text(render(name, values))


def properties(text: str) -> dict[str, str]:
    """Read a Hadoop site file back; the last of two entries of a key wins, as in Hadoop."""
    root = ElementTree.fromstring(text)
    return {entry.findtext("name", ""): entry.findtext("value", "") for entry in root.iter("property")}


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hadoop_lab"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["xml.j2"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["java_property"] = _java_property
    return environment


def _java_property(text: str) -> str:
    """Write a value so that Java's property reader, which knows Latin-1 and backslashes only, reads it back."""
    escaped = text.replace("\\", "\\\\").encode("utf-16-be")
    units = (escaped[index] << 8 | escaped[index + 1] for index in range(0, len(escaped), 2))
    return "".join(chr(unit) if unit < 0x7F else f"\\u{unit:04x}" for unit in units)
