"""Modules of the product with one piece of their source broken."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any


def mutated(module: ModuleType, sound: str, broken: str) -> dict[str, Any]:
    """Gives the names of a module in which a piece of the source, which is there once, reads otherwise."""
    source = inspect.getsource(module)
    assert source.count(sound) == 1, f"{module.__name__} has {source.count(sound)} times: {sound}"
    return _made(module, source.replace(sound, broken))


def on_top_of(module: ModuleType, below: ModuleType, broken: dict[str, Any]) -> dict[str, Any]:
    """Gives the names of a module that uses what is broken of the module below it."""
    made = _made(module, inspect.getsource(module))
    used = {name for name in made if name in broken and made[name] is vars(below)[name]}
    made.update({name: broken[name] for name in used})
    return made


def _made(module: ModuleType, source: str) -> dict[str, Any]:
    made = ModuleType(module.__name__)
    made.__file__ = module.__file__
    exec(compile(source, str(module.__file__), "exec"), made.__dict__)
    return made.__dict__
