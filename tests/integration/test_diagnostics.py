"""Diagnostics, and what must never be in them."""

import json
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import paths

from .fake_server import FakeServer, until

SECRETS = ("an-example-token", "127.0.0.1", "4f6c1f0e-9d0e-4b52-8a53-2f6f4c9a7d11", "node_1", "Node 1")


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics == snapshot(exclude=paths("entry.port"))
    text = json.dumps(diagnostics)
    assert not [secret for secret in SECRETS if secret in text]


async def test_without_connection(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    server: FakeServer,
    entry: MockConfigEntry,
) -> None:
    await server.stop()
    await until(lambda: not entry.runtime_data.coordinator.connected)
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["connection"]["connected"] is False
    assert diagnostics["connection"]["last_error"] == "ConnectionLostError"
    assert diagnostics["server_diagnostics"] == {"error": "ConnectionLostError"}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({}, {}),
        ({"token": "t", "salt": "s", "host": "h"}, {}),
        ({"version": "192.168.1.7", "source": "aa:bb:cc:dd:ee:ff"}, {"version": None, "source": None}),
        ({"version": "1.2.3-beta.4", "source": "live"}, {"version": "1.2.3-beta.4", "source": "live"}),
        ({"uptime_s": "long", "nodes": "two", "counters": 3}, {"uptime_s": None, "nodes": None, "counters": None}),
        (
            {"nodes": [{"id": "aabbccddeeff", "frames": 3, "calibration": "aa:bb", "silent": True}, 7]},
            {"nodes": [{"frames": 3, "calibration": None, "silent": True}, None]},
        ),
        (
            {"counters": {"packets_rejected": {"bad_crc": 1, "192.168.1.7": 2, "not_finite": "x"}}},
            {"counters": {"packets_rejected": {"bad_crc": 1, "not_finite": None}}},
        ),
        ({"counters": {"ws_clients": 4, "heart_rate": 61, "last_client": 7}}, {"counters": {"ws_clients": 4}}),
    ],
)
async def test_only_what_is_allowed(  # noqa: PLR0913, PLR0917
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    server: FakeServer,
    entry: MockConfigEntry,
    sent: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    server.results["get_diagnostics"] = sent
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["server_diagnostics"] == shown
