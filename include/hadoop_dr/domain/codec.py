"""Values as JSON and back, by the types of their fields: the codec of all that is stored.

A frozen dataclass is its own description: each field is a number, a text, a choice of an enumeration, another such
dataclass, a list or a mapping of these, or None. A field that has its default is not written, so a field that is added
later changes no file that does without it, and older files read back with the default. A field that is not known is
refused and never ignored: what it asks for would be left undone.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class WrongShape(ValueError):
    """A stored value does not have the form that it is to have.

    Attributes:
        place: Where in it, as names of fields; empty for the whole.
        problem: What is wrong there.
    """

    def __init__(self, problem: str, place: tuple[str, ...] = ()) -> None:
        self.place, self.problem = place, problem
        super().__init__(f"{'.'.join(place)} {problem}".lstrip())

    def below(self, name: str) -> WrongShape:
        """The same, seen from one level further up."""
        return type(self)(self.problem, (name, *self.place))


class UnknownField(WrongShape):
    """A newer version of this product stored more than this one knows."""


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """Writes and reads the values of one type.

    Attributes:
        dump: Gives a value as plain JSON.
        load: Reads it back; raises WrongShape.
    """

    dump: Callable[[T], Any]
    load: Callable[[Any], T]


def codec_of(kind: type[T]) -> Codec[T]:
    """Returns the codec of a type; it is made once."""
    return cast("Codec[T]", _codec(kind))


_MADE: dict[Any, Codec[Any]] = {}


def _codec(hint: Any) -> Codec[Any]:
    if hint not in _MADE:
        _MADE[hint] = _made(hint)
    return _MADE[hint]


def _made(hint: Any) -> Codec[Any]:
    if hint is Any:  # what somebody else writes and reads
        return Codec(lambda value: value, lambda value: value)
    if hint is float:
        return Codec(float, _number)
    if hint in (int, str, bool):
        return Codec(lambda value: value, _exactly(hint))
    origin = get_origin(hint)
    if origin in _OF_MANY:
        return _OF_MANY[origin](get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(hint)
    if is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"{hint} cannot be stored")


def _exactly(kind: type) -> Callable[[Any], Any]:
    def load(value: Any) -> Any:
        if type(value) is not kind:  # a bool is an int to isinstance
            raise WrongShape(f"is {_shown(value)} and no {_NAMES[kind]}")
        return value

    return load


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise WrongShape(f"is {_shown(value)} and no number")
    return float(value)


_NAMES: Mapping[Any, str] = {int: "whole number", str: "text", bool: "yes or no"}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _optional(args: tuple[Any, ...]) -> Codec[Any]:
    if len(args) != 2 or args[1] is not types.NoneType:
        raise TypeError(f"{args} cannot be stored: only one type, or None")
    inner = _codec(args[0])
    return Codec(
        lambda value: None if value is None else inner.dump(value),
        lambda value: None if value is None else inner.load(value),
    )


def _tuple(args: tuple[Any, ...]) -> Codec[Any]:
    if args[-1] is Ellipsis:
        inner = _codec(args[0])
        return Codec(
            lambda value: [inner.dump(one) for one in value],
            lambda value: tuple(_at(str(n), inner, one) for n, one in enumerate(_list(value))),
        )
    parts = [_codec(arg) for arg in args]

    def load(value: Any) -> Any:
        if len(_list(value)) != len(parts):
            raise WrongShape(f"is {_shown(value)} and has not {len(parts)} parts")
        return tuple(_at(str(n), part, one) for n, (part, one) in enumerate(zip(parts, value, strict=True)))

    return Codec(lambda value: [part.dump(one) for part, one in zip(parts, value, strict=True)], load)


def _mapping(args: tuple[Any, ...]) -> Codec[Any]:
    if args[0] is not str:
        raise TypeError(f"{args[0]} is no key that can be stored")
    inner = _codec(args[1])
    return Codec(
        lambda value: {key: inner.dump(one) for key, one in value.items()},
        lambda value: {key: _at(key, inner, one) for key, one in _dict(value).items()},
    )


_OF_MANY: Mapping[Any, Callable[[tuple[Any, ...]], Codec[Any]]] = {
    types.UnionType: _optional,
    Union: _optional,
    tuple: _tuple,
    Mapping: _mapping,
}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WrongShape(f"is {_shown(value)} and no list")
    return value


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongShape(f"is {_shown(value)} and no mapping")
    return value


def _at(name: str, codec: Codec[Any], value: Any) -> Any:
    try:
        return codec.load(value)
    except WrongShape as wrong:
        raise wrong.below(name) from None


def _choice(kind: type[Enum]) -> Codec[Any]:
    members = {member.value: member for member in kind}

    def load(value: Any) -> Any:
        if not isinstance(value, str) or value not in members:
            raise WrongShape(f"is {_shown(value)} and none of {', '.join(members)}")
        return members[value]

    return Codec(lambda member: member.value, load)


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of a record; ``default`` is MISSING where it always has to be there."""

    name: str
    codec: Codec[Any]
    default: Any


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default


def _record(kind: Any) -> Codec[Any]:
    hints = get_type_hints(kind)
    parts = [_Part(one.name, _codec(hints[one.name]), _default(one)) for one in fields(kind)]
    known = {part.name for part in parts}
    needed = [part.name for part in parts if part.default is MISSING]

    def dump(value: Any) -> dict[str, Any]:
        given = ((part, getattr(value, part.name)) for part in parts)
        said = ((part, one) for part, one in given if part.default is MISSING or one != part.default)
        return {part.name: part.codec.dump(one) for part, one in said}

    def load(value: Any) -> Any:
        found = _dict(value)
        if unknown := sorted(found.keys() - known):
            raise UnknownField(f"has fields that are not known to this version: {', '.join(unknown)}")
        if lacking := [name for name in needed if name not in found]:
            raise WrongShape(f"lacks {', '.join(lacking)}")
        return kind(**{part.name: _at(part.name, part.codec, found[part.name]) for part in parts if part.name in found})

    return Codec(dump, load)
