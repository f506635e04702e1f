"""Recordings of real nodes, replayed through the real server into a real Home Assistant."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import AddServer

from devkit.hass import HomeAssistant
from devkit.paths import TWO_NODES_RECORDING
from devkit.recordings import join_as_jsonl, missing

pytestmark = pytest.mark.usefixtures("no_entries_left")

# Nothing is told in the first minute: two of an empty room.
EMPTY_THEN_WALKING = (
    "presence_esp32_pulse/vacio_01.npz",
    "presence_esp32_pulse/vacio_01.npz",
    "presence_esp32_pulse/mov_01.npz",
)

AUTOMATION = {
    "alias": "Somebody is there",
    "triggers": [
        {
            "trigger": "state",
            "entity_id": "event.node_1_activity",
            "not_from": ["unavailable"],
            "not_to": ["unavailable", "unknown"],
        }
    ],
    "conditions": [
        {
            "condition": "state",
            "entity_id": "event.node_1_activity",
            "attribute": "event_type",
            "state": "unknown_presence",
        }
    ],
    "actions": [{"event": "test_unknown_presence_seen"}],
    "mode": "queued",
}


async def _ruview_devices(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    devices = await hass.command(type="config/device_registry/list")
    return {device["name"]: device for device in devices if any(i[0] == "ruview" for i in device["identifiers"])}


@pytest.mark.skipif(not TWO_NODES_RECORDING.is_file(), reason=f"no recording at {TWO_NODES_RECORDING}")
async def test_two_nodes(hass: HomeAssistant, serve: AddServer) -> None:
    """Two ESP32 nodes of one recording become two devices behind the server, and motion is seen."""
    async with serve("replay", TWO_NODES_RECORDING, "--speed", "8", "--loop") as server:
        await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await hass.wait_for_state("binary_sensor.node_1_motion", "on", "off", seconds=30)
        await hass.wait_for_state("binary_sensor.node_2_motion", "on", "off", seconds=30)

        devices = await _ruview_devices(hass)
        nodes = [device for name, device in devices.items() if name.startswith("Node")]
        assert len(nodes) == 2
        assert len({node["via_device_id"] for node in nodes} - {None}) == 1
        assert await hass.state("sensor.node_1_data_source") == "replay"

        waits = [hass.wait_for_state(f"binary_sensor.node_{n}_motion", "on", seconds=40) for n in (1, 2)]
        assert await asyncio.gather(*waits) == ["on", "on"]


@pytest.mark.skipif(missing(*EMPTY_THEN_WALKING) is not None, reason=str(missing(*EMPTY_THEN_WALKING)))
async def test_automation_on_unknown_presence(hass: HomeAssistant, serve: AddServer, tmp_path: Path) -> None:
    """An empty room, then somebody walks in: an automation on Unknown Presence fires, once."""
    recording = tmp_path / "empty-then-walking.jsonl.gz"
    join_as_jsonl(EMPTY_THEN_WALKING, recording)
    await hass.rest("POST", "/api/config/automation/config/unknown_presence", AUTOMATION)
    try:
        async with hass.websocket() as socket, serve("replay", recording, "--speed", "6") as server:
            seen = socket.events("test_unknown_presence_seen")
            first = asyncio.ensure_future(anext(seen))
            await asyncio.sleep(0.5)  # the subscription is made before the story begins
            await hass.add_ruview(host=server.host, port=server.port, token=server.token)
            await hass.wait_for_state("binary_sensor.node_1_presence", "off", seconds=20)
            assert not first.done(), "it fired in the empty room"
            await asyncio.wait_for(first, 30)
            assert await hass.state("binary_sensor.node_1_presence") == "on"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(seen), 5)
    finally:
        await hass.rest("DELETE", "/api/config/automation/config/unknown_presence")
