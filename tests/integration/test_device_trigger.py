"""Device triggers: a device offers what can happen to it, and fires for itself only."""

from typing import Any

import pytest
from homeassistant.components.device_automation import DeviceAutomationType, async_get_device_automations
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.bus import EVENT_KEYS
from custom_components.ruview.const import DOMAIN
from custom_components.ruview.registries import async_find_device

from .automations import runs_of
from .fake_server import FakeServer
from .golden import golden
from .home import NODE_ID, ROOM_ID, WHOLE_HOME, ZONE_ID
from .test_trigger import EVENTS, settle

# Where each kind of event happens in the home of the test.
NODE_EVENTS = {"unknown_presence", "unexpected_occupancy", "unrecognized_activity_pattern", "fall_detected"}
ROOM_EVENTS = {"bed_exit", "fall_risk_elevated"}
SERVER_EVENTS = {"transition"}


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


def id_of(hass: HomeAssistant, entry: MockConfigEntry, device_id: str) -> str:
    """Return Home Assistant's id of a device."""
    device = async_find_device(hass, entry, device_id)
    assert device is not None
    return device.id


async def offered(hass: HomeAssistant, device_id: str) -> set[str]:
    """Return our triggers that a device offers in the editor."""
    assert await async_setup_component(hass, "device_automation", {})
    found = await async_get_device_automations(hass, DeviceAutomationType.TRIGGER, [device_id])
    return {trigger["type"] for trigger in found[device_id] if trigger["domain"] == DOMAIN}


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_offered(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    node = id_of(hass, entry, NODE_ID)
    assert await offered(hass, node) == NODE_EVENTS
    assert await offered(hass, id_of(hass, entry, ROOM_ID)) == ROOM_EVENTS
    assert await offered(hass, id_of(hass, entry, ZONE_ID)) == set()
    assert await offered(hass, id_of(hass, entry, server.info["server_id"])) == SERVER_EVENTS
    assert EVENT_KEYS.keys() == NODE_EVENTS | ROOM_EVENTS | SERVER_EVENTS
    # Another integration's entity of the same name offers nothing of ours, and neither does one that is disabled.
    entity_registry.async_get_or_create(
        Platform.EVENT, "other", "1", device_id=node, config_entry=entry, translation_key="bed_exit"
    )
    entity_registry.async_update_entity("event.node_1_fall", disabled_by=er.RegistryEntryDisabler.USER)
    assert await offered(hass, node) == NODE_EVENTS - {"fall_detected"}


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_fires_for_its_device_only(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    ids = {device_id: id_of(hass, entry, device_id) for device_id in (NODE_ID, ROOM_ID, server.info["server_id"])}
    triggers: list[dict[str, Any]] = [
        {
            "trigger": "device",
            "domain": DOMAIN,
            "device_id": ids[device_id],
            "type": event_type,
            "id": event_type + where,
        }
        for device_id, where in ((NODE_ID, "@node"), (ROOM_ID, "@room"), (server.info["server_id"], "@server"))
        for event_type in EVENT_KEYS
    ]
    runs = await runs_of(hass, *triggers, said="{{ trigger.event.data.data.confidence }}")
    where_of = {
        **dict.fromkeys(NODE_EVENTS, (NODE_ID, "@node")),
        **dict.fromkeys(ROOM_EVENTS, (ROOM_ID, "@room")),
        **dict.fromkeys(SERVER_EVENTS, (server.info["server_id"], "@server")),
    }
    for _, event_type, entity_id, _ in EVENTS:
        event = {"event_type": event_type, "entity_id": entity_id, "data": {"confidence": 0.9}}
        await server.send_event(golden("server_event")["event"] | event | {"device_id": where_of[event_type][0]})
    await settle(hass, server)
    assert [run.data["id"] for run in runs] == [event_type + where_of[event_type][1] for _, event_type, *_ in EVENTS]
    assert {run.data["said"] for run in runs} == {0.9}
