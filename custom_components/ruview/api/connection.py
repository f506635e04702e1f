"""What the integration needs from a transport, whichever carries the server's API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .catalog import Service
from .models import Message, ServerInfo, Snapshot


@dataclass(slots=True)
class ConnectionCounters:
    """What went wrong without ending a connection, since the start."""

    frames_ignored: int = 0
    resyncs: int = 0
    events_refused: int = 0


class Connection(Protocol):
    """A way to a server. All methods raise RuViewError."""

    counters: ConnectionCounters

    async def connect(self) -> ServerInfo:
        """Connect and authenticate; a connection that fails to is closed again."""

    async def subscribe(self) -> Snapshot:
        """Return everything there is; changes follow through `listen`."""

    async def listen(self, callback: Callable[[Message], None]) -> None:
        """Deliver messages until the connection ends, which raises why it did."""

    async def get_diagnostics(self) -> Mapping[str, Any]:
        """Return the server's own diagnostics; needs a running `listen`."""

    async def call_service(self, service: Service, data: Mapping[str, Any]) -> None:
        """Ask the server to do something; needs a running `listen`. CommandError says why it does not."""

    async def close(self) -> None:
        """Close; harmless when there is nothing to close."""
