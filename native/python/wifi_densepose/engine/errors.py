"""Why an engine does not do what it is asked for."""

from __future__ import annotations

from typing import Final

from .._core import EngineError

__all__ = ["CommandError", "EngineError", "ServiceError"]


class CommandError(EngineError):
    """The engine refused a command."""

    def __init__(self, code: str, message: str) -> None:
        """Keep what the engine said."""
        super().__init__(code, message)
        self.code: Final = code
        """Why, for programs, such as ``unreadable``."""
        self.message: Final = message
        """Why, for people."""

    def __str__(self) -> str:
        """Both."""
        return f"{self.code}: {self.message}"


class ServiceError(CommandError):
    """The engine refused a service, because of one field."""

    def __init__(self, code: str, field: str, expected: str, found: str) -> None:
        """Keep what the engine said."""
        super().__init__(code, f"{field}: expected {expected}, found {found}")
        self.args = (code, field, expected, found)
        self.field: Final = field
        """The field that is to blame, such as ``rooms[0].nodes``."""
        self.expected: Final = expected
        """What it may be."""
        self.found: Final = found
        """What it is."""
