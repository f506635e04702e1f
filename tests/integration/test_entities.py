"""Entities of all platforms, as Home Assistant shows them."""

from datetime import UTC, datetime, timedelta

import pytest
from homeassistant.const import EVENT_STATE_CHANGED, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.ruview.const import DOMAIN
from custom_components.ruview.entity import EXPLAIN_EVERY_S

from .fake_server import FakeServer, until
from .golden import golden, names
from .home import WHOLE_HOME, whole_home

PRESENCE = "binary_sensor.node_1_presence"
MOTION_LEVEL = "sensor.node_1_motion_level"
DATA_SOURCE = "sensor.node_1_data_source"
LAST_SEEN = "sensor.node_1_last_seen"
IDENTITY_RISK = "sensor.monitor_attic_identity_risk"

ACTIVITY = "event.node_1_activity"
PERSON_COUNT = "sensor.node_1_person_count"
BREATHING_RATE = "sensor.node_1_breathing_rate"
CALIBRATION = "sensor.node_1_calibration"
SLEEPING = "binary_sensor.room_bedroom_someone_sleeping"
FALL_RISK = "sensor.room_bedroom_fall_risk_elevated"

SNAPSHOTS = [name for name in names("server") if name.startswith("server_snapshot")]
OPT_IN = {"pose", "tracked_person", "multi_room_transition"}
BIOMETRIC = {"breathing_rate", "heart_rate", "someone_sleeping", "possible_distress", *OPT_IN}


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


def shown(entity_registry: er.EntityRegistry, entry: MockConfigEntry) -> dict[str, str]:
    """Return the entity id of each entity that the registry has, by what its name is translated by."""
    entries = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    return {str(entry.translation_key): entry.entity_id for entry in entries}


def home_assistants(hass: HomeAssistant, server: FakeServer, entity_id: str) -> str:
    """Return Home Assistant's id for one of the server's entities: it is made of names."""
    assert isinstance(server.snapshot, dict)
    entity = next(entity for entity in server.snapshot["entities"] if entity["entity_id"] == entity_id)
    ours = er.async_get(hass).async_get_entity_id(entity["domain"], DOMAIN, entity["unique_id"])
    assert ours is not None
    return ours


