"""Diagnostics, and what must never be in them."""

import json
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import paths

from custom_components.ruview.coordinator import RuViewConfigEntry
from custom_components.ruview.registries import async_find_device

from .fake_server import FakeServer, until
from .home import NODE_ID, ROOM_ID, WHOLE_HOME, ZONE_ID

SECRETS = ("an-example-token", "127.0.0.1", "4f6c1f0e-9d0e-4b52-8a53-2f6f4c9a7d11", "node_1", "Node 1")
# Of which class 3 withholds everything, by their names.
BIOMETRIC = (
    ".breathing_rate",
    ".heart_rate",
    ".someone_sleeping",
    ".possible_distress",
    ".bfld_identity_risk",
    ".pose",
)


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


async def of_device(hass: HomeAssistant, client: ClientSessionGenerator, entry: RuViewConfigEntry, id_: str) -> Any:  # noqa: ANN401 - JSON
    """Return the diagnostics of a device of the server."""
    device = async_find_device(hass, entry, id_)
    assert device is not None
    return await get_diagnostics_for_device(hass, client, entry, device)  # type: ignore[arg-type]


async def test_node(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry, snapshot: SnapshotAssertion
) -> None:
    """One node's: how it does, and what of it is there."""
    shown = await of_device(hass, hass_client, entry, NODE_ID)
    assert shown == snapshot(exclude=paths("entry.port"))
    text = json.dumps(shown)
    assert not [secret for secret in SECRETS if secret in text]


async def test_device_that_the_server_has_not(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, server: FakeServer, entry: MockConfigEntry
) -> None:
    """A node that is not announced yet, and a server that cannot be asked."""
    server.failing.add("get_diagnostics")
    entry.runtime_data.coordinator.async_forget_device(NODE_ID)
    shown = await of_device(hass, hass_client, entry, NODE_ID)
    assert shown["device"] == {"announced": False, "kind": None, "version": None}
    assert shown["server_diagnostics"] == {"nodes": [], "error": "CommandError"}


@pytest.mark.parametrize("nodes", [None, 3, "two", [7, {"frames": 1}, {"id": "another", "frames": 2}]])
async def test_answer_without_the_node(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, server: FakeServer, entry: MockConfigEntry, nodes: object
) -> None:
    server.results["get_diagnostics"] = {"nodes": nodes}
    shown = await of_device(hass, hass_client, entry, NODE_ID)
    assert shown["server_diagnostics"] == {"nodes": []}


@pytest.mark.parametrize("announced", [WHOLE_HOME])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_nothing_sensed_or_withheld(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, server: FakeServer, entry: MockConfigEntry
) -> None:
    """No state is told; and when the class is made stricter, not even that there was something to tell."""
    devices = (NODE_ID, ROOM_ID, ZONE_ID, server.info["server_id"])

    async def everything() -> str:
        found = [await of_device(hass, hass_client, entry, id_) for id_ in devices]
        return json.dumps([found, await get_diagnostics_for_config_entry(hass, hass_client, entry)])

    before = await everything()
    for secret in (*SECRETS, "Bedroom", "motion<5%", "br=12/min", "keypoints", '"on"', '"off"', "2026-"):
        assert secret not in before, secret
    assert not [key for key in BIOMETRIC if key not in before]

    server.info["privacy_class"] = 3
    assert isinstance(server.snapshot, dict)
    await server.drop()
    await until(lambda: entry.runtime_data.coordinator.server.privacy_class == 3 and server.sockets)
    await until(lambda: entry.runtime_data.coordinator.connected)
    after = await everything()
    assert not [key for key in BIOMETRIC if key in after]
