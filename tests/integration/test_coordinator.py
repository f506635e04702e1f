"""Losing the server and getting it back."""

import asyncio
import logging
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.ruview import coordinator as coordinator_module
from custom_components.ruview import entity as entity_module
from custom_components.ruview.api.client import WebSocketConnection
from custom_components.ruview.api.models import EntityUpdated, Snapshot
from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .golden import golden
from .home import nodes

PRESENCE = "binary_sensor.node_1_presence"
OURS = (PRESENCE, "binary_sensor.node_1_motion", "sensor.node_1_data_source", "event.node_1_activity")


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration logged where users see it."""
    return [
        record.message
        for record in caplog.records
        if record.name.startswith("custom_components.ruview") and record.levelno >= logging.INFO
    ]


@pytest.mark.usefixtures("entry")
async def test_lost_and_back(hass: HomeAssistant, server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    """Everything is unavailable, then as the server says; one log line each, however long it takes."""
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    caplog.clear()
    await server.stop()
    await until(lambda: all(hass.states.is_state(entity_id, "unavailable") for entity_id in OURS))
    await asyncio.sleep(0.2)
    assert log_lines(caplog) == ["Server RuView is unavailable: connection closed with code 1001"]

    server.state(PRESENCE)["state"] = "off"
    await server.start()
    await until(lambda: hass.states.is_state(PRESENCE, "off"))
    assert not any(hass.states.is_state(entity_id, "unavailable") for entity_id in OURS)
    assert log_lines(caplog)[1:] == ["Server RuView is available again"]
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))


async def test_backoff(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """Connections that do not last make the delays longer; one that lasts resets them."""
    delays: list[float] = []

    async def sleep(delay_s: float) -> None:
        delays.append(delay_s)
        await asyncio.sleep(0)

    with (
        patch("custom_components.ruview.backoff.FIRST_S", 1),
        patch("random.uniform", return_value=1),
        patch.object(coordinator_module, "asyncio", SimpleNamespace(sleep=sleep)),
    ):
        assert await hass.config_entries.async_reload(entry.entry_id)
        for connects in (3, 4):
            await until(lambda: server.sockets)
            await server.drop()
            await until(lambda: server.connects == connects and server.sockets)  # noqa: B023 - called in this turn
        assert delays == [1, 2]
        with patch.object(coordinator_module, "STABLE_S", 0):
            await server.drop()
            await until(lambda: server.connects == 5 and server.sockets)
        assert delays[2] == 1


async def test_rate_limit_is_respected(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    delays: list[float] = []

    async def sleep(delay_s: float) -> None:
        delays.append(delay_s)
        server.http_status = 429 if len(delays) < 3 else 0
        await asyncio.sleep(0)

    server.http_headers = {"Retry-After": "45"}
    with patch.object(coordinator_module, "asyncio", SimpleNamespace(sleep=sleep)):
        await server.drop()
        await until(lambda: server.sockets and entry.runtime_data.coordinator.connected)
    assert delays[1:] == [45, 45]
    assert hass.states.is_state(PRESENCE, "off")


async def test_token_is_rejected_at_run_time(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    server.token = "new"
    await server.drop(4401)
    await until(hass.config_entries.flow.async_progress)
    flow = hass.config_entries.flow.async_progress()[0]
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["context"]["entry_id"] == entry.entry_id
    assert hass.states.is_state(PRESENCE, "unavailable")
    connects = server.connects
    await asyncio.sleep(0.1)
    assert server.connects == connects, "a token that was rejected must not be tried again"

    await hass.config_entries.flow.async_configure(flow["flow_id"], {CONF_TOKEN: "new"})
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.is_state(PRESENCE, "off")


@pytest.mark.parametrize(
    ("change", "reason"),
    [("identity", "wrong_server"), ("api", "unsupported_api")],
)
async def test_server_became_another(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    change: str,
    reason: str,
) -> None:
    """The entry stops with a reason that a user can read, and nothing of the other server is shown."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    if change == "identity":
        server.info["server_id"] = "another"
    else:
        server.greeting = golden("server_auth_required") | {"api": 2}
    await server.drop()
    await until(lambda: config_entry.state is ConfigEntryState.SETUP_ERROR)
    assert config_entry.error_reason_translation_key == reason
    assert hass.states.is_state(PRESENCE, "unavailable")
    assert server.commands == ["subscribe"]


@pytest.mark.usefixtures("entry")
async def test_resync(hass: HomeAssistant, server: FakeServer) -> None:
    server.state(PRESENCE)["state"] = "on"
    await server.send(golden("server_resync"))
    await server.send_snapshot()
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert server.connects == 1


