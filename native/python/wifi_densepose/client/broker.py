"""What servers publish to a broker, as frozen dataclasses. docs/mqtt.md is their reference.

A `node` is what a node, a room or a zone is called in topics: the site of its server, then the id of its device. Events
carry a signature, which nobody here checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ._json import Value, decode_object
from .errors import MessageError
from .home import Device, Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus(Value):
    """Whether a server is there; its last will says that it is not."""

    server_id: str
    online: bool
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus(Value):
    """Whether a node is heard."""

    node: str
    online: bool
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction(Value):
    """Who a server is, the key that signs its events, and what the topics of its devices begin with.

    `capabilities` has `commands` where it takes commands from the broker.
    """

    server_id: str
    name: str
    version: str
    api: int
    privacy_class: int
    privacy_mode: bool
    capabilities: tuple[str, ...]
    public_key: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry(Value):
    """Everything that a server has. It replaces the one before."""

    server_id: str
    devices: tuple[Device, ...]
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState(Value):
    """What is so now: text (`on`, `unknown`, `unavailable` …) or a number. `key` is that of the entity.

    `retained` is what the broker has kept, until it is 180 s old.
    """

    node: str
    key: str
    state: str | int | float
    attributes: Mapping[str, Any]
    last_changed: datetime
    last_updated: datetime
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEvent(Value):
    """Something that happened, told once. No server lets the broker keep it: `retained` ones are not theirs."""

    node: str
    event_type: str
    device_id: str | None
    entity_id: str | None
    server_id: str
    time_fired: datetime
    privacy_class: int
    data: Mapping[str, Any]
    id: str
    public_key: str | None
    sig: str | None
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefusal(Value):
    """Why a command was not done, for programs."""

    code: str
    message: str
    field: str | None
    expected: str | None
    found: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult(Value):
    """What became of a command, of this client or another."""

    server_id: str
    id: str
    success: bool
    result: Any = None
    error: CommandRefusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(Value):
    """Nothing stands at a topic any more: what it told of is gone, or may not leave."""

    topic: str


@dataclass(frozen=True, slots=True)
class UnknownTopic:
    """A message at a topic that this version does not know, as it came."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class InvalidPayload:
    """A message that is not what its documentation says: why, and as it came."""

    error: str
    topic: str
    payload: bytes


BrokerMessage = (
    ServerStatus
    | NodeStatus
    | Introduction
    | Registry
    | NodeState
    | NodeEvent
    | CommandResult
    | Cleared
    | UnknownTopic
    | InvalidPayload
)


def filters(prefix: str) -> tuple[str, ...]:
    """Where servers publish."""
    ends = ("+/status", "+/info", "+/registry", "+/result", "+/+/state", "+/bfld/+/state", "+/events/+")
    return tuple(f"{prefix}/{end}" for end in ends)


def parse_broker(prefix: str, topic: str, payload: bytes, *, retained: bool) -> BrokerMessage:
    """Read a message. It never raises: what is wrong becomes an `InvalidPayload`, naming the first field that is."""
    if not payload:
        return Cleared(topic=topic)
    start, _, rest = topic.partition(f"{prefix}/")
    try:
        return UnknownTopic(topic, payload) if start else _parse(rest.split("/"), topic, payload, retained=retained)
    except MessageError as error:
        return InvalidPayload(str(error), topic, payload)


def _parse(levels: list[str], topic: str, payload: bytes, *, retained: bool) -> BrokerMessage:
    match levels:
        case [name, "status"]:
            return _status(name, payload, retained=retained)
        case [server_id, ("info" | "registry" | "result") as what]:
            data = {**decode_object(payload, what), "server_id": server_id}
            return _OF_SERVERS[what].from_dict(data)
        case [node, "events", _]:
            return NodeEvent.from_dict({**decode_object(payload, "event"), "node": node, "retained": retained})
        case [node, "bfld", field, "state"]:
            key = f"bfld_{field}"
        case [node, key, "state"]:
            pass
        case _:
            return UnknownTopic(topic, payload)
    state = {**decode_object(payload, "state"), "node": node, "key": key, "retained": retained}
    return NodeState.from_dict(state)


_OF_SERVERS: Mapping[str, type[Introduction | Registry | CommandResult]] = {
    "info": Introduction,
    "registry": Registry,
    "result": CommandResult,
}


def _status(name: str, payload: bytes, *, retained: bool) -> ServerStatus | NodeStatus:
    """Servers are called by their UUID, nodes never are."""
    if payload not in (b"online", b"offline"):
        raise MessageError(where="status", expected="online or offline", found="something else")
    online = payload == b"online"
    try:
        UUID(name)
    except ValueError:
        return NodeStatus(node=name, online=online, retained=retained)
    return ServerStatus(server_id=name, online=online, retained=retained)
