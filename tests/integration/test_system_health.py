"""What System information tells, and that it names nobody."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components import ruview
from custom_components.ruview.api.errors import NotOverMqttError
from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until

FAILED = {"type": "failed", "error": "unreachable"}


async def info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows when all has been answered."""
    assert await async_setup_component(hass, "system_health", {})
    shown = await get_system_health_info(hass, DOMAIN)
    return {**shown, "servers_answer": await shown["servers_answer"]}


async def test_connected(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    shown = await info(hass)
    assert shown == {
        "servers_connected": "1/1",
        "servers_answer": "ok",
        "server_versions": "0.1.0",
        "privacy_classes": "2",
        "nodes": 1,
        "reconnects": 0,
    }
    texts = json.loads((Path(ruview.__file__).parent / "translations" / "en.json").read_text())
    assert texts["system_health"]["info"].keys() == shown.keys()
    text = json.dumps(shown)
    assert not [secret for secret in (server.token, "127.0.0.1", str(entry.unique_id), "ode 1") if secret in text]


async def test_reconnected(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    await server.drop()
    await until(lambda: entry.runtime_data.coordinator.reconnects)
    assert (await info(hass))["reconnects"] == 1


async def test_open_but_silent(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """It counts as connected until the connection ends, but the question says that something is wrong."""
    del entry
    server.failing.add("get_diagnostics")
    shown = await info(hass)
    assert (shown["servers_connected"], shown["servers_answer"]) == ("1/1", FAILED)


@pytest.mark.usefixtures("server")
async def test_over_mqtt(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A server that cannot be asked on its way is no failure."""
    with patch.object(entry.runtime_data.coordinator.connection, "get_diagnostics", side_effect=NotOverMqttError):
        assert (await info(hass))["servers_answer"] == "ok"


async def test_disconnected(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    await server.stop()
    await until(lambda: not entry.runtime_data.coordinator.connected)
    shown = await info(hass)
    assert (shown["servers_connected"], shown["servers_answer"], shown["nodes"]) == ("0/1", FAILED, 1)


async def test_never_connected(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    """An entry that cannot be set up counts; one that the user has disabled does not."""
    await server.stop()
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    shown = await info(hass)
    assert (shown["servers_connected"], shown["servers_answer"]) == ("0/1", FAILED)
    await hass.config_entries.async_set_disabled_by(config_entry.entry_id, ConfigEntryDisabler.USER)
    shown = await info(hass)
    assert (shown["servers_connected"], shown["servers_answer"]) == ("0/0", "ok")
