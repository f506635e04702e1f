"""What a server says, as frozen dataclasses. They keep what clients use; other fields are ignored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from .fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """Who the server is and what it may say."""

    server_id: str
    name: str
    version: str
    api: int
    privacy_class: int
    privacy_mode: bool
    capabilities: tuple[str, ...]

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read an `auth_ok` frame."""
        fields = Fields(data, "auth_ok")
        return cls(
            server_id=fields.read("server_id", str),
            name=fields.read("name", str),
            version=fields.read("version", str),
            api=fields.read("api", int),
            privacy_class=fields.read("privacy_class", int),
            privacy_mode=fields.read("privacy_mode", bool),
            capabilities=fields.strings("capabilities"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The server itself, one of its nodes, a room, or a zone of one."""

    id: str
    kind: str
    name: str
    manufacturer: str | None
    model: str | None
    sw_version: str | None
    via_device_id: str | None

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a device."""
        fields = Fields(data, "device")
        return cls(
            id=fields.read("id", str),
            kind=fields.read("kind", str),
            name=fields.read("name", str),
            manufacturer=fields.optional("manufacturer", str),
            model=fields.optional("model", str),
            sw_version=fields.optional("sw_version", str),
            via_device_id=fields.optional("via_device_id", str),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Something a device has a state for."""

    entity_id: str
    unique_id: str
    device_id: str
    key: str
    domain: str
    enabled_default: bool

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read an entity."""
        fields = Fields(data, "entity")
        return cls(
            entity_id=fields.read("entity_id", str),
            unique_id=fields.read("unique_id", str),
            device_id=fields.read("device_id", str),
            key=fields.read("key", str),
            domain=fields.read("domain", str),
            enabled_default=fields.read("enabled_default", bool),
        )

    @property
    def state_id(self) -> str:
        """Return the id of the state that it depends on."""
        return self.entity_id


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of an entity, with Home Assistant's meaning."""

    entity_id: str
    state: str
    attributes: Mapping[str, Any]

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a state."""
        fields = Fields(data, "state")
        return cls(
            entity_id=fields.read("entity_id", str),
            state=fields.read("state", str),
            attributes=fields.read("attributes", dict),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything there is at one moment, by id."""

    devices: Mapping[str, Device]
    entities: Mapping[str, Entity]
    states: Mapping[str, State]

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a `snapshot` event."""
        fields = Fields(data, "snapshot")
        devices = map(Device.parse, fields.read("devices", list))
        entities = map(Entity.parse, fields.read("entities", list))
        states = map(State.parse, fields.read("states", list))
        return cls(
            devices={device.id: device for device in devices},
            entities={entity.entity_id: entity for entity in entities},
            states={state.entity_id: state for state in states},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """A new state; None when it was removed."""

    entity_id: str
    state: State | None

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a `state_changed` event."""
        fields = Fields(data, "state_changed")
        state = fields.optional("state", dict)
        return cls(
            entity_id=fields.read("entity_id", str),
            state=None if state is None else State.parse(state),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityUpdated:
    """A new or changed entity; None when it was removed."""

    entity_id: str
    entity: Entity | None

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read an `entity_registry_updated` event."""
        fields = Fields(data, "entity_registry_updated")
        entity = fields.optional("entity", dict)
        return cls(
            entity_id=fields.read("entity_id", str),
            entity=None if entity is None else Entity.parse(entity),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUpdated:
    """A new or changed device; None when it was removed."""

    device_id: str
    device: Device | None

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a `device_registry_updated` event."""
        fields = Fields(data, "device_registry_updated")
        device = fields.optional("device", dict)
        return cls(
            device_id=fields.read("device_id", str),
            device=None if device is None else Device.parse(device),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, once."""

    event_type: str
    device_id: str
    entity_id: str
    data: Mapping[str, Any]

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read an `event` event."""
        fields = Fields(data, "event")
        return cls(
            event_type=fields.read("event_type", str),
            device_id=fields.read("device_id", str),
            entity_id=fields.read("entity_id", str),
            data=fields.read("data", dict),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigUpdated:
    """What the server may say of people has changed."""

    privacy_class: int
    privacy_mode: bool

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a `config_updated` event."""
        fields = Fields(data, "config_updated")
        return cls(
            privacy_class=fields.read("privacy_class", int),
            privacy_mode=fields.read("privacy_mode", bool),
        )


type Message = Snapshot | StateChanged | EntityUpdated | DeviceUpdated | Event | ConfigUpdated

MESSAGE_PARSERS: Mapping[str, Callable[[object], Message]] = {
    "snapshot": Snapshot.parse,
    "state_changed": StateChanged.parse,
    "entity_registry_updated": EntityUpdated.parse,
    "device_registry_updated": DeviceUpdated.parse,
    "event": Event.parse,
    "config_updated": ConfigUpdated.parse,
}
