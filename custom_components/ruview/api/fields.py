"""Typed reading of decoded JSON: a field has its type, or the error says where it has not."""

from typing import Any

from .errors import ProtocolError


class Fields:
    """A JSON object whose fields are read by name and type; fields that nobody reads are ignored."""

    __slots__ = ("_data", "_where")

    def __init__(self, data: object, where: str) -> None:
        """Expect an object; `where` names it in errors."""
        if not isinstance(data, dict):
            raise ProtocolError(where=where, expected="dict", found=type(data).__name__)
        self._data: dict[str, Any] = data
        self._where = where

    def read[T](self, name: str, kind: type[T]) -> T:
        """Return a field that must be there. The type must match exactly: true is not an int."""
        if name not in self._data:
            raise ProtocolError(where=f"{self._where}.{name}", expected=kind.__name__, found="nothing")
        value = self._data[name]
        if type(value) is not kind:
            raise ProtocolError(where=f"{self._where}.{name}", expected=kind.__name__, found=type(value).__name__)
        return value

    def optional[T](self, name: str, kind: type[T]) -> T | None:
        """Return a field that may be null."""
        return None if self._data.get(name) is None else self.read(name, kind)

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of strings."""
        values: list[Any] = self.read(name, list)
        for value in values:
            if not isinstance(value, str):
                raise ProtocolError(where=f"{self._where}.{name}", expected="list of str", found=type(value).__name__)
        return tuple(values)

    def value(self, name: str) -> object:
        """Return a field of any type; None when it is not there."""
        return self._data.get(name)
