"""Rooms that a user describes in Home Assistant, with a real person and schedule, up to the real server and back."""

import asyncio
from typing import Any

import aiohttp
import pytest
from conftest import TRACKER, AddServer

from devkit.diary import keep_diary
from devkit.hass import HomeAssistant
from devkit.server import RuViewServer

pytestmark = pytest.mark.usefixtures("no_entries_left")

# Somebody comes and goes once in 12 minutes, which are 36 seconds; what the household says is believed for 45.
SPEED = 20
STORY = ("simulate", "--story", "bathroom", "--nodes", "2", "--speed", str(SPEED))
CYCLE_S = 12 * 60 / SPEED

PRESENCE = "binary_sensor.bath_presence"


async def _devices(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """Return our devices by name."""
    devices = await hass.command(type="config/device_registry/list")
    return {device["name"]: device for device in devices if any(i[0] == "ruview" for i in device["identifiers"])}


async def _server_states(server: RuViewServer) -> list[str]:
    """Return the ids of what the server has states for."""
    url = f"http://{server.host}:{server.port}/api/v1/states"
    headers = {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return [state["entity_id"] for state in await response.json()]


async def test_a_room_from_its_form_to_its_end(hass: HomeAssistant, serve: AddServer, alice: str, never: str) -> None:
    """Two nodes become one room with a zone, who comes is told by person and schedule, and it goes while occupied."""
    logged = len(hass.ruview_log())
    async with serve(*STORY) as server:
        entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        for node in (1, 2):
            await hass.wait_for_state(f"binary_sensor.node_{node}_presence", "on", "off")
        area = await hass.command(type="config/area_registry/create", name="Bath")

        wrong = await hass.fill_in_room(
            entry_id, name="Bath", nodes=["node_1"], exact={"thresholds": {"no_movement": {"still_s": -1}}}
        )
        assert wrong["errors"] == {"base": "refused"}
        assert "still_s" in wrong["description_placeholders"]["error"]

        async with keep_diary(hass) as diary:
            made = await hass.fill_in_room(
                entry_id,
                name="Bath",
                nodes=["node_1", "node_2"],
                area_id=area["area_id"],
                tags=["bathroom"],
                zones=[{"name": "Shower", "nodes": ["node_2"]}],
                persons=[alice],
                schedule=never,
                hold_time=30,
            )
            assert made["type"] == "create_entry"
            await hass.wait_for_state(PRESENCE, "on", "off")
            await hass.wait_for_state("binary_sensor.bath_shower_occupancy", "on", "off")
            twice = await hass.fill_in_room(entry_id, name="Study", nodes=["node_2"])
            assert twice["errors"] == {"nodes": "node_taken"}

            # Nobody who lives here is home, and nobody is expected: whoever comes is both.
            told = ("unknown_presence", "unexpected_occupancy")
            await diary.until(lambda diary: all(map(diary.happened, told)), CYCLE_S + 20)
            assert diary.happened("unknown_presence")[0]["data"]["person_aware"] is True
            assert diary.happened("unexpected_occupancy")[0]["data"]["schedule_aware"] is True
            assert {event["entity_id"] for event in diary.events if event["type"] in told} == {"event.bath_activity"}

        devices = await _devices(hass)
        (subentry,) = await hass.command(type="config_entries/subentries/list", entry_id=entry_id)
        assert devices["Bath"]["config_entries_subentries"] == {entry_id: [subentry["subentry_id"]]}
        assert {devices[name]["area_id"] for name in ("Bath", "Node 1", "Node 2")} == {area["area_id"]}

        # It is judged otherwise at once: the server keeps what an automation sets, and the form shows it.
        assert await hass.state("select.bath_sensitivity") == "medium"
        number = {"entity_id": "number.bath_hold_time", "value": 20}
        await hass.rest("POST", "/api/services/number/set_value", number)
        await hass.wait_for_state("number.bath_hold_time", "20")

        # Alice comes home: from then on whoever comes may be her.
        await hass.rest("POST", f"/api/states/{TRACKER}", {"state": "home", "attributes": {"source_type": "router"}})
        await hass.wait_for_state(alice, "home")
        async with keep_diary(hass) as diary:
            await diary.until(lambda diary: diary.went(PRESENCE, "off", "on"), CYCLE_S + 10)
            await asyncio.sleep(1)
            assert diary.went(PRESENCE, "off", "on")
            assert not diary.happened("unknown_presence")

        # It is taken away with somebody in it: its nodes are what they were.
        await hass.wait_for_state(PRESENCE, "on", seconds=CYCLE_S)
        assert [found for found in await _server_states(server) if "bath" in found]
        await hass.command(
            type="config_entries/subentries/delete", entry_id=entry_id, subentry_id=subentry["subentry_id"]
        )
        assert not await hass.states("binary_sensor.bath_")
        assert "Bath" not in await _devices(hass)
        async with asyncio.timeout(10):
            while [found for found in await _server_states(server) if "bath" in found]:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await hass.wait_for_state("binary_sensor.node_1_presence", "on", "off")
        assert not [line for line in hass.ruview_log()[logged:] if " WARNING " in line or " ERROR " in line]
        await hass.command(type="config/area_registry/delete", area_id=area["area_id"])
