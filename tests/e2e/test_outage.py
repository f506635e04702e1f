"""The server dies and comes back while Home Assistant runs."""

import time

import pytest
from conftest import AddServer

from devkit.hass import HomeAssistant

pytestmark = pytest.mark.usefixtures("no_entries_left")


async def test_killed_server(hass: HomeAssistant, serve: AddServer) -> None:
    """After kill -9 all is unavailable within 30 s, with one log line; a new server restores it without a reload."""
    async with serve("simulate", "--speed", "4") as server:
        entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await hass.wait_for_state("binary_sensor.node_1_presence", "on", "off", seconds=30)
        ours = [
            entry["entity_id"]
            for entry in await hass.command(type="config/entity_registry/list")
            if entry["config_entry_id"] == entry_id and entry["disabled_by"] is None
        ]
        assert ours
        lines_before = len(hass.ruview_log())
        port = server.port

        server.process.kill()
        killed = time.monotonic()
        for entity_id in ours:
            await hass.wait_for_state(entity_id, "unavailable", seconds=30)
        print(f"all unavailable {time.monotonic() - killed:.2f} s after the kill")  # noqa: T201
    gone = hass.ruview_log()[lines_before:]
    assert len(gone) == 1, gone

    async with serve("simulate", "--speed", "4", port=port):
        started = time.monotonic()
        await hass.wait_for_state("binary_sensor.node_1_presence", "on", "off", "unknown", seconds=40)
        print(f"back {time.monotonic() - started:.2f} s after the start")  # noqa: T201
        await hass.wait_for_state("binary_sensor.node_1_presence", "on", "off", seconds=30)
        assert await hass.state("sensor.node_1_data_source") == "simulated"
    back = hass.ruview_log()[lines_before + 1 :]
    assert len([line for line in back if "WARNING" in line or "ERROR" in line]) <= 1, back
