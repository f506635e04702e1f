"""What a server publishes over MQTT, read: the same messages as over the WebSocket, and what is wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.ruview.api.catalog import Service
from custom_components.ruview.api.errors import ProtocolError, RefusedEventError
from custom_components.ruview.api.models import (
    ConfigUpdated,
    DeviceUpdated,
    EntityUpdated,
    Event,
    Snapshot,
    State,
    StateChanged,
)
from custom_components.ruview.api.mqtt import (
    MAX_EARLY_STATES,
    Answer,
    House,
    Introduction,
    ServerTopics,
    command_payload,
)

from .golden import golden
from .mqtt_home import SERVER_ID, START, event, info, registry, signed, states, text

PRESENCE = f"{START}_node_1/presence/state"
EVENT = f"{START}_node_1/events/unknown_presence"


def house() -> House:
    """Return an empty house."""
    return House(Introduction.parse(text(info())))


def furnished(name: str = "server_snapshot") -> House:
    """Return a house with all that a golden snapshot has."""
    full = house()
    full.registry(text(registry(name)))
    for topic, state in states(name).items():
        full.state(topic, text(state))
    return full


def test_topics_are_of_one_server() -> None:
    topics = ServerTopics("a/b", "1-2")
    assert (topics.info, topics.status, topics.registry) == ("a/b/1-2/info", "a/b/1-2/status", "a/b/1-2/registry")
    assert (topics.ask, topics.command, topics.result) == ("a/b/1-2/ask", "a/b/1-2/command", "a/b/1-2/result")
    assert topics.house == ("a/b/+/+/state", "a/b/+/bfld/+/state", "a/b/+/events/+")


def test_an_introduction_says_what_a_greeting_says() -> None:
    introduction = Introduction.parse(text(info()))
    assert introduction.server.server_id == SERVER_ID
    assert introduction.start == START
    assert not introduction.takes_commands
    assert Introduction.parse(text(info(commands=True))).takes_commands


@pytest.mark.parametrize("name", ["server_snapshot", "server_snapshot_monitor"])
def test_a_house_is_what_a_snapshot_says(name: str) -> None:
    full = furnished(name)
    assert full.snapshot == Snapshot.parse(golden(name)["event"])
    assert full.is_complete


def test_numbers_and_words_are_states() -> None:
    full = furnished()
    for said, state in ((14.2, "14.2"), (-50, "-50"), ("unknown", "unknown")):
        messages = full.state(PRESENCE, text({"state": said, "attributes": {"a": 1}}))
        expected = State(entity_id="binary_sensor.node_1_presence", state=state, attributes={"a": 1})
        assert messages == [StateChanged(entity_id="binary_sensor.node_1_presence", state=expected)]
        assert full.state(PRESENCE, text({"state": said, "attributes": {"a": 1}, "last_changed": "x"})) == []


def test_a_state_that_is_taken_back_is_gone() -> None:
    full = furnished()
    gone = [StateChanged(entity_id="binary_sensor.node_1_presence", state=None)]
    assert full.state(PRESENCE, "") == gone
    assert full.state(PRESENCE, "") == []
    assert not full.is_complete


def test_a_state_may_come_before_its_entity() -> None:
    early = house()
    assert early.state(PRESENCE, text({"state": "on", "attributes": {}})) == []
    assert not early.is_complete
    messages = early.registry(text(registry()))
    assert isinstance(messages[-1], StateChanged)
    assert early.snapshot.states["binary_sensor.node_1_presence"].state == "on"


def test_the_house_of_another_server_is_none_of_ours() -> None:
    full = furnished()
    before = full.snapshot
    assert full.state("ruview/ffffffff_node_1/presence/state", text({"state": "on", "attributes": {}})) == []
    stranger = "ruview/ffffffff_node_1/events/unknown_presence"
    assert full.event(stranger, text(signed(event())), retained=False, now=datetime.now(UTC)) == []
    assert full.snapshot == before


def test_early_states_have_an_end() -> None:
    early = house()
    for number in range(MAX_EARLY_STATES + 10):
        early.state(f"{START}_node_1/key_{number}/state", "x")
    assert len(early._early) == MAX_EARLY_STATES


def test_a_registry_tells_what_came_changed_and_went() -> None:
    full = furnished()
    whole = registry()
    assert full.registry(text(whole)) == []
    node = next(device for device in whole["devices"] if device["id"] == "node_1")
    node["name"] = "Küche"
    presence = next(entity for entity in whole["entities"] if entity["key"] == "presence")
    whole["entities"].remove(presence)
    removed, renamed = full.registry(text(whole))
    assert removed == EntityUpdated(entity_id="binary_sensor.node_1_presence", entity=None)
    assert isinstance(renamed, DeviceUpdated)
    assert renamed.device is not None
    assert renamed.device.name == "Küche"
    assert "binary_sensor.node_1_presence" not in full.snapshot.states
    whole["devices"].remove(node)
    whole["entities"] = []
    messages = full.registry(text(whole))
    assert messages[-1] == DeviceUpdated(device_id="node_1", device=None)
    assert len(messages) > 2


def test_another_class_is_told() -> None:
    full = furnished()
    assert full.introduce(Introduction.parse(text(info()))) == []
    stricter = Introduction.parse(text(info(privacy_class=3)))
    assert full.introduce(stricter) == [ConfigUpdated(privacy_class=3, privacy_mode=False)]
    assert full.introduction == stricter


def test_an_event_that_is_signed_is_told() -> None:
    [told] = furnished().event(EVENT, text(signed(event())), retained=False, now=datetime.now(UTC))
    assert told == Event(
        event_type="unknown_presence",
        device_id="node_1",
        entity_id="event.node_1_activity",
        data={"reason": ["motion"], "confidence": 0.5},
    )
    risen = event(device_id=SERVER_ID, event_type="transition")
    topic = f"{START}_server/events/transition"
    assert furnished().event(topic, text(signed(risen)), retained=False, now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("payload", "retained", "topic"),
    [
        (event(), False, EVENT),
        (signed(event()), True, EVENT),
        (signed(event()), False, f"{START}_node_2/events/unknown_presence"),
        (signed(event()), False, f"{START}_node_1/events/fall_detected"),
        (signed(event(server_id="another")), False, EVENT),
    ],
)
def test_an_event_that_is_not_to_be_believed_is_refused(payload: dict[str, Any], retained: bool, topic: str) -> None:
    with pytest.raises(RefusedEventError):
        furnished().event(topic, text(payload), retained=retained, now=datetime.now(UTC))


@pytest.mark.parametrize(
    "payload", ["", "{", "[]", "7", "null", "{}", "[" * 100_000, '{"state": true, "attributes": {}}']
)
def test_what_is_malformed_is_an_error_and_changes_nothing(payload: str) -> None:
    full = furnished()
    before = full.snapshot
    with pytest.raises(ProtocolError):
        Introduction.parse(payload)
    with pytest.raises(ProtocolError):
        full.registry(payload)
    with pytest.raises(ProtocolError):
        Answer.parse(payload)
    with pytest.raises((ProtocolError, RefusedEventError)):
        full.event(EVENT, payload, retained=False, now=datetime.now(UTC))
    if payload:
        with pytest.raises(ProtocolError):
            full.state(PRESENCE, payload)
    assert full.snapshot == before


def test_commands_and_answers() -> None:
    assert command_payload("7", Service.CALIBRATE, {"node_id": "node_1"}) == text(
        {"id": "7", "service": "calibrate", "data": {"node_id": "node_1"}}
    )
    assert Answer.parse(text({"id": "7", "success": True, "result": None})) == Answer(id="7", error=None)
    refused = Answer.parse(text({"id": "7", "success": False, "error": {"code": "room_not_empty", "message": "m"}}))
    assert refused.error is not None
    assert refused.error.code == "room_not_empty"
