"""Two servers on one broker, and Home Assistant's own MQTT integration."""

import contextlib
from pathlib import Path

import pytest
from conftest import AddServer

from devkit.hass import HomeAssistant
from devkit.mosquitto import Mosquitto


@pytest.mark.usefixtures("no_entries_left")
async def test_federation(hass: HomeAssistant, serve: AddServer, tmp_path: Path) -> None:
    """All nodes of both servers are there once, follow their servers, and go with the privacy class."""
    broker = await Mosquitto.start(tmp_path / "broker")
    entry = await hass.add_broker(broker.port)
    arguments = ["simulate", "--nodes", "2", "--speed", "4", "--mqtt-discovery", "--mqtt-url", broker.url]
    try:
        async with contextlib.AsyncExitStack() as servers:
            for name in ("a", "b"):
                await servers.enter_async_context(serve(*arguments, data=name))
            presences = await hass.wait_for_mqtt_entities("_node_1_presence", 2)
            presences += await hass.wait_for_mqtt_entities("_node_2_presence", 2)
            for presence in presences:
                await hass.wait_for_state(presence, "on", "off", seconds=60)
            await hass.wait_for_mqtt_entities("_breathing_rate", 4)
        # Both have said good-bye.
        for presence in presences:
            await hass.wait_for_state(presence, "unavailable", seconds=30)

        async with serve(*arguments, "--privacy-class", "restricted", data="a"):
            await hass.wait_for_mqtt_entities("_breathing_rate", 2)
    finally:
        await hass.rest("DELETE", f"/api/config/config_entries/entry/{entry}")
        await broker.stop()
