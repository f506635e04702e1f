"""One makes the class stricter in the browser: what it withholds is gone everywhere, and comes back when it may."""

import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from conftest import AddServer
from playwright.async_api import Page

from devkit.browser import logged_in_page
from devkit.hass import HomeAssistant
from devkit.mosquitto import Mosquitto
from devkit.server import RuViewServer
from devkit.waiting import until

LOGGER = logging.getLogger(__name__)

pytestmark = pytest.mark.usefixtures("no_entries_left")

# What the restricted class withholds of what such a server has.
WITHHELD = {
    "breathing_rate",
    "heart_rate",
    "multi_room_transition",
    "possible_distress",
    "someone_sleeping",
}
ROOMS = [
    {"id": "hall", "name": "Hall", "nodes": ["node_1"], "adjacent": ["bedroom"]},
    {"id": "bedroom", "name": "Bedroom", "nodes": ["node_2"], "adjacent": ["hall"]},
]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """Run a real broker."""
    running = await Mosquitto.start(tmp_path / "broker")
    yield running
    await running.stop()


async def _choose(page: Page, hass: HomeAssistant, server: RuViewServer, name: str) -> float:
    """Choose a privacy class on the page of the server's device, and return when."""
    devices = await hass.command(type="config/device_registry/list")
    device = next(device["id"] for device in devices if ["ruview", server.server_id] in device["identifiers"])
    await page.goto(f"{hass.url}/config/devices/device/{device}")
    row = page.locator("hui-select-entity-row").filter(has_text="Privacy class")
    await row.locator("ha-select").click()
    option = row.get_by_role("menuitem", name=name).or_(row.get_by_role("option", name=name)).first
    await option.wait_for()
    chosen = time.time()
    await option.click()
    return chosen


async def _keys(hass: HomeAssistant, entry: str) -> set[str]:
    return {entity["translation_key"] for entity in await hass.ruview_entities(entry)}


async def _breathing(hass: HomeAssistant, entry: str) -> str:
    """Return the id of the first node's breathing rate, once there is one."""
    wanted = [e for e in await hass.ruview_entities(entry) if e["unique_id"].endswith("node_1_breathing_rate")]
    entity_id = str(wanted[0]["entity_id"])

    async def _shows_a_rate() -> bool:
        return (await hass.state(entity_id) or "").replace(".", "").isdigit()

    await until(_shows_a_rate, 90)
    return entity_id


def _recorded(hass: HomeAssistant) -> set[str]:
    """Return the entities of which the recorder has rows."""
    with sqlite3.connect(f"file:{hass.config_dir}/home-assistant_v2.db?mode=ro", uri=True) as database:
        states = "SELECT DISTINCT states_meta.entity_id FROM states JOIN states_meta USING (metadata_id)"
        statistics = "SELECT statistic_id FROM statistics_meta"
        return {row[0] for query in (states, statistics) for row in database.execute(query)}


def _of_withheld(texts: Iterable[str]) -> set[str]:
    return {text for text in texts if any(key in text for key in WITHHELD)}


def _said(payload: str) -> str:
    """Return a payload without the components that a discovery takes back, which Home Assistant asks to name."""
    if not payload.startswith("{"):
        return payload
    config = json.loads(payload)
    components = config.get("components", {})
    return json.dumps(config | {"components": {k: v for k, v in components.items() if v.keys() != {"platform"}}})


async def test_stricter_and_back(hass: HomeAssistant, serve: AddServer, broker: Mosquitto) -> None:
    """How long it takes is told (`--log-cli-level INFO`), not judged: a busy machine would decide."""
    arguments = ("--story", "sleeping", "--speed", "20", "--tracking", "--experimental-heart-rate")
    mqtt = ("--mqtt-discovery", "--mqtt-url", broker.url)
    async with serve("simulate", *arguments, *mqtt) as server, logged_in_page(hass) as page:
        await server.call_service("set_rooms", rooms=ROOMS)
        entry = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        entry = await hass.enable_ruview(entry, WITHHELD, host=server.host, port=server.port, token=server.token)
        assert await _keys(hass, entry) >= WITHHELD
        breathing = await _breathing(hass, entry)

        async def _is_recorded() -> bool:
            return breathing in _recorded(hass)

        async def _is_nowhere() -> bool:
            return not _of_withheld([*await _keys(hass, entry), *await hass.states()])

        async def _is_retained() -> bool:
            return bool(_of_withheld(await broker.retained()))

        async def _is_not_retained() -> bool:
            return not await _is_retained()

        async def _is_not_recorded() -> bool:
            return not _of_withheld(_recorded(hass))

        async def _is_back() -> bool:
            return await _keys(hass, entry) >= WITHHELD

        await until(_is_recorded, 30)
        await until(_is_retained, 30)

        async with broker.watched() as published:
            chosen = await _choose(page, hass, server, "Restricted")
            gone = await until(_is_nowhere, 20)
            await until(_is_not_retained, 20)
        cleared = max(when for when, message in published if not message.payload and _of_withheld([message.topic]))
        LOGGER.info("registry and states %.2f s, MQTT %.2f s after the click", gone - chosen, cleared - chosen)

        diagnostics = await hass.rest("GET", f"/api/diagnostics/config_entry/{entry}")
        assert not _of_withheld([json.dumps(diagnostics["data"])])
        await until(_is_not_recorded, 30)
        assert not _of_withheld(map(_said, (await broker.retained()).values()))
        issues = (await hass.command(type="repairs/list_issues"))["issues"]
        assert "class_changed" in {issue["translation_key"] for issue in issues if issue["domain"] == "ruview"}

        await _choose(page, hass, server, "Anonymous")
        await until(_is_back, 20)
        await until(_is_retained, 30)
