"""Named events on Home Assistant's bus."""

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.ruview.const import EVENT_RUVIEW

from .fake_server import FakeServer, until
from .golden import golden
from .home import NODE_ID, WHOLE_HOME
from .test_init import device_of


async def test_event(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    events = async_capture_events(hass, EVENT_RUVIEW)
    await server.send_event(golden("server_event")["event"] | {"event_type": "weather"})
    # How a calibration ended, its entity shows.
    await server.send(golden("server_event_calibration"))
    await server.send(golden("server_event"))
    await until(lambda: events)
    node = device_of(hass, entry, "node_1")
    assert node is not None
    assert [event.data for event in events] == [
        {
            "device_id": node.id,
            "entity_id": "event.node_1_activity",
            "type": "unknown_presence",
            "data": {"person_aware": False, "reason": ["motion"]},
        }
    ]


async def test_event_without_an_entity(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """It still happened."""
    events = async_capture_events(hass, EVENT_RUVIEW)
    change = {"entity_id": "event.node_9_activity", "device_id": "node_9"}
    await server.send_event(golden("server_event")["event"] | change)
    await until(lambda: events)
    assert events[0].data["entity_id"] is None
    assert events[0].data["device_id"] is None
    assert entry.runtime_data.coordinator.connected


@pytest.mark.parametrize("announced", [WHOLE_HOME])
@pytest.mark.parametrize(
    ("server_entity_id", "event_type", "entity_id"),
    [
        ("event.node_1_activity", "unexpected_occupancy", "event.node_1_activity"),
        ("event.node_1_activity", "unrecognized_activity_pattern", "event.node_1_activity"),
        ("event.node_1_fall", "fall_detected", "event.node_1_fall"),
        ("event.room_bedroom_bed_exit", "bed_exit", "event.bedroom_bed_exit"),
        ("sensor.room_bedroom_fall_risk_elevated", "fall_risk_elevated", "sensor.bedroom_fall_risk"),
        ("event.ruview_multi_room_transition", "transition", "event.ruview_room_transition"),
    ],
)
@pytest.mark.usefixtures("entry")
async def test_everything_that_happens(
    hass: HomeAssistant, server: FakeServer, server_entity_id: str, event_type: str, entity_id: str
) -> None:
    """Also of entities that are disabled."""
    events = async_capture_events(hass, EVENT_RUVIEW)
    event = {"type": "event", "event_type": event_type, "entity_id": server_entity_id, "device_id": NODE_ID}
    await server.send_event({**event, "data": {"confidence": 0.9}})
    await until(lambda: events)
    data = events[0].data
    assert (data["type"], data["entity_id"], data["data"]) == (event_type, entity_id, {"confidence": 0.9})


@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_what_the_class_withholds(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.info["privacy_mode"] = True
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    events = async_capture_events(hass, EVENT_RUVIEW)
    event = {"type": "event", "entity_id": "event.ruview_multi_room_transition", "device_id": NODE_ID, "data": {}}
    await server.send_event({**event, "event_type": "transition"})
    await server.send_event({**event, "event_type": "fall_detected", "entity_id": "event.node_1_fall"})
    await until(lambda: events)
    assert [event.data["type"] for event in events] == ["fall_detected"]
    assert await hass.config_entries.async_unload(config_entry.entry_id)
