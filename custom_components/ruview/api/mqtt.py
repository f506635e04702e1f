"""What a server publishes over MQTT: topics and payloads to the types that every transport delivers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from .catalog import Service
from .errors import CommandError, ProtocolError
from .fields import Fields
from .models import (
    ConfigUpdated,
    Device,
    DeviceUpdated,
    Entity,
    EntityUpdated,
    Event,
    Message,
    ServerInfo,
    Snapshot,
    State,
    StateChanged,
)
from .signatures import PUBLIC_KEY, Verifier, refuse

DEFAULT_PREFIX: Final = "ruview"
ONLINE: Final = "online"
# What a server that takes commands over MQTT says of itself.
CAPABILITY_COMMANDS: Final = "commands"
# States that are there before their entities are known to be: no house has more.
MAX_EARLY_STATES: Final = 5000

_INFO = "info"
# What the server's own device is called in topics.
_SERVER = "server"
# What beamforming feedback says has a level of its own.
_BFLD = "bfld"


@dataclass(frozen=True, slots=True)
class ServerTopics:
    """Where one server publishes; all that is known before it says who it is."""

    prefix: str
    server_id: str

    @property
    def info(self) -> str:
        """Return where the server says who it is."""
        return f"{self.prefix}/{self.server_id}/{_INFO}"

    @property
    def status(self) -> str:
        """Return where it is said whether the server is there."""
        return f"{self.prefix}/{self.server_id}/status"

    @property
    def registry(self) -> str:
        """Return where the server says what it has."""
        return f"{self.prefix}/{self.server_id}/registry"

    @property
    def ask(self) -> str:
        """Return where the server is asked to say everything again."""
        return f"{self.prefix}/{self.server_id}/ask"

    @property
    def command(self) -> str:
        """Return where the server takes commands."""
        return f"{self.prefix}/{self.server_id}/command"

    @property
    def result(self) -> str:
        """Return where the server says what became of them."""
        return f"{self.prefix}/{self.server_id}/result"

    @property
    def house(self) -> tuple[str, ...]:
        """Return the filters for states and events, of all servers: a filter cannot name a part of a level."""
        return (f"{self.prefix}/+/+/state", f"{self.prefix}/+/{_BFLD}/+/state", f"{self.prefix}/+/events/+")


def info_filter(prefix: str) -> str:
    """Return the filter for what all servers say of themselves."""
    return f"{prefix}/+/{_INFO}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What a server says of itself."""

    server: ServerInfo
    public_key: str
    # What the topics of its devices begin with.
    start: str

    @classmethod
    def parse(cls, payload: str) -> Self:
        """Read what stands at the topic of a server."""
        data = _decode(payload, _INFO)
        fields = Fields(data, _INFO)
        return cls(
            server=ServerInfo.parse(data),
            public_key=fields.read(PUBLIC_KEY, str),
            start=fields.read("topic", str),
        )

    @property
    def takes_commands(self) -> bool:
        """Return whether the server does what is asked over MQTT."""
        return CAPABILITY_COMMANDS in self.server.capabilities


