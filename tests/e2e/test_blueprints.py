"""Blueprints with real parts: from packets to a lamp that goes on and off, and a fan that runs on."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import AddServer

from devkit.diary import keep_diary
from devkit.hass import HomeAssistant
from devkit.recordings import join_as_jsonl, missing

EMPTY = "presence_esp32_pulse/vacio_01.npz"
WALKING = "presence_esp32_pulse/mov_01.npz"

pytestmark = pytest.mark.usefixtures("no_entries_left")


@contextlib.asynccontextmanager
async def _helper(hass: HomeAssistant, domain: str, **actions: list[Any]) -> AsyncIterator[str]:
    """Make a lamp or a switch that is nothing but its state, as a user makes a template helper."""
    url = "/api/config/config_entries/flow"
    flow = await hass.rest("POST", url, {"handler": "template"})
    await hass.rest("POST", f"{url}/{flow['flow_id']}", {"next_step_id": domain})
    made = await hass.rest("POST", f"{url}/{flow['flow_id']}", {"name": "Blueprint", **actions})
    assert made["type"] == "create_entry", made
    entity_id = f"{domain}.blueprint"
    await hass.wait_for_state(entity_id, "unknown", "off")
    try:
        yield entity_id
    finally:
        await hass.rest("DELETE", f"/api/config/config_entries/entry/{made['result']['entry_id']}")


@contextlib.asynccontextmanager
async def _automation(hass: HomeAssistant, entry_id: str, name: str, **inputs: object) -> AsyncIterator[None]:
    """Install the blueprints, as a user does, and make an automation of one."""
    await hass.install_blueprints(entry_id)
    blueprint = {"path": f"ruview/{name}.yaml", "input": inputs}
    await hass.rest("POST", f"/api/config/automation/config/{name}", {"alias": "Blueprint", "use_blueprint": blueprint})
    await hass.wait_for_state("automation.blueprint", "on")
    try:
        yield
    finally:
        await hass.rest("DELETE", f"/api/config/automation/config/{name}")


@pytest.mark.skipif(missing(EMPTY, WALKING) is not None, reason=str(missing(EMPTY, WALKING)))
async def test_presence_lighting(hass: HomeAssistant, serve: AddServer, tmp_path: Path) -> None:
    """Somebody walks into a real room and leaves it: the lamp follows, and not a moment before."""
    recording = tmp_path / "walk.jsonl.gz"
    join_as_jsonl((EMPTY,) * 3 + (WALKING,), recording)
    presence = "binary_sensor.node_1_presence"
    async with (
        serve("replay", recording, "--speed", "10", "--loop") as server,
        _helper(hass, "light", turn_on=[], turn_off=[]) as lamp,
    ):
        entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await hass.wait_for_state(presence, "off", seconds=60)
        inputs = {"presence": presence, "light": {"entity_id": lamp}, "hold_time": {"seconds": 1}}
        async with _automation(hass, entry_id, "presence_lighting", **inputs), keep_diary(hass) as diary:
            await diary.until(lambda diary: diary.went(lamp, "on", "off"), 90)
            await asyncio.sleep(0.5)
        assert diary.went(lamp, "on", "off")
        assert diary.went(presence, "on", "off")


async def test_bathroom_fan(hass: HomeAssistant, serve: AddServer, tmp_path: Path) -> None:
    """Somebody is in a simulated bathroom for minutes: the fan starts, and stops some time after he left."""
    rooms = tmp_path / "rooms.json"
    room = {"id": "room", "name": "Room", "tags": ["bathroom"], "nodes": ["node_1"]}
    rooms.write_text(json.dumps({"rooms": [room]}))
    arguments = ("simulate", "--story", "bathroom", "--speed", "40", "--rooms", rooms)
    async with serve(*arguments) as server, _helper(hass, "switch", turn_on=[], turn_off=[]) as fan:
        entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await hass.wait_for_state("binary_sensor.node_1_presence", "on", "off", seconds=60)
        entry_id = await hass.enable_ruview(
            entry_id, {"bathroom_occupied"}, host=server.host, port=server.port, token=server.token
        )
        (occupied,) = [
            entity["entity_id"]
            for entity in await hass.ruview_entities(entry_id)
            if entity["translation_key"] == "bathroom_occupied"
        ]
        seconds = {"start_after": {"seconds": 1}, "run_on": {"seconds": 2}}
        inputs = {"occupied": occupied, "fan": {"entity_id": fan}, **seconds}
        async with _automation(hass, entry_id, "bathroom_fan", **inputs), keep_diary(hass) as diary:
            await diary.until(lambda diary: diary.went(fan, "on", "off"), 90)
        assert diary.went(fan, "on", "off")
        assert diary.went(occupied, "on", "off")
