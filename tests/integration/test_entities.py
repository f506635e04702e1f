"""Entities of all platforms, as Home Assistant shows them."""

from datetime import UTC, datetime

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .golden import golden

PRESENCE = "binary_sensor.node_1_presence"
MOTION_LEVEL = "sensor.node_1_motion_level"
DATA_SOURCE = "sensor.node_1_data_source"
LAST_SEEN = "sensor.node_1_last_seen"
IDENTITY_RISK = "sensor.monitor_attic_identity_risk"

SNAPSHOTS = ("server_snapshot", "server_snapshot_monitor")


@pytest.mark.parametrize(
    "platforms", [[Platform.BINARY_SENSOR], [Platform.EVENT], [Platform.SENSOR]], ids=lambda platforms: platforms[0]
)
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_entities(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize("announced", SNAPSHOTS)
@pytest.mark.usefixtures("entry")
async def test_descriptions_agree_with_the_server(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, announced: str
) -> None:
    """The server describes its entities as well, for other clients; they must not see something else."""
    for entity in golden(announced)["event"]["entities"]:
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


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
@pytest.mark.parametrize(
    ("entity_id", "state", "shown"),
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
        ("event.node_1_activity", "unavailable", "unavailable"),
    ],
)
async def test_states(hass: HomeAssistant, server: FakeServer, entity_id: str, state: str, shown: str) -> None:
    await server.set_state(entity_id, state)
    await until(lambda: hass.states.is_state(entity_id, shown))


@pytest.mark.parametrize("announced", ["server_snapshot_monitor"])
@pytest.mark.parametrize("platforms", [[Platform.BINARY_SENSOR], [Platform.SENSOR]], ids=lambda platforms: platforms[0])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_entities_of_a_monitor(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize("announced", ["server_snapshot_monitor"])
@pytest.mark.parametrize(("privacy_class", "shown"), [(2, True), (3, False), (0, False), (7, False)])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_what_the_class_does_not_permit_is_not_shown(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    privacy_class: int,
    shown: bool,
) -> None:
    """Not even if the server announces it."""
    server.info["privacy_class"] = privacy_class
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    assert (hass.states.get(IDENTITY_RISK) is not None) == shown
    assert hass.states.get("sensor.monitor_attic_data_source") is not None


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
async def test_unknown_entities_are_ignored(hass: HomeAssistant, server: FakeServer) -> None:
    """A newer server may have entities that this version does not know."""
    entity = golden("server_entity_registry_updated")["event"]
    entity["entity_id"] = entity["entity"]["entity_id"] = "binary_sensor.node_1_mood"
    entity["entity"] |= {"key": "mood", "unique_id": "mood"}
    await server.send_event(entity)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert hass.states.get("binary_sensor.node_1_mood") is None


@pytest.mark.usefixtures("entry")
async def test_activity_is_an_event_only(hass: HomeAssistant, server: FakeServer) -> None:
    """A snapshot never makes an event, whatever it says."""
    activity = "event.node_1_activity"
    assert hass.states.is_state(activity, "unknown")
    server.state(activity)["state"] = "2026-11-21T10:00:00Z"
    server.state(PRESENCE)["state"] = "on"
    await server.send_snapshot()
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert hass.states.is_state(activity, "unknown")

    before = datetime.now(UTC)
    await server.send(golden("server_event"))
    await until(lambda: not hass.states.is_state(activity, "unknown"))
    state = hass.states.get(activity)
    assert state is not None
    # Home Assistant writes milliseconds.
    assert datetime.fromisoformat(state.state).timestamp() >= before.timestamp() - 0.001
    assert state.attributes["event_type"] == "unknown_presence"
    assert state.attributes["person_aware"] is False
    assert state.attributes["reason"] == ["motion"]


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("change", [{"event_type": "weather"}, {"entity_id": "event.node_2_activity"}])
async def test_events_of_others(hass: HomeAssistant, server: FakeServer, change: dict[str, str]) -> None:
    await server.send_event(golden("server_event")["event"] | change)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert hass.states.is_state("event.node_1_activity", "unknown")
