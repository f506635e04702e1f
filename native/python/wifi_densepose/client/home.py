"""What a server has and says of it, with Home Assistant's meaning: devices, entities, states, events.

docs/websocket-api.md is their reference; docs/mqtt.md says the same of a registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from ._json import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo(Value):
    """Who the server is and what it may say. `privacy_mode`: nothing biometric leaves."""

    server_id: str
    name: str
    version: str
    api: int
    privacy_class: int
    privacy_mode: bool
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig(Value):
    """Who the server is, and how it runs.

    `source` is `live`, `replay` or `simulated`; a node is unavailable after a silence of `stale_after_s`.
    """

    server_id: str
    name: str
    version: str
    api: int
    privacy_class: int
    privacy_mode: bool
    source: str
    stale_after_s: float
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Value):
    """The server itself, one of its nodes, a room, or a zone of one: `kind` says which."""

    id: str
    kind: str
    name: str
    manufacturer: str | None
    model: str | None
    sw_version: str | None
    via_device_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Value):
    """Something that a device has a state for. `key` says what it tells, the same on every node."""

    entity_id: str
    unique_id: str
    device_id: str
    key: str
    domain: str
    device_class: str | None
    state_class: str | None
    unit: str | None
    entity_category: str | None
    enabled_default: bool
    options: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Value):
    """The state of an entity: `on`, `off`, a number as text, `unknown`, `unavailable`."""

    entity_id: str
    state: str
    attributes: Mapping[str, Any]
    last_changed: datetime
    last_updated: datetime
    last_reported: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Value):
    """Everything there is at one moment, consistent with the events that follow. It replaces what was known before."""

    TYPE: ClassVar[str] = "snapshot"

    devices: tuple[Device, ...]
    entities: tuple[Entity, ...]
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(Value):
    """A new state; None when it was removed."""

    TYPE: ClassVar[str] = "state_changed"

    entity_id: str
    state: State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRegistryUpdated(Value):
    """An entity came, changed or went (`create`, `update`, `remove`); then `entity` is None."""

    TYPE: ClassVar[str] = "entity_registry_updated"

    action: str
    entity_id: str
    entity: Entity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRegistryUpdated(Value):
    """A device came, changed or went (`create`, `update`, `remove`); then `device` is None."""

    TYPE: ClassVar[str] = "device_registry_updated"

    action: str
    device_id: str
    device: Device | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigUpdated(Value):
    """What the server may say of people has changed."""

    TYPE: ClassVar[str] = "config_updated"

    privacy_class: int
    privacy_mode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Value):
    """Something that happened, told once. `id` is the number of one that was kept."""

    TYPE: ClassVar[str] = "event"

    event_type: str
    device_id: str | None
    entity_id: str | None
    data: Mapping[str, Any]
    time_fired: datetime
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync(Value):
    """The server has dropped events because they were taken too slowly. A snapshot follows."""

    TYPE: ClassVar[str] = "resync"


ApiMessage = Snapshot | StateChanged | EntityRegistryUpdated | DeviceRegistryUpdated | ConfigUpdated | Event | Resync
