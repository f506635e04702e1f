"""Setting up, unloading and reloading an entry; its devices."""

import asyncio
import json
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.ruview.api import client
from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .golden import golden
from .home import ROOM_ID, WHOLE_HOME, ZONE_ID

PRESENCE = "binary_sensor.node_1_presence"


def device_of(hass: HomeAssistant, entry: MockConfigEntry, device_id: str) -> dr.DeviceEntry | None:
    """Return the device that stands for one of the server's."""
    return dr.async_get(hass).async_get_device_by_identifier(identifier_of(entry, device_id), entry.entry_id)


def zone_of(hass: HomeAssistant, entry: MockConfigEntry, device_id: str) -> dr.ChildDeviceEntry | None:
    """Return the child device that stands for a zone."""
    return dr.async_get(hass).async_get_child_device_by_identifier(identifier_of(entry, device_id), entry.entry_id)


def identifier_of(entry: MockConfigEntry, device_id: str) -> tuple[str, str]:
    """Return what identifies a device of the server in Home Assistant."""
    return (DOMAIN, device_id if device_id == entry.unique_id else f"{entry.unique_id}_{device_id}")


async def test_setup_and_unload(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry in hass.config_entries.async_loaded_entries(DOMAIN)
    assert hass.states.is_state(PRESENCE, "off")
    assert DOMAIN not in hass.data

    assert await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.NOT_LOADED
    await until(lambda: not server.sockets)
    assert server.connects == 1


async def test_reload(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    for _ in range(3):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    await until(lambda: len(server.sockets) == 1)
    assert hass.states.is_state(PRESENCE, "off")


async def fails(hass: HomeAssistant, entry: MockConfigEntry, state: ConfigEntryState, reason: str) -> None:
    """Set up an entry, which must fail with a translated reason and leave no connection behind."""
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is state
    assert entry.error_reason_translation_key == reason
    assert entry.error_reason_translation_placeholders == {"host": "127.0.0.1"}
    assert entry.reason


async def test_server_is_down(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    await server.stop()
    await fails(hass, config_entry, ConfigEntryState.SETUP_RETRY, "cannot_connect")
    assert config_entry.reason == "Nothing answers at 127.0.0.1"


async def test_rate_limited(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.http_status = 429
    await fails(hass, config_entry, ConfigEntryState.SETUP_RETRY, "rate_limited")


async def test_not_ruview(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.http_status = 502
    await fails(hass, config_entry, ConfigEntryState.SETUP_RETRY, "not_ruview")


async def test_no_snapshot(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.silent = {"subscribe"}
    with patch.object(client, "TIMEOUT_S", 0.1):
        await fails(hass, config_entry, ConfigEntryState.SETUP_RETRY, "timeout_connect")


@pytest.mark.parametrize("snapshot", [{"type": "snapshot"}, "{"])
async def test_wrong_snapshot(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    snapshot: dict[str, Any] | str,
) -> None:
    server.snapshot = snapshot
    await fails(hass, config_entry, ConfigEntryState.SETUP_RETRY, "invalid_response")


async def test_wrong_token(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.token = "new"
    await fails(hass, config_entry, ConfigEntryState.SETUP_ERROR, "invalid_auth")
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == [SOURCE_REAUTH]


async def test_other_api_version(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.greeting = golden("server_auth_required") | {"api": 2}
    await fails(hass, config_entry, ConfigEntryState.SETUP_ERROR, "unsupported_api")


async def test_other_server(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    """Nothing of another server may end in this entry's entities."""
    server.info["server_id"] = "another"
    await fails(hass, config_entry, ConfigEntryState.SETUP_ERROR, "wrong_server")
    assert server.commands == []
    assert not hass.states.async_all()


async def test_devices(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert {device.name: device for device in devices} == snapshot
    server_device = device_of(hass, entry, str(entry.unique_id))
    node = device_of(hass, entry, "node_1")
    assert server_device is not None
    assert node is not None
    assert node.via_device_id == server_device.id


@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_rooms_and_zones(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """A room is behind the server and a zone is a part of its room, in whatever order they are announced."""
    server_device, room = (device_of(hass, entry, key) for key in (server.info["server_id"], ROOM_ID))
    zone = zone_of(hass, entry, ZONE_ID)
    assert server_device is not None
    assert room is not None
    assert zone is not None
    assert (room.name, room.model, room.via_device_id) == ("Bedroom", "Room", server_device.id)
    assert (zone.name, zone.parent_device_id) == ("Bed", room.id)
    assert hass.states.is_state("binary_sensor.bedroom_bed_occupancy", "on")


def announced_device(server: FakeServer, device_id: str) -> dict[str, Any]:
    """Return a device of the snapshot."""
    assert isinstance(server.snapshot, dict)
    device: dict[str, Any] = next(device for device in server.snapshot["devices"] if device["id"] == device_id)
    return device


@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_zone_has_an_area_of_its_own_and_moves(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """A room that loses its nodes but one is that node: what the user made of its zone moves with it."""
    zone = zone_of(hass, entry, ZONE_ID)
    assert zone is not None
    device_registry.async_update_child_device(zone.id, area_id="alcove")
    announced_device(server, ZONE_ID)["via_device_id"] = "node_1"
    await server.send_snapshot()
    node = device_of(hass, entry, "node_1")
    assert node is not None
    await until(lambda: (moved := zone_of(hass, entry, ZONE_ID)) and moved.parent_device_id == node.id)
    moved = zone_of(hass, entry, ZONE_ID)
    assert moved is not None
    assert (moved.id, moved.area_id) == (zone.id, "alcove")
    await until(lambda: hass.states.is_state("binary_sensor.bedroom_bed_occupancy", "on"))


@pytest.mark.parametrize("announced", [WHOLE_HOME])
@pytest.mark.parametrize("device_id", [ROOM_ID, ZONE_ID])
@pytest.mark.parametrize("via", [ZONE_ID, ROOM_ID, "nothing"])
async def test_links_that_make_no_sense(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry, device_id: str, via: str
) -> None:
    announced_device(server, device_id)["via_device_id"] = via
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    assert device_of(hass, config_entry, ROOM_ID) is not None
    assert zone_of(hass, config_entry, ZONE_ID) is not None
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_zone_of_a_server_that_is_no_device(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """With nothing to be a part of, it is a device like others."""
    zone = announced_device(server, ZONE_ID)
    assert isinstance(server.snapshot, dict)
    server.snapshot["devices"] = [zone | {"via_device_id": None}]
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    assert device_of(hass, config_entry, ZONE_ID) is not None
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_device_changes(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    event = golden("server_device_registry_updated")["event"]
    event["action"] = "update"
    event["device"] |= {"name": "Kitchen", "sw_version": "0.7.1"}
    await server.send_event(event)
    await until(lambda: (node := device_of(hass, entry, "node_1")) and node.name == "Kitchen")
    node = device_of(hass, entry, "node_1")
    assert node is not None
    assert node.sw_version == "0.7.1"
    assert node.via_device_id is not None


def second_node() -> list[dict[str, Any]]:
    """Return the events that tell of a new node."""
    text = json.dumps([golden("server_device_registry_updated")["event"], golden("server_snapshot")["event"]])
    device, snapshot = json.loads(text.replace("node_1", "node_2").replace("Node 1", "Node 2"))
    return [
        device,
        *(
            {
                "type": "entity_registry_updated",
                "action": "create",
                "entity_id": entity["entity_id"],
                "entity": entity,
            }
            for entity in snapshot["entities"]
        ),
        *({"type": "state_changed", "entity_id": state["entity_id"], "state": state} for state in snapshot["states"]),
    ]


async def test_node_appears_and_goes(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Twice: what was removed must be able to come back."""
    for _ in range(2):
        for event in second_node():
            await server.send_event(event)
        await until(lambda: hass.states.is_state("binary_sensor.node_2_presence", "off"))
        await until(lambda: hass.states.is_state("sensor.node_2_data_source", "replay"))
        assert len(er.async_entries_for_config_entry(entity_registry, entry.entry_id)) == 13

        removal = {"type": "device_registry_updated", "action": "remove", "device_id": "node_2", "device": None}
        await server.send_event(removal)
        await until(lambda: hass.states.get("binary_sensor.node_2_presence") is None)
        await hass.async_block_till_done()
        assert device_of(hass, entry, "node_2") is None
        assert len(er.async_entries_for_config_entry(entity_registry, entry.entry_id)) == 7
    assert hass.states.is_state(PRESENCE, "off")


async def test_unknown_device_is_removed(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    removal = {"type": "device_registry_updated", "action": "remove", "device_id": "node_9", "device": None}
    await server.send_event(removal)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert entry.state is ConfigEntryState.LOADED


async def test_entity_is_removed_and_comes_back(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    removal = {"type": "entity_registry_updated", "action": "remove", "entity_id": PRESENCE, "entity": None}
    await server.send_event(removal)
    await server.send(golden("server_state_removed"))
    await until(lambda: hass.states.get(PRESENCE) is None)
    assert entity_registry.async_get(PRESENCE) is None
    await server.send_event(removal)  # a second time changes nothing

    await server.send(golden("server_entity_registry_updated"))
    await server.send(golden("server_state_changed"))
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.usefixtures("entry")
async def test_entity_that_is_disabled_goes_too(
    hass: HomeAssistant,
    server: FakeServer,
    entity_registry: er.EntityRegistry,
) -> None:
    level = "sensor.node_1_motion_level"
    assert entity_registry.async_get(level) is not None
    await server.send_event({"type": "entity_registry_updated", "action": "remove", "entity_id": level, "entity": None})
    await until(lambda: entity_registry.async_get(level) is None)
    assert hass.states.is_state(PRESENCE, "off")


async def test_entity_that_went_while_home_assistant_was_away(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """The node is there and its entity is not: it is removed at the next start, whether enabled or not."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    assert isinstance(server.snapshot, dict)
    for kind in ("entities", "states"):
        server.snapshot[kind] = [item for item in server.snapshot[kind] if "motion" not in item["entity_id"]]
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    keys = {
        e.unique_id.rsplit("node_1_")[1]
        for e in entity_registry.entities.get_entries_for_config_entry_id(config_entry.entry_id)
        if "node_1_" in e.unique_id
    }
    assert keys == {"presence", "data_source", "last_seen", "activity"}
    assert await hass.config_entries.async_unload(config_entry.entry_id)


def without_node(server: FakeServer) -> dict[str, Any]:
    """Make the server forget its node, and return the snapshot as it was."""
    assert isinstance(server.snapshot, dict)
    before = server.snapshot
    server.snapshot = before | {"devices": before["devices"][:1], "entities": [], "states": []}
    return before


async def test_node_that_is_missing_after_a_restart(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
) -> None:
    """A server that has just started may not have heard from it: unavailable, not removed, and back when it is."""
    before = without_node(server)
    await server.drop()
    await until(lambda: server.connects == 2 and server.sockets)
    assert hass.states.is_state(PRESENCE, "unavailable")
    assert device_of(hass, entry, "node_1") is not None

    server.snapshot = before
    for event in second_node():
        await server.send_event(event)
    await server.send_event(golden("server_device_registry_updated")["event"])
    for entity, state in zip(before["entities"], before["states"], strict=True):
        entity_id = entity["entity_id"]
        await server.send_event({"type": "entity_registry_updated", "entity_id": entity_id, "entity": entity})
        await server.send_event({"type": "state_changed", "entity_id": entity_id, "state": state})
    await until(lambda: hass.states.is_state(PRESENCE, "off"))
    await until(lambda: hass.states.is_state("sensor.node_1_data_source", "replay"))


async def remove_device(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device: dr.DeviceEntry,
) -> bool:
    """Remove a device as the user interface does."""
    assert await async_setup_component(hass, "config", {})
    websocket = await hass_ws_client(hass)
    response = await websocket.remove_device(device.id)
    await websocket.close()
    success: bool = response["success"]
    return success


@pytest.mark.parametrize("connected", [True, False])
async def test_user_removes_device(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    server: FakeServer,
    entry: MockConfigEntry,
    *,
    connected: bool,
) -> None:
    """A node goes only when the server does not have it; the server device never does."""
    node = device_of(hass, entry, "node_1")
    assert node is not None
    server_device = device_of(hass, entry, str(entry.unique_id))
    assert server_device is not None
    assert not await remove_device(hass, hass_ws_client, node)
    assert not await remove_device(hass, hass_ws_client, server_device)

    before = without_node(server)
    await server.drop()
    await until(lambda: server.connects == 2 and server.sockets)
    await until(lambda: entry.runtime_data.coordinator.connected)
    if not connected:
        await server.stop()
        await until(lambda: not entry.runtime_data.coordinator.connected)
    assert await remove_device(hass, hass_ws_client, node)
    await hass.async_block_till_done()
    assert hass.states.get(PRESENCE) is None
    assert entry.runtime_data.coordinator.last_update_success is connected

    # It is back, and so are its entities.
    server.snapshot = before
    if connected:
        await server.send_snapshot()
    else:
        await server.start()
    await until(lambda: hass.states.is_state(PRESENCE, "off"))


async def test_unload_while_reconnecting(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
) -> None:
    with patch("custom_components.ruview.backoff.FIRST_S", 60):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
        await server.stop()
        await until(lambda: hass.states.is_state(PRESENCE, "unavailable"))
        async with asyncio.timeout(2):
            assert await hass.config_entries.async_unload(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.NOT_LOADED