@pytest.mark.usefixtures("entry")
async def test_frame_over_the_limit(hass: HomeAssistant, server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    with patch("custom_components.ruview.api.client.MAX_FRAME_BYTES", 50_000):
        await server.drop()
        await until(lambda: "available again" in caplog.text)
        caplog.clear()
        await server.send("x" * 60_000)
        await until(lambda: "available again" in caplog.text)
    assert hass.states.is_state(PRESENCE, "off")
    assert log_lines(caplog) == [
        "Server RuView is unavailable: connection closed with code 1009",
        "Server RuView is available again",
    ]


@pytest.mark.usefixtures("entry")
async def test_wrong_frames(hass: HomeAssistant, server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    for frame in ("{", b"\x00", '{"type": "weather"}', '{"id": 1, "type": "event", "event": {"type": "weather"}}'):
        await server.send(frame)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert len(log_lines(caplog)) == 1
    assert server.connects == 1


async def test_error_of_our_own(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A mistake in a handler must not leave states that nobody updates."""

    async def listen(*_args: object) -> None:
        message = "surprise"
        raise RuntimeError(message)

    caplog.clear()
    with patch.object(WebSocketConnection, "listen", listen):
        await server.drop()
        await until(lambda: "Unexpected error" in caplog.text)
        await until(lambda: hass.states.is_state(PRESENCE, "unavailable"))
    await until(lambda: entry.runtime_data.coordinator.connected and server.sockets)
    await until(lambda: hass.states.is_state(PRESENCE, "off"))


async def test_error_of_our_own_while_connecting(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with patch.object(WebSocketConnection, "connect", side_effect=RuntimeError("surprise")):
        await server.drop()
        await until(lambda: "Unexpected error while connecting" in caplog.text)
    await until(lambda: entry.runtime_data.coordinator.connected)
    await until(lambda: hass.states.is_state(PRESENCE, "off"))


async def test_update_entity_action(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """There is nothing to fetch: what was pushed stays, and what is unavailable stays so."""
    assert await async_setup_component(hass, "homeassistant", {})
    coordinator = entry.runtime_data.coordinator

    async def forever(_delay_s: float) -> None:
        await asyncio.Event().wait()

    await hass.services.async_call("homeassistant", "update_entity", {"entity_id": PRESENCE}, blocking=True)
    assert hass.states.is_state(PRESENCE, "off")

    with patch.object(coordinator_module, "asyncio", SimpleNamespace(sleep=forever)):
        await server.stop()
        await until(lambda: not coordinator.connected)
        await coordinator.async_refresh()
        assert not coordinator.last_update_success
        assert hass.states.is_state(PRESENCE, "unavailable")
        assert coordinator.last_exception.translation_domain == DOMAIN
        assert coordinator.last_exception.translation_key == "cannot_connect"


@pytest.mark.usefixtures("entry")
async def test_only_what_changed_is_written(hass: HomeAssistant, server: FakeServer) -> None:
    """A house has hundreds of entities; one change must not write them all."""
    reported: list[Event[EventStateChangedData]] = async_capture_events(hass, "state_changed")
    before = {entity_id: state.last_reported for entity_id in OURS if (state := hass.states.get(entity_id))}
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert [event.data["entity_id"] for event in reported] == [PRESENCE]
    after = {entity_id: state.last_reported for entity_id in OURS if (state := hass.states.get(entity_id))}
    assert {entity_id for entity_id in OURS if after[entity_id] != before[entity_id]} == {PRESENCE}


async def test_mistake_in_one_entity(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes neither the connection nor the other entities away."""

    def fail() -> None:
        message = "surprise"
        raise RuntimeError(message)

    remove = entry.runtime_data.coordinator.async_add_listener(fail, PRESENCE)
    await server.set_state(PRESENCE, "on")
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert "surprise" in caplog.text
    remove()
    caplog.clear()
    await server.set_state(PRESENCE, "off")
    await until(lambda: hass.states.is_state(PRESENCE, "off"))
    assert "surprise" not in caplog.text
    assert server.connects == 1


async def test_entity_that_goes_before_it_was_added(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Entities are added a few at a time; one that the server takes back meanwhile never comes."""
    del server
    coordinator = entry.runtime_data.coordinator
    with patch.object(entity_module, "ADD_AT_ONCE", 1):
        coordinator._async_dispatch(Snapshot.parse(nodes([1, 2])))
        assert "binary_sensor.node_2_bfld_motion" in coordinator.data.entities
        coordinator._async_dispatch(EntityUpdated(entity_id="binary_sensor.node_2_bfld_motion", entity=None))
        await hass.async_block_till_done()
    assert hass.states.get("binary_sensor.node_2_presence_beamforming") is not None
    assert entity_registry.async_get("binary_sensor.node_2_motion_beamforming") is None
