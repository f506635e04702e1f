"""What feeds an engine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias


@dataclass(frozen=True, kw_only=True)
class Live:
    """Radios. Addresses are ``"IP:PORT"``, subnets ``"192.168.1.0/24"``; port 0 lets the system choose."""

    kind: ClassVar = "live"
    udp_bind: str | None = "127.0.0.1:5005"
    """Where packets of ESP32 nodes are received; `None` for not at all."""
    udp_allow: Sequence[str] = ()
    """The subnets whose packets are read; empty for all."""
    nexmon: Mapping[str, str] = field(default_factory=dict)
    """Nexmon radios: the name of each, and where its CSI is received."""
    nexmon_allow: Sequence[str] = ()
    """The subnets whose CSI is read; empty for all. The firmware sends as 10.10.10.10."""


@dataclass(frozen=True)
class Replay:
    """Recordings: JSON lines, pcap or pcapng, plain or gzip, one after the other."""

    kind: ClassVar = "replay"
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    """The files, or the only one."""
    speed: float = 1.0
    """How many times faster than recorded; `math.inf` for as fast as they can be read."""
    at_end: Literal["stop", "keep_ticking", "repeat"] = "stop"
    """At the end nodes are unavailable at once, or after their silence as in life; or it begins again."""

    def __post_init__(self) -> None:
        """Make a tuple of what was given."""
        files = (self.files,) if isinstance(self.files, str | os.PathLike) else tuple(self.files)
        object.__setattr__(self, "files", files)


@dataclass(frozen=True)
class Simulate:
    """A house that is computed: nothing of it was measured, and every `data_source` says so."""

    kind: ClassVar = "simulate"
    story: str | os.PathLike[str] | None = None
    """A built-in story (docs/simulator.md) or a TOML file; `None` for the demonstration."""
    nodes: int | None = None
    """Nodes, 1 to 64, spread over the first room; `None` for the story's own."""
    packet_rate_hz: float | None = None
    """Packets a second of each node, 0.1 to 1000; `None` for the story's own."""
    seed: int | None = None
    """The same seed gives the same packets; `None` for the story's own."""
    start: datetime | None = None
    """When it happens, with a time zone; `None` for the story's own time, or now."""
    speed: float = 1.0
    """How many times faster than life; `math.inf` for as fast as it can be computed."""

    @property
    def start_s(self) -> float | None:
        """Seconds since 1970 at which it happens."""
        if self.start is None:
            return None
        if self.start.tzinfo is None:
            message = f"start: expected a time with a time zone, found {self.start.isoformat()}"
            raise ValueError(message)
        return self.start.timestamp()


Source: TypeAlias = Live | Replay | Simulate
