"""JSON to frozen dataclasses and back, by their annotations: a field has its type, or the error names it.

Keys that a class does not have are passed over: newer servers may say more.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import MessageError

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V", bound="Value")

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-]\d\d:\d\d))", re.ASCII)


class Value:
    """A frozen dataclass that JSON can be read to. `TYPE` is the `type` that its JSON carries, if it does."""

    __slots__ = ()
    TYPE: ClassVar[str] = ""

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read decoded JSON. Raises MessageError, naming the first field that is missing or has another type."""
        return read(cls, data, cls.TYPE or cls.__name__)

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON values; times are text in RFC 3339, what is not known is None."""
        start = {"type": self.TYPE} if self.TYPE else {}
        return {**start, **{field.name: _plain(getattr(self, field.name)) for field in _fields(type(self))}}


def decode(text: str | bytes, where: str) -> object:
    """Decode JSON. Raises MessageError, also for what Python's parser accepts and JSON does not know (NaN)."""
    try:
        value: object = json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise MessageError(where=where, expected="JSON", found=type(error).__name__) from error
    return value


def decode_object(text: str | bytes, where: str) -> dict[str, Any]:
    """Decode a JSON object."""
    return as_object(decode(text, where), where)


def as_object(value: object, where: str) -> dict[str, Any]:
    """Expect an object."""
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    return value


def as_list(value: object, where: str) -> list[Any]:
    """Expect a list."""
    if not isinstance(value, list):
        raise wrong(where, "a list", value)
    return value


def text_of(data: Mapping[str, object], name: str, where: str) -> str:
    """Expect text in a field."""
    value = data.get(name)
    if not isinstance(value, str):
        raise wrong(f"{where}.{name}", "text", value) if name in data else _missing(where, name, "text")
    return value


def read(kind: type[V], data: object, where: str) -> V:
    """Read decoded JSON into a dataclass; `where` names it in errors."""
    values: dict[str, Any] = {}
    known = as_object(data, where)
    for name, annotation, required in _fields(kind):
        if name in known:
            values[name] = _convert(annotation, known[name], f"{where}.{name}")
        elif required:
            if not _may_be_none(annotation):
                raise _missing(where, name, _name(annotation))
            values[name] = None
    return kind(**values)


def read_time(value: object, where: str) -> datetime:
    """Read a time of RFC 3339; what is finer than a microsecond is cut off."""
    if isinstance(value, str) and (found := _TIME.fullmatch(value)):
        date, clock, fraction, offset = found.groups()
        micros = (fraction or "").ljust(6, "0")[:6]
        try:
            return datetime.fromisoformat(f"{date}T{clock}.{micros}{offset or '+00:00'}")
        except ValueError as error:
            raise MessageError(where=where, expected=_TIME_NAME, found="text that is none") from error
    raise wrong(where, _TIME_NAME, value)


def wrong(where: str, expected: str, value: object) -> MessageError:
    """Say what belongs there. The value is not repeated: it may be private."""
    found = "null" if value is None else _NAMES.get(type(value), type(value).__name__)
    return MessageError(where=where, expected=expected, found=found)


class _Field(NamedTuple):
    name: str
    annotation: object
    required: bool


_known_fields: dict[object, tuple[_Field, ...]] = {}


def _fields(kind: type[Value]) -> tuple[_Field, ...]:
    """The fields of a dataclass; looking up annotations takes long."""
    if (fields := _known_fields.get(kind)) is None:
        hints = get_type_hints(kind)
        of_class: tuple[dataclasses.Field[Any], ...] = (
            dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        )
        fields = tuple(
            _Field(field.name, hints[field.name], field.default is dataclasses.MISSING) for field in of_class
        )
        _known_fields[kind] = fields
    return fields


def _convert(kind: object, value: object, where: str) -> object:
    if kind is Any:
        return value
    if (generic := _GENERICS.get(get_origin(kind))) is not None:
        return generic(get_args(kind), value, where)
    if (scalar := _SCALARS.get(kind)) is not None:
        return scalar(value, where)
    if isinstance(kind, type) and issubclass(kind, Value):
        return read(kind, value, where)
    # The type must match exactly: true is not an integer.
    if type(value) is not kind:
        raise wrong(where, _name(kind), value)
    return value


def _either(kinds: tuple[object, ...], value: object, where: str) -> object:
    if value is None and NoneType in kinds:
        return None
    *others, last = (kind for kind in kinds if kind is not NoneType)
    if not others:
        return _convert(last, value, where)
    if (kind := next((kind for kind in (*others, last) if type(value) is kind), None)) is None:
        raise wrong(where, " or ".join(map(_name, (*others, last))), value)
    return _convert(kind, value, where)


def _tuple(kinds: tuple[object, ...], value: object, where: str) -> object:
    if not isinstance(value, (list, tuple)):
        raise wrong(where, "a list", value)
    return tuple(_convert(kinds[0], item, f"{where}[{index}]") for index, item in enumerate(value))


def _mapping(kinds: tuple[object, ...], value: object, where: str) -> object:
    return {key: _convert(kinds[1], item, f"{where}.{key}") for key, item in as_object(value, where).items()}


def _number(value: object, where: str) -> float:
    # A boolean is an int to isinstance.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(where, "a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MessageError(where=where, expected="a finite number", found="one that is too great")
    return number


_TIME_NAME = "a time (RFC 3339)"
_NAMES: Mapping[object, str] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    list: "a list",
    tuple: "a list",
    dict: "an object",
    datetime: _TIME_NAME,
}
_GENERICS: Mapping[object, Callable[[tuple[object, ...], object, str], object]] = {
    Union: _either,
    UnionType: _either,
    tuple: _tuple,
    Mapping: _mapping,
}
_SCALARS: Mapping[object, Callable[[object, str], object]] = {float: _number, datetime: read_time}


def _may_be_none(kind: object) -> bool:
    return get_origin(kind) in (Union, UnionType) and NoneType in get_args(kind)


def _name(kind: object) -> str:
    """What a type is called in errors."""
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_name(one) for one in get_args(kind) if one is not NoneType)
    return _NAMES.get(kind) or _NAMES.get(get_origin(kind), "an object")


def _missing(where: str, name: str, expected: str) -> MessageError:
    return MessageError(where=f"{where}.{name}", expected=expected, found="nothing")


def _not_json(constant: str) -> None:
    message = f"{constant} is not JSON"
    raise ValueError(message)


def _plain(value: object) -> object:
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
