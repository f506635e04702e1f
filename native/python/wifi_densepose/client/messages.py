"""What every client delivers beside the server's own messages: what it could not read, and where there is a hole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ._json import Value


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a `type` that this version does not know, as it came."""

    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InvalidMessage:
    """A message that is not what its documentation says: why, and as it came. The stream goes on."""

    error: str
    raw: str | bytes


@dataclass(frozen=True, slots=True)
class Disconnected(Value):
    """The connection ended. Nothing is known from here until what follows `Reconnected`."""

    TYPE: ClassVar[str] = "disconnected"

    reason: str


@dataclass(frozen=True, slots=True)
class Reconnected(Value):
    """The connection is back. What the server said in the last `gap_s` seconds is lost: do not take it for quiet."""

    TYPE: ClassVar[str] = "reconnected"

    gap_s: float


@dataclass(frozen=True, slots=True)
class Missed(Value):
    """Something was dropped here because this program took messages too slowly.

    `count` says how much of the `unit`: `messages` of the client's own queue, or `seconds` of the server's stream.
    """

    TYPE: ClassVar[str] = "missed"

    count: int
    unit: str


@dataclass(slots=True)
class Counters:
    """What a client has seen since it was made. `failed_attempts` are attempts to come back."""

    received: int = 0
    unknown: int = 0
    invalid: int = 0
    missed: int = 0
    reconnects: int = 0
    failed_attempts: int = 0
