"""What goes wrong in a home: nodes that flap, fifty at once, restarts at the worst moment; else the log is silent."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import web
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.ruview import coordinator as coordinator_module
from custom_components.ruview import entity as entity_module
from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .home import WHOLE_HOME, as_messages, nodes

PRESENCE = "binary_sensor.node_1_presence"
DATA_SOURCE = "sensor.node_1_data_source"

# What Home Assistant says of every custom integration, and asyncio of every busy machine.
UNAVOIDABLE = ("We found a custom integration", "Executing <")


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings and errors of all loggers."""
    return [
        f"{record.name}: {record.getMessage()}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING and not record.getMessage().startswith(UNAVOIDABLE)
    ]


@pytest.fixture(autouse=True)
def all_loggers(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hear every logger."""
    with caplog.at_level(logging.WARNING):
        yield


def entity_ids(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the ids of an entry's entities."""
    return {found.entity_id for found in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)}


@pytest.mark.parametrize("announced", ["server_snapshot", WHOLE_HOME])
@pytest.mark.usefixtures("entity_registry_enabled_by_default", "server")
async def test_nothing_to_say(
    hass: HomeAssistant, config_entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """Setup, reload, unload and removal leave no warning and no error in the log, whoever would write it."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    for _ in range(2):
        assert await hass.config_entries.async_reload(config_entry.entry_id)
        await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done()
    await hass.config_entries.async_remove(config_entry.entry_id)
    await hass.async_block_till_done()
    assert complaints(caplog) == []


async def test_complaints_are_found(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever complains, and at whatever level from warning on."""
    del hass
    logging.getLogger("somebody.else").warning("this %s", "one")
    logging.getLogger("homeassistant").error("that one")
    logging.getLogger("homeassistant").info("not this one")
    assert complaints(caplog)[-2:] == ["somebody.else: this one", "homeassistant: that one"]


async def test_node_that_flaps(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """It is unavailable and back, many times: its entities stay, nothing is logged, and no repair comes and goes."""
    await server.set_state("sensor.node_1_last_seen", utcnow().isoformat())
    before = entity_ids(hass, entry)
    repairs = async_capture_events(hass, ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED)
    changes = async_capture_events(hass, er.EVENT_ENTITY_REGISTRY_UPDATED)
    for _ in range(20):
        for source, state in (("none", "unavailable"), ("live", "on")):
            await server.set_state(DATA_SOURCE, source)
            await server.set_state(PRESENCE, state)
            await until(lambda: hass.states.is_state(PRESENCE, state))  # noqa: B023 - called in this turn
    assert entity_ids(hass, entry) == before
    assert (repairs, changes) == ([], [])
    assert complaints(caplog) == []


async def test_node_that_comes_and_goes(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """The server takes a node back before all of its entities are there, and says so again and again."""
    one, two = nodes([1]), nodes([1, 2])
    coming = [message for message in as_messages(two) if message not in as_messages(one)]
    going = {"type": "device_registry_updated", "action": "remove", "device_id": "node_2", "device": None}
    with patch.object(entity_module, "ADD_AT_ONCE", 1):
        for _ in range(5):
            for message in (*coming, going):
                await server.send_event(message)
        for message in coming:
            await server.send_event(message)
        await until(lambda: hass.states.is_state("binary_sensor.node_2_motion", "off"))
        await hass.async_block_till_done()
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    unique_ids = [item.unique_id for item in found if "_node_2_" in item.unique_id]
    assert len(unique_ids) == len(set(unique_ids)) >= len(two["entities"]) - len(one["entities"])


@pytest.mark.parametrize("at_once", [True, False], ids=["by a snapshot", "one message after the other"])
async def test_fifty_nodes(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, *, at_once: bool
) -> None:
    """All of them are there, each once, and nothing else was held up for it."""
    home = nodes(range(1, 51))
    if at_once:
        await server.send_event(home)
    else:
        for message in as_messages(home):
            await server.send_event(message)
    shown = [f"binary_sensor.node_{number}_motion" for number in range(1, 51)]
    await until(lambda: all(hass.states.is_state(entity_id, "off") for entity_id in shown), timeout_s=120)
    await hass.async_block_till_done()
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    names = [device.name for device in devices if device.name and device.name.startswith("Node ")]
    assert sorted(names) == sorted(f"Node {number}" for number in range(1, 51))
    assert len(entity_ids(hass, entry)) >= len(home["entities"])
    assert complaints(caplog) == []


async def test_others_run_while_a_large_home_goes(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """A thousand entities that go at once would keep the event loop for longer than anybody should."""
    server.snapshot = nodes(range(1, 21))
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    (most,) = Counter(state.domain for state in hass.states.async_all()).most_common(1)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(others())
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    task.cancel()
    assert turns >= most[1] > 50


async def _close(socket: web.WebSocketResponse) -> None:
    """Go away in the middle of the greeting."""
    await socket.close()


def _at_authentication(server: FakeServer) -> None:
    server.on_auth = _close


def _without_snapshot(server: FakeServer) -> None:
    server.snapshot = "{"


def _not_yet_ready(server: FakeServer) -> None:
    server.http_status = 503


@pytest.mark.parametrize("restarts", [_at_authentication, _without_snapshot, _not_yet_ready])
async def test_server_that_restarts_during_setup(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry, restarts: Callable[[FakeServer], None]
) -> None:
    """Home Assistant tries again, and then everything is there."""
    whole = deepcopy(server.snapshot)
    restarts(server)
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    server.on_auth, server.http_status, server.snapshot = None, 0, whole
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(PRESENCE, "off")
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_server_that_restarts_while_entities_are_added(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """The setup ends as it would have, and the entities have what the new server says."""
    add = entity_module._add_by_subentry
    dropped: list[Any] = []

    def drop_then_add(*args: Any) -> None:  # noqa: ANN401 - passed on
        if not dropped:
            server.state(PRESENCE)["state"] = "on"
            dropped.append(hass.async_create_background_task(server.drop(), "drop"))
        add(*args)

    with patch.object(entity_module, "ADD_AT_ONCE", 1), patch.object(entity_module, "_add_by_subentry", drop_then_add):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    assert server.connects == 2
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_home_assistant_restarts_while_the_server_is_down(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """Yesterday's state is not shown, nothing is forgotten, and everything is back with the server."""
    server.state(PRESENCE)["state"] = "on"
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(PRESENCE, "on")
    before = entity_ids(hass, config_entry)
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    await server.stop()

    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert hass.states.is_state(PRESENCE, "unavailable")
    assert entity_ids(hass, config_entry) == before
    assert not [issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN]

    server.state(PRESENCE)["state"] = "off"
    await server.start()
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(PRESENCE, "off")
    assert entity_ids(hass, config_entry) == before
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_unload_in_the_middle_of_a_handshake(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """A reconnection that waits for the server's word is given up at once."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    waiting, released = asyncio.Event(), asyncio.Event()

    async def say_nothing(_socket: web.WebSocketResponse) -> None:
        waiting.set()
        await released.wait()

    server.on_auth = say_nothing
    await server.drop()
    async with asyncio.timeout(5):
        await waiting.wait()
    async with asyncio.timeout(5):
        assert await hass.config_entries.async_unload(config_entry.entry_id)
    connects = server.connects
    released.set()
    await asyncio.sleep(0.1)
    assert server.connects == connects


@pytest.mark.parametrize(
    "name",
    [
        "Küche 🍳",
        "寝室",
        "غرفة المعيشة",
        "\u202eevil\u202c",
        "Node\u0000\n\t1",
        "../../etc/passwd",
        "<b>{{ states }}</b>",
        " ",
        "x" * 1000,
        "長" * 30,
    ],
    ids=["umlaut", "kanji", "rtl", "override", "control", "path", "markup", "blank", "long", "long kanji"],
)
async def test_names(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """A name is shown as it is; every entity gets an id that Home Assistant takes."""
    assert isinstance(server.snapshot, dict)
    for device in server.snapshot["devices"]:
        device["name"] = name
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert {device.name for device in dr.async_entries_for_config_entry(dr.async_get(hass), config_entry.entry_id)} == {
        name
    }
    states = [state for state in hass.states.async_all() if state.domain == "binary_sensor"]
    assert [state.state for state in states] == ["off", "off"]
    await server.drop()
    await until(lambda: server.connects == 2 and config_entry.runtime_data.coordinator.connected)
    assert [line for line in complaints(caplog) if "is unavailable: connection closed" not in line] == []
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_lost_again_and_again(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for each loss, whatever is tried meanwhile, and no listener or task is left behind."""
    coordinator = entry.runtime_data.coordinator
    listeners = len(coordinator._listeners)
    with patch.object(coordinator_module, "STABLE_S", 0):
        for count in range(1, 6):
            server.http_status = 503
            await server.drop()
            await until(lambda: server.connects > 3 * count)  # noqa: B023 - called in this turn
            server.http_status = 0
            await until(lambda: coordinator.connected and server.sockets)
    assert len(complaints(caplog)) == 5
    assert len(coordinator._listeners) == listeners
    assert hass.states.is_state(PRESENCE, "off")
