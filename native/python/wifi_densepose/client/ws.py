"""Clients of a server's WebSockets.

`SensingClient` reads the stream `/ws/sensing`, which says once a second what is known:

    async with SensingClient("ws://127.0.0.1:3000", token=token) as client:
        async for message in client.stream():
            if isinstance(message, EdgeVitals):
                print(message.node_id, message.breathing_rate_bpm)

`ApiClient` speaks the WebSocket API `/ws/v1`, which tells what changes when it changes, and takes commands.

Both come back when the connection ends, and say so in the stream: `Disconnected`, then `Reconnected`. A token over
`ws:` can be read by everybody on the way; `wss:` takes an `ssl_context` for a certificate of one's own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._json import Value, as_list, as_object, decode_object, text_of
from ._link import Link, Socket, as_closed
from .errors import CommandError, ConnectionLostError, MessageError, NotRuViewError, ServerTimeoutError
from .home import (
    ApiMessage,
    ConfigUpdated,
    Device,
    DeviceRegistryUpdated,
    Entity,
    EntityRegistryUpdated,
    Event,
    Resync,
    ServerConfig,
    ServerInfo,
    Snapshot,
    State,
    StateChanged,
)
from .messages import Counters, Disconnected, InvalidMessage, Missed, Reconnected, UnknownMessage
from .sensing import (
    Classification,
    EdgeVitals,
    Features,
    NodeUpdate,
    Person,
    PoseData,
    SensingMessage,
    SensingUpdate,
    VitalSigns,
    ZoneUpdate,
    parse_sensing,
)

__all__ = [
    "ApiClient",
    "ApiMessage",
    "Classification",
    "ConfigUpdated",
    "Counters",
    "Device",
    "DeviceRegistryUpdated",
    "Disconnected",
    "EdgeVitals",
    "Entity",
    "EntityRegistryUpdated",
    "Event",
    "Features",
    "InvalidMessage",
    "Missed",
    "NodeUpdate",
    "Person",
    "PoseData",
    "Reconnected",
    "Resync",
    "SensingClient",
    "SensingMessage",
    "SensingUpdate",
    "ServerConfig",
    "ServerInfo",
    "Snapshot",
    "State",
    "StateChanged",
    "UnknownMessage",
    "VitalSigns",
    "ZoneUpdate",
]


class SensingClient(Link[SensingMessage | UnknownMessage]):
    """Reads `/ws/sensing` of the server at `url` (`ws://HOST:PORT`, or the whole address behind a proxy).

    `queue_size` messages wait for who takes them; then the oldest go, and the stream says `Missed`. A message over
    `max_message_bytes` ends the connection. Attempts to come back begin after half of `first_delay_s` to all of it, and
    are at most `max_delay_s` apart. `timeout_s` is for each step of connecting.
    """

    _PATH = "/ws/sensing"
    _tick: int | None = None

    def _take(self, raw: str) -> None:
        message = parse_sensing(raw)
        if isinstance(message, UnknownMessage):
            self.counters.unknown += 1
        if isinstance(message, SensingUpdate):
            skipped = 0 if self._tick is None else message.tick - self._tick - 1
            self._tick = message.tick
            if skipped > 0:
                self._deliver(Missed(skipped, "seconds"))
        self._deliver(message)

    def _lost(self) -> None:
        # A server counts from its own start.
        self._tick = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal(Value):
    code: str
    message: str
    field: str | None
    expected: str | None
    found: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer(Value):
    type: str
    id: int
    success: bool
    result: Any = None
    error: _Refusal | None = None

    def outcome(self) -> object:
        """The result. Raises CommandError where the command was refused."""
        if self.success:
            return self.result
        if self.error is None:
            raise MessageError(where="result.error", expected="an object", found="nothing")
        error = self.error
        raise CommandError(error.code, error.message, field=error.field, expected=error.expected, found=error.found)


_EVENTS: Mapping[str, Callable[[object], ApiMessage]] = {
    kind.TYPE: kind.from_dict
    for kind in (Snapshot, StateChanged, EntityRegistryUpdated, DeviceRegistryUpdated, ConfigUpdated, Event)
}


class ApiClient(Link[ApiMessage | UnknownMessage]):
    """Speaks `/ws/v1` with the server at `url`; its stream begins with a `Snapshot`, also after each `Reconnected`.

    The arguments are those of `SensingClient`. Where the queue is full, its contents are dropped and the client
    connects again, for a new snapshot: `Missed`, `Disconnected`, `Reconnected`, `Snapshot`.
    """

    _PATH = "/ws/v1"
    _last_id = 0
    _pending: dict[int, asyncio.Future[object]]

    async def get_states(self) -> tuple[State, ...]:
        """All states."""
        return tuple(State.from_dict(state) for state in as_list(await self._command("get_states"), "get_states"))

    async def get_config(self) -> ServerConfig:
        """Who the server is, where its data originates, and what it may say."""
        return ServerConfig.from_dict(await self._command("get_config"))

    async def get_diagnostics(self) -> dict[str, Any]:
        """Counters and nodes. Their keys belong to the server's version."""
        return as_object(await self._command("get_diagnostics"), "get_diagnostics")

    async def get_events(
        self,
        *,
        after: int | None = None,
        since: datetime | None = None,
        event_type: str | None = None,
        limit: int | None = None,
    ) -> tuple[Event, ...]:
        """Events that the server has kept, oldest first.

        Those behind the number `after`, from `since` on (which has a time zone), of one type, at most `limit`; the last
        ones when neither `after` nor `since` is given.
        """
        if since is not None and since.tzinfo is None:
            message = "since: expected a time with a time zone"
            raise ValueError(message)
        asked = {
            "after": after,
            "since": None if since is None else since.isoformat(),
            "event_type": event_type,
            "limit": limit,
        }
        answer = await self._command("get_events", {key: value for key, value in asked.items() if value is not None})
        events = as_object(answer, "get_events").get("events")
        return tuple(Event.from_dict(event) for event in as_list(events, "get_events.events"))

    async def call_service(
        self, service: str, data: Mapping[str, object] | None = None, *, domain: str = "ruview"
    ) -> None:
        """Ask the server to do something. Raises CommandError where it does not.

        The data of each service and the codes of errors are in docs/websocket-api.md.
        """
        await self._command("call_service", {"domain": domain, "service": service, "data": data or {}})

    async def ping(self) -> None:
        """Wait for an answer of the server."""
        await self._command("ping")

    async def _command(self, kind: str, arguments: Mapping[str, object] | None = None) -> object:
        """Ask, and wait for the answer."""
        socket = self._socket
        if socket is None:
            message = "not connected"
            raise ConnectionLostError(message)
        command_id = self._next_id()
        future = self._pending[command_id] = asyncio.get_running_loop().create_future()
        try:
            await self._send(socket, command_id, kind, arguments or {})
            await asyncio.wait([future], timeout=self._timeout_s)
            if not future.done():
                raise ServerTimeoutError(what=f"answer to {kind}", timeout_s=self._timeout_s)
            return future.result()
        finally:
            self._pending.pop(command_id, None)

    async def _begin(self, socket: Socket, first: str | None) -> None:
        if first is not None:
            message = "expected auth_required, found another message"
            raise NotRuViewError(message)
        self._pending = {}
        command_id = self._next_id()
        await self._send(socket, command_id, "subscribe", {})
        try:
            answer = _Answer.from_dict(decode_object(await socket.recv(), "answer"))
            answer.outcome()
        except MessageError as error:
            raise NotRuViewError(str(error)) from error
        if (answer.type, answer.id) != ("result", command_id):
            message = "expected the answer to subscribe, found another message"
            raise NotRuViewError(message)

    def _take(self, raw: str) -> None:
        frame = decode_object(raw, "frame")
        kind = text_of(frame, "type", "frame")
        if kind == "result":
            self._resolve(frame)
        elif kind == Resync.TYPE:
            self._tell(Resync())
        elif kind == "event":
            event = as_object(frame.get("event"), "event")
            self._tell(self._event(text_of(event, "type", "event"), event))
        else:
            self._tell(self._unknown(kind, frame))

    def _event(self, kind: str, event: dict[str, Any]) -> ApiMessage | UnknownMessage:
        parse = _EVENTS.get(kind)
        return self._unknown(kind, event) if parse is None else parse(event)

    def _unknown(self, kind: str, data: dict[str, Any]) -> UnknownMessage:
        self.counters.unknown += 1
        return UnknownMessage(kind, data)

    def _tell(self, message: ApiMessage | UnknownMessage) -> None:
        """Deliver a message. What follows a dropped one would be wrong without a new snapshot."""
        if self._deliver(message):
            return
        self.counters.missed += self._inbox.clear()
        reason = "this program takes messages too slowly"
        raise ConnectionLostError(reason)

    def _resolve(self, frame: dict[str, Any]) -> None:
        """Hand an answer to the command that waits for it; one that gave up has been told so."""
        answer = _Answer.from_dict(frame)
        future = self._pending.get(answer.id)
        if future is None or future.done():
            return
        try:
            future.set_result(answer.outcome())
        except (CommandError, MessageError) as error:
            future.set_exception(error)

    def _lost(self) -> None:
        for future in self._pending.values():
            if not future.done():
                message = "the connection ended before the answer"
                future.set_exception(ConnectionLostError(message))

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def _send(self, socket: Socket, command_id: int, kind: str, arguments: Mapping[str, object]) -> None:
        text = json.dumps({"id": command_id, "type": kind, **arguments}, allow_nan=False)
        try:
            await socket.send(text)
        except Exception as error:
            if as_closed(error) is None:
                raise
            message = "the connection ended before the command"
            raise ConnectionLostError(message) from error