class House:
    """Everything that a server has said of its devices; what is new in it comes out as every transport says it."""

    def __init__(self, introduction: Introduction) -> None:
        """Begin with an empty house."""
        self.introduction = introduction
        self.is_known = False
        self._snapshot = Snapshot(devices={}, entities={}, states={})
        self._states: dict[str, State] = {}
        self._entity_ids: dict[str, str] = {}
        # The registry may come after the first states of what it tells of.
        self._early: dict[str, str] = {}
        self._verifier = Verifier(introduction.public_key)

    @property
    def snapshot(self) -> Snapshot:
        """Return everything there is."""
        return replace(self._snapshot, states=dict(self._states))

    @property
    def is_complete(self) -> bool:
        """Return whether everything has a state."""
        return self.is_known and self._snapshot.entities.keys() == self._states.keys()

    def introduce(self, introduction: Introduction) -> list[Message]:
        """Take what the server says of itself now."""
        before, self.introduction = self.introduction.server, introduction
        now = introduction.server
        if (before.privacy_class, before.privacy_mode) == (now.privacy_class, now.privacy_mode):
            return []
        return [ConfigUpdated(privacy_class=now.privacy_class, privacy_mode=now.privacy_mode)]

    def registry(self, payload: str) -> list[Message]:
        """Take what the server has; return what came, changed and went."""
        fields = Fields(_decode(payload, "registry"), "registry")
        devices = {device.id: device for device in map(Device.parse, fields.read("devices", list))}
        entities = {entity.entity_id: entity for entity in map(Entity.parse, fields.read("entities", list))}
        before = self._snapshot
        self._snapshot = replace(before, devices=devices, entities=entities)
        self._entity_ids = {self._state_topic(entity): entity_id for entity_id, entity in entities.items()}
        self.is_known = True
        for entity_id in self._states.keys() - entities.keys():
            del self._states[entity_id]
        early, self._early = self._early, {}
        # Devices come before what is on them, and go after it.
        return [
            *(EntityUpdated(entity_id=key, entity=None) for key in before.entities if key not in entities),
            *(DeviceUpdated(device_id=key, device=None) for key in before.devices if key not in devices),
            *(
                DeviceUpdated(device_id=key, device=device)
                for key, device in devices.items()
                if before.devices.get(key) != device
            ),
            *(
                EntityUpdated(entity_id=key, entity=entity)
                for key, entity in entities.items()
                if before.entities.get(key) != entity
            ),
            *self._states_that_came_early(early.items()),
        ]

    def state(self, topic: str, payload: str) -> list[Message]:
        """Take a state; those of other servers, and those that are as before, are passed over."""
        if (entity_id := self._entity_ids.get(topic)) is None:
            if topic.startswith(f"{self.introduction.start}_") and len(self._early) < MAX_EARLY_STATES:
                self._early[topic] = payload
            return []
        if not payload:
            return [] if self._states.pop(entity_id, None) is None else [StateChanged(entity_id=entity_id, state=None)]
        fields = Fields(_decode(payload, "state"), "state")
        value = fields.value("state")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ProtocolError(where="state.state", expected="str or number", found=type(value).__name__)
        state = State(entity_id=entity_id, state=str(value), attributes=fields.read("attributes", dict))
        if self._states.get(entity_id) == state:
            return []
        self._states[entity_id] = state
        return [StateChanged(entity_id=entity_id, state=state)]

    def event(self, topic: str, payload: str, *, retained: bool, now: datetime) -> list[Message]:
        """Take an event that the server has signed; RefusedEventError says why another one is not believed."""
        start = f"{self.introduction.start}_"
        if not topic.startswith(start):
            return []
        if retained:
            refuse("the broker has kept it")
        data = _decode(payload, "event")
        if not isinstance(data, dict):
            raise ProtocolError(where="event", expected="dict", found=type(data).__name__)
        self._verifier.check(data, now)
        event = Event.parse(data)
        if data.get("server_id") != self.introduction.server.server_id or topic != self._event_topic(event):
            refuse("it belongs to another topic")
        return [event]

    def _states_that_came_early(self, early: Iterable[tuple[str, str]]) -> list[Message]:
        """Take the states that had to wait for the registry."""
        return [message for topic, payload in early for message in self.state(topic, payload)]

    def _device(self, device_id: str) -> str:
        """Return what the topics of a device begin with."""
        name = _SERVER if device_id == self.introduction.server.server_id else device_id
        return f"{self.introduction.start}_{name}"

    def _state_topic(self, entity: Entity) -> str:
        """Return where the state of an entity stands."""
        field = entity.key.removeprefix(f"{_BFLD}_")
        levels = entity.key if field == entity.key else f"{_BFLD}/{field}"
        return f"{self._device(entity.device_id)}/{levels}/state"

    def _event_topic(self, event: Event) -> str:
        """Return where an event is told."""
        return f"{self._device(event.device_id)}/events/{event.event_type}"


def command_payload(command_id: str, service: Service, data: Mapping[str, Any]) -> str:
    """Write a command."""
    return json.dumps({"id": command_id, "service": service, "data": data})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command."""

    id: str
    error: CommandError | None

    @classmethod
    def parse(cls, payload: str) -> Self:
        """Read an answer."""
        fields = Fields(_decode(payload, "result"), "result")
        command_id = fields.read("id", str)
        if fields.read("success", bool):
            return cls(id=command_id, error=None)
        error = Fields(fields.read("error", dict), "error")
        return cls(id=command_id, error=CommandError(error.read("code", str), error.read("message", str)))


def _decode(payload: str, where: str) -> object:
    """Decode JSON."""
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError) as err:
        raise ProtocolError(where=where, expected="JSON", found=type(err).__name__) from err
    return value
