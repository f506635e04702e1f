"""A server that Home Assistant reaches over its own MQTT integration, with a real server and a real broker."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import AddServer

from devkit.hass import HassError, HomeAssistant
from devkit.mosquitto import Mosquitto
from devkit.waiting import until

pytestmark = pytest.mark.usefixtures("no_entries_left")

SIMULATE = ("simulate", "--nodes", "1", "--speed", "20")
PRESENCE = "node_1_presence"


@pytest.fixture
async def broker(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """Run a real broker that Home Assistant is connected to."""
    running = await Mosquitto.start(tmp_path / "broker")
    entry = await hass.add_broker(running.port)
    yield running
    for known in await hass.rest("GET", "/api/config/config_entries/entry"):
        if known["entry_id"] == entry:
            await hass.rest("DELETE", f"/api/config/config_entries/entry/{entry}")
    await running.stop()


async def _entity(hass: HomeAssistant, entry: str, ending: str) -> str:
    """Return the id of the entity whose unique id has this ending, once there is one."""
    found: list[str] = []

    async def _is_there() -> bool:
        entities = await hass.ruview_entities(entry)
        found[:] = [str(e["entity_id"]) for e in entities if e["unique_id"].endswith(ending)]
        return bool(found)

    await until(_is_there)
    return found[0]


async def _connection(hass: HomeAssistant, entry: str) -> dict[str, Any]:
    """Return what the diagnostics say of the connection."""
    diagnostics = await hass.rest("GET", f"/api/diagnostics/config_entry/{entry}")
    return dict(diagnostics["data"]["connection"])


async def test_one_click_and_everything_follows(hass: HomeAssistant, broker: Mosquitto, serve: AddServer) -> None:
    """The card of a server that introduces itself; states; events that are signed, and those that are not."""
    async with serve(*SIMULATE, "--mqtt-url", broker.url) as server:
        entry = await hass.take_found("mqtt")
        presence = await _entity(hass, entry, PRESENCE)
        await hass.wait_for_state(presence, "on", seconds=60)
        await hass.wait_for_state(presence, "off", seconds=120)
        async with hass.websocket() as websocket:
            event = await asyncio.wait_for(anext(websocket.events("ruview_event")), 60)
            assert event["data"]["type"]
        activity = await _entity(hass, entry, "node_1_activity")
        assert await hass.state(activity) not in {None, "unavailable"}

        # Anybody who may write to the broker can say anything, and is not believed.
        before = (await _connection(hass, entry))["events_refused"]
        forged = {
            "event_type": "fall_detected",
            "device_id": "node_1",
            "entity_id": "event.node_1_fall",
            "server_id": server.server_id,
            "data": {},
        }
        topic = f"ruview/{server.server_id[:8]}_node_1/events/fall_detected"
        await broker.publish(topic, json.dumps(forged))
        await broker.publish(topic, "{")

        async def _are_counted() -> bool:
            connection = await _connection(hass, entry)
            return (connection["events_refused"], connection["frames_ignored"]) == (before + 1, 1)

        await until(_are_counted)
        fall = await _entity(hass, entry, "node_1_fall")
        assert await hass.state(fall) == "unknown"

        # What is there over MQTT is not added by its address as well.
        with pytest.raises(HassError, match="already_set_up"):
            await hass.add_ruview(host="127.0.0.1", port=server.port, token=server.token)
    await hass.wait_for_state(presence, "unavailable", seconds=30)


async def test_a_stricter_class_over_mqtt(hass: HomeAssistant, broker: Mosquitto, serve: AddServer) -> None:
    """Where the server takes commands it changes its class; entities and topics of what that withholds are gone."""
    async with serve(*SIMULATE, "--mqtt-url", broker.url, "--mqtt-commands") as server:
        entry = await hass.add_ruview_over_mqtt()
        await _entity(hass, entry, "node_1_someone_sleeping")
        await hass.rest(
            "POST",
            "/api/services/ruview/set_privacy_class",
            {"config_entry_id": entry, "privacy_class": "restricted"},
        )

        async def _is_withheld() -> bool:
            keys = {entity["translation_key"] for entity in await hass.ruview_entities(entry)}
            kept = await broker.retained()
            told = [payload for topic, payload in kept.items() if topic.endswith("someone_sleeping/state")]
            return not keys & {"someone_sleeping", "breathing_rate", "heart_rate"} and not any(told)

        await until(_is_withheld, 10)
        assert "presence" in {entity["translation_key"] for entity in await hass.ruview_entities(entry)}
        assert json.loads((await broker.retained())[f"ruview/{server.server_id}/info"])["privacy_class"] == 3


async def test_without_the_option_a_command_is_refused(
    hass: HomeAssistant, broker: Mosquitto, serve: AddServer
) -> None:
    """A press says that commands are not taken, and how they would be."""
    async with serve(*SIMULATE, "--mqtt-url", broker.url):
        entry = await hass.add_ruview_over_mqtt()
        calibrate = await _entity(hass, entry, "node_1_calibrate")
        await hass.wait_for_state(await _entity(hass, entry, PRESENCE), "on", "off", seconds=60)
        with pytest.raises(HassError, match="mqtt-commands"):
            await hass.command(type="call_service", domain="button", service="press", target={"entity_id": calibrate})


async def test_the_broker_and_the_mqtt_integration_go_and_come(
    hass: HomeAssistant, broker: Mosquitto, serve: AddServer, tmp_path: Path
) -> None:
    """A broker that restarts has forgotten everything; an integration that is removed takes the states along."""
    async with serve(*SIMULATE, "--mqtt-url", broker.url):
        entry = await hass.add_ruview_over_mqtt()
        presence = await _entity(hass, entry, PRESENCE)
        await hass.wait_for_state(presence, "on", "off", seconds=60)
        await broker.stop()
        await hass.wait_for_state(presence, "unavailable", seconds=60)
        again = await Mosquitto.start(tmp_path / "again", broker.port)
        try:
            await hass.wait_for_state(presence, "on", "off", seconds=90)
            for known in await hass.rest("GET", "/api/config/config_entries/entry"):
                if known["domain"] == "mqtt":
                    await hass.rest("DELETE", f"/api/config/config_entries/entry/{known['entry_id']}")
            await hass.wait_for_state(presence, "unavailable", seconds=30)
            mqtt = await hass.add_broker(again.port)
            await hass.wait_for_state(presence, "on", "off", seconds=90)
            await hass.rest("DELETE", f"/api/config/config_entries/entry/{mqtt}")
        finally:
            await again.stop()