@pytest.mark.parametrize(
    "platforms",
    [[Platform.BINARY_SENSOR], [Platform.BUTTON], [Platform.EVENT], [Platform.SENSOR]],
    ids=lambda platforms: platforms[0],
)
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_entities(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize("announced", [WHOLE_HOME, *SNAPSHOTS])
@pytest.mark.usefixtures("entry")
async def test_descriptions_agree_with_the_server(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, announced: str
) -> None:
    """The server describes its entities as well, for other clients; they must not see something else."""
    event = whole_home() if announced == WHOLE_HOME else golden(announced)["event"]
    for entity in event["entities"]:
        entity_id = entity_registry.async_get_entity_id(entity["domain"], DOMAIN, entity["unique_id"])
        assert entity_id is not None, entity["entity_id"]
        ours = entity_registry.entities[entity_id]
        assert ours.original_device_class == entity["device_class"]
        assert ours.unit_of_measurement == entity["unit"]
        assert ours.entity_category == entity["entity_category"]
        assert (ours.disabled_by is None) == entity["enabled_default"]
        assert (ours.capabilities or {}).get("state_class") == entity["state_class"]
        state = hass.states.get(entity_id)
        if state is not None:
            assert state.attributes.get("options", state.attributes.get("event_types")) == entity["options"]


@pytest.mark.usefixtures("entry")
async def test_what_a_node_shows_unasked(hass: HomeAssistant) -> None:
    """At most eight entities, and those that no room has."""
    assert {
        entity_id for entity_id in hass.states.async_entity_ids() if ".node_1_" in entity_id and "beam" not in entity_id
    } == {
        PRESENCE,
        ACTIVITY,
        DATA_SOURCE,
        PERSON_COUNT,
        "binary_sensor.node_1_motion",
        "binary_sensor.node_1_room_active",
        "button.node_1_calibrate",
        "event.node_1_fall",
    }


async def test_the_server_decides_what_starts_disabled(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """A room of several nodes has its own presence; that of each node is for those who look for it."""
    assert isinstance(server.snapshot, dict)
    for entity in server.snapshot["entities"]:
        entity["enabled_default"] = entity["key"] == "breathing_rate"
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    assert hass.states.get(PRESENCE) is None
    assert hass.states.get(BREATHING_RATE) is not None


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
@pytest.mark.parametrize(
    ("entity_id", "state", "expected"),
    [
        (PRESENCE, "on", "on"),
        (PRESENCE, "unknown", "unknown"),
        (PRESENCE, "maybe", "unknown"),
        (PRESENCE, "unavailable", "unavailable"),
        ("binary_sensor.node_1_motion", "on", "on"),
        (MOTION_LEVEL, "41.5", "41.5"),
        (MOTION_LEVEL, "unknown", "unknown"),
        (MOTION_LEVEL, "nan", "unknown"),
        (MOTION_LEVEL, "unavailable", "unavailable"),
        (DATA_SOURCE, "live", "live"),
        (DATA_SOURCE, "none", "none"),
        (DATA_SOURCE, "telepathy", "unknown"),
        (DATA_SOURCE, "unknown", "unknown"),
        (LAST_SEEN, "2026-11-21T10:00:12.25Z", "2026-11-21T10:00:12+00:00"),
        (LAST_SEEN, "2026-11-21T10:00:12", "unknown"),
        (LAST_SEEN, "yesterday", "unknown"),
        (LAST_SEEN, "unavailable", "unavailable"),
        (PERSON_COUNT, "3", "3"),
        (PERSON_COUNT, "0", "0"),
        (PERSON_COUNT, "1.5", "unknown"),
        (PERSON_COUNT, "-1", "unknown"),
        (PERSON_COUNT, "unknown", "unknown"),
        (BREATHING_RATE, "6.5", "6.5"),
        (BREATHING_RATE, "unknown", "unknown"),
        (BREATHING_RATE, "unavailable", "unavailable"),
        ("sensor.node_1_heart_rate", "inf", "unknown"),
        ("sensor.node_1_rssi", "-71", "-71.0"),
        ("sensor.node_1_presence_score", "unknown", "unknown"),
        (CALIBRATION, "self_calibrated", "self_calibrated"),
        (CALIBRATION, "guessed", "unknown"),
        (CALIBRATION, "unavailable", "unavailable"),
        (SLEEPING, "off", "off"),
        (SLEEPING, "unknown", "unknown"),
        (SLEEPING, "unavailable", "unavailable"),
        (FALL_RISK, "71", "71.0"),
        (FALL_RISK, "unknown", "unknown"),
        (ACTIVITY, "unavailable", "unavailable"),
        ("event.node_1_fall", "unavailable", "unavailable"),
    ],
)
async def test_states(hass: HomeAssistant, server: FakeServer, entity_id: str, state: str, expected: str) -> None:
    await server.set_state(entity_id, state)
    ours = home_assistants(hass, server, entity_id)
    await until(lambda: hass.states.is_state(ours, expected))


@pytest.mark.parametrize("announced", ["server_snapshot_monitor"])
@pytest.mark.parametrize(("privacy_class", "is_shown"), [(2, True), (3, False), (0, False), (7, False)])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_what_the_class_does_not_permit_is_not_shown(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    privacy_class: int,
    is_shown: bool,
) -> None:
    """Not even if the server announces it."""
    server.info["privacy_class"] = privacy_class
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    assert (hass.states.get(IDENTITY_RISK) is not None) == is_shown
    assert hass.states.get("sensor.monitor_attic_data_source") is not None


@pytest.mark.parametrize(
    ("privacy_class", "privacy_mode", "withheld"),
    [
        (2, False, set[str]()),
        (2, True, BIOMETRIC),
        (3, True, BIOMETRIC | {"bfld_identity_risk"}),
        (3, False, BIOMETRIC | {"bfld_identity_risk"}),
    ],
)
async def test_what_the_class_withholds(  # noqa: PLR0913, PLR0917
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    server: FakeServer,
    config_entry: MockConfigEntry,
    privacy_class: int,
    privacy_mode: bool,
    withheld: set[str],
) -> None:
    """A server that announces too much is not followed, and what was there before does not stay in the registry."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    before = shown(entity_registry, config_entry).keys()
    assert withheld <= before
    server.info |= {"privacy_class": privacy_class, "privacy_mode": privacy_mode}
    await server.drop()
    await until(lambda: config_entry.runtime_data.coordinator.reconnects)
    await hass.async_block_till_done()
    assert shown(entity_registry, config_entry).keys() == before - withheld
    assert hass.states.is_state(PRESENCE, "off")
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.usefixtures("entry")
async def test_state_is_removed(hass: HomeAssistant, server: FakeServer) -> None:
    """Without a state there is nothing to show: never the last one."""
    await server.send(golden("server_state_removed"))
    await until(lambda: hass.states.is_state(PRESENCE, "unavailable"))
    await server.send(golden("server_state_removed"))
    await server.send(golden("server_state_changed"))
    await until(lambda: hass.states.is_state(PRESENCE, "on"))


@pytest.mark.usefixtures("entry")
async def test_presence_attributes(hass: HomeAssistant, server: FakeServer) -> None:
    """They are those that the integration knows, and are not recorded."""
    await server.set_state(PRESENCE, "on", reason=["motion"], calibration="self-2", heart_rate=61)
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    state = hass.states.get(PRESENCE)
    assert state is not None
    assert state.attributes["reason"] == ["motion"]
    assert state.attributes["calibration"] == "self-2"
    assert "heart_rate" not in state.attributes
    assert state.state_info is not None
    assert {"reason", "calibration"} <= state.state_info["unrecorded_attributes"]


@pytest.mark.usefixtures("entry")
async def test_explanations_wait(hass: HomeAssistant, server: FakeServer) -> None:
    """While a state stands they are written once a minute, the last one; a new state takes its own along."""
    written = async_capture_events(hass, EVENT_STATE_CHANGED)

    async def _explained(state: str, reason: str) -> tuple[int, list[str]]:
        """Return how often presence was written since the last time, and the reason that it shows."""
        written.clear()
        await server.set_state(PRESENCE, state, reason=[reason])
        # What was sent after it has arrived.
        source = "live" if hass.states.is_state(DATA_SOURCE, "replay") else "replay"
        await server.set_state(DATA_SOURCE, source)
        await until(lambda: hass.states.is_state(DATA_SOURCE, source))
        shown = hass.states.get(PRESENCE)
        assert shown is not None
        return sum(event.data["entity_id"] == PRESENCE for event in written), shown.attributes["reason"]

    assert await _explained("on", "motion") == (1, ["motion"])
    assert await _explained("on", "hold") == (0, ["motion"])
    assert await _explained("on", "baseline_departure") == (0, ["motion"])
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=EXPLAIN_EVERY_S + 1))
    await hass.async_block_till_done()
    state = hass.states.get(PRESENCE)
    assert state is not None
    assert state.attributes["reason"] == ["baseline_departure"]

    assert await _explained("on", "hold") == (0, ["baseline_departure"])
    assert await _explained("off", "departure") == (1, ["departure"])
    # What waited for the end of the minute has nothing left to say.
    assert await _explained("off", "empty") == (0, ["departure"])
    assert await _explained("off", "departure") == (0, ["departure"])
    written.clear()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=EXPLAIN_EVERY_S + 1))
    await hass.async_block_till_done()
    assert not [event for event in written if event.data["entity_id"] == PRESENCE]


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
@pytest.mark.parametrize(
    ("entity_id", "attributes"),
    [
        (SLEEPING, {"confidence": 0.75, "reason": ["motion<5%", "br=12/min"]}),
        (FALL_RISK, {"confidence": 0.5, "reason": ["near_falls=2"]}),
        (BREATHING_RATE, {"confidence": 0.75}),
        (PERSON_COUNT, {"confidence": 0.25}),
        (CALIBRATION, {"progress": 60}),
        (CALIBRATION, {"version": 2, "reason": ["motion"]}),
    ],
)
async def test_attributes_are_not_recorded(
    hass: HomeAssistant, server: FakeServer, entity_id: str, attributes: dict[str, object]
) -> None:
    """How sure a state is, and why, stands beside it and fills no database; nothing else comes along."""
    ours = home_assistants(hass, server, entity_id)
    await server.set_state(entity_id, server.state(entity_id)["state"], mood="good", **attributes)
    await until(lambda: (state := hass.states.get(ours)) and attributes.items() <= state.attributes.items())
    state = hass.states.get(ours)
    assert state is not None
    assert "mood" not in state.attributes
    assert state.state_info is not None
    assert attributes.keys() <= state.state_info["unrecorded_attributes"]


@pytest.mark.usefixtures("entry")
async def test_unknown_entities_are_ignored(hass: HomeAssistant, server: FakeServer) -> None:
    """A newer server may have entities that this version does not know."""
    entity = golden("server_entity_registry_updated")["event"]
    entity["entity_id"] = entity["entity"]["entity_id"] = "binary_sensor.node_1_mood"
    entity["entity"] |= {"key": "mood", "unique_id": "mood"}
    await server.send_event(entity)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert hass.states.get("binary_sensor.node_1_mood") is None


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
@pytest.mark.parametrize(
    ("entity_id", "event_type", "data"),
    [
        (ACTIVITY, "unknown_presence", {"person_aware": False, "reason": ["motion"]}),
        (ACTIVITY, "unexpected_occupancy", {"schedule_aware": True, "reason": ["60 s"]}),
        (ACTIVITY, "unrecognized_activity_pattern", {"reason": ["score>=0.7"]}),
        ("event.node_1_fall", "fall_detected", {"confidence": 0.8}),
        ("event.room_bedroom_bed_exit", "bed_exit", {"confidence": 0.8, "reason": ["slept"]}),
        ("event.ruview_multi_room_transition", "transition", {"from": "room_bedroom", "to": "room_kitchen"}),
    ],
)
async def test_events_happen_once(
    hass: HomeAssistant, server: FakeServer, entity_id: str, event_type: str, data: dict[str, object]
) -> None:
    """A snapshot never makes an event, whatever it says."""
    ours = home_assistants(hass, server, entity_id)
    assert hass.states.is_state(ours, "unknown")
    server.state(entity_id)["state"] = "2026-11-21T10:00:00Z"
    server.state(PRESENCE)["state"] = "on"
    await server.send_snapshot()
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert hass.states.is_state(ours, "unknown")

    before = datetime.now(UTC)
    event = golden("server_event")["event"] | {"entity_id": entity_id, "event_type": event_type, "data": data}
    await server.send_event(event)
    await until(lambda: not hass.states.is_state(ours, "unknown"))
    state = hass.states.get(ours)
    assert state is not None
    # Home Assistant writes milliseconds.
    assert datetime.fromisoformat(state.state).timestamp() >= before.timestamp() - 0.001
    assert {"event_type": event_type, **data}.items() <= state.attributes.items()

    server.state(PRESENCE)["state"] = "off"
    await server.send_snapshot()
    await until(lambda: hass.states.is_state(PRESENCE, "off"))
    assert hass.states.is_state(ours, state.state)


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("change", [{"event_type": "weather"}, {"entity_id": "event.node_2_activity"}])
async def test_events_of_others(hass: HomeAssistant, server: FakeServer, change: dict[str, str]) -> None:
    await server.send_event(golden("server_event")["event"] | change)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert hass.states.is_state("event.node_1_activity", "unknown")
