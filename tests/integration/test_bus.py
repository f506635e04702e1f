"""Named events on Home Assistant's bus."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.ruview.const import EVENT_RUVIEW

from .fake_server import FakeServer, until
from .golden import golden
from .test_init import device_of


async def test_event(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    events = async_capture_events(hass, EVENT_RUVIEW)
    await server.send_event(golden("server_event")["event"] | {"event_type": "weather"})
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
