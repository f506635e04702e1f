"""Repair issues: when they are there, when they go, and that the user's word on them counts."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .golden import golden
from .home import WHOLE_HOME
from .test_trigger import settle

DATA_SOURCE = "sensor.node_1_data_source"
CALIBRATION = "sensor.node_1_calibration"
LAST_SEEN = "sensor.node_1_last_seen"
PRESENCE = "binary_sensor.node_1_presence"


def issues(hass: HomeAssistant) -> dict[str, dict[str, str] | None]:
    """Return the issues that stand, by key, with what they name."""
    return {
        str(issue.translation_key): issue.translation_placeholders
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


class Clock:
    """The time that the issues go by. Freezing all of it would stop the connection too."""

    def __init__(self) -> None:
        """Begin now."""
        self.now = utcnow()
        self.asked = 0

    def __call__(self) -> datetime:
        """Tell the time."""
        self.asked += 1
        return self.now

    async def later(self, **time: float) -> None:
        """Let time pass, and wait until something has been seen to be so for longer."""
        self.now += timedelta(**time)
        self.asked = 0
        await until(lambda: self.asked > 1)


@pytest.fixture
def clock() -> Generator[Clock]:
    """Return a clock to turn; who looks at it from time to time does so all the time."""
    clock = Clock()
    with (
        patch("custom_components.ruview.issues.utcnow", clock),
        patch("custom_components.ruview.issues.LOOK_EVERY", timedelta(milliseconds=5)),
    ):
        yield clock


async def test_simulated_data(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    issue_id = f"simulated_data_{config_entry.entry_id}"
    server.state(DATA_SOURCE)["state"] = "simulated"
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    assert issue.translation_key == "simulated_data"
    assert issue.translation_placeholders == {"server": "RuView", "nodes": "Node 1"}

    # It stands while the server is away: nothing has become real.
    await server.stop()
    await until(lambda: hass.states.is_state(DATA_SOURCE, "unavailable"))
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    await server.start()
    await until(lambda: hass.states.is_state(DATA_SOURCE, "simulated"))

    await server.set_state(DATA_SOURCE, "live")
    await until(lambda: issue_registry.async_get_issue(DOMAIN, issue_id) is None)
    await server.set_state(DATA_SOURCE, "simulated")
    await until(lambda: issue_registry.async_get_issue(DOMAIN, issue_id) is not None)

    assert await hass.config_entries.async_unload(config_entry.entry_id)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    await hass.config_entries.async_remove(config_entry.entry_id)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_no_issue(entry: MockConfigEntry, issue_registry: ir.IssueRegistry) -> None:
    assert issue_registry.async_get_issue(DOMAIN, f"simulated_data_{entry.entry_id}") is None


@pytest.mark.parametrize(("api", "key"), [(0, "server_too_old"), (2, "server_too_new")])
async def test_versions(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry, api: int, key: str
) -> None:
    """Whichever is too old: it says so until they understand each other."""
    server.greeting = golden("server_auth_required") | {"api": api}
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.SETUP_ERROR
    assert issues(hass) == {key: {"server": "RuView"}}
    server.greeting = golden("server_auth_required")
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    assert issues(hass) == {}
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_version_of_an_entry_that_goes(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    server.greeting = golden("server_auth_required") | {"api": 2}
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    assert issues(hass)
    ir.async_create_issue(
        hass,
        DOMAIN,
        "simulated_data_of_another_entry",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="simulated_data",
    )
    await hass.config_entries.async_remove(config_entry.entry_id)
    assert issues(hass).keys() == {"simulated_data"}


async def test_silent_node(hass: HomeAssistant, server: FakeServer, clock: Clock, entry: MockConfigEntry) -> None:
    """A day without a report, not a minute less; the user's dismissal outlives reload and restart."""
    await server.set_state(LAST_SEEN, clock.now.isoformat())
    await server.set_state(DATA_SOURCE, "none")
    await settle(hass, server)
    await clock.later(hours=23, minutes=45)
    assert issues(hass) == {}
    await clock.later(minutes=31)
    assert issues(hass) == {"node_silent": {"server": "RuView", "node": "Node 1"}}

    issue_id = f"node_silent_{entry.entry_id}_node_1"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await server.drop()
    await until(lambda: server.connects == 3 and server.sockets)
    await settle(hass, server)
    assert (issue := ir.async_get(hass).async_get_issue(DOMAIN, issue_id))
    assert issue.dismissed_version is not None

    await server.set_state(DATA_SOURCE, "live")
    await settle(hass, server)
    assert issues(hass) == {}


@pytest.mark.parametrize("last_seen", ["yesterday", "2026-11-21T10:00:00"])
async def test_silent_node_of_which_nothing_is_known(
    hass: HomeAssistant, server: FakeServer, clock: Clock, entry: MockConfigEntry, last_seen: str
) -> None:
    """A server that was started since does not say when it heard a node: the day begins when this is seen."""
    del entry
    await server.set_state(LAST_SEEN, last_seen)
    await server.send_event({"type": "state_changed", "entity_id": DATA_SOURCE, "state": None})
    await settle(hass, server)
    await clock.later(hours=23)
    assert issues(hass) == {}
    await clock.later(hours=2)
    assert issues(hass).keys() == {"node_silent"}
    removal = {"type": "device_registry_updated", "action": "remove", "device_id": "node_1", "device": None}
    await server.send_event(removal)
    await until(lambda: issues(hass) == {})


async def test_two_nodes_with_one_id(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """The server makes sure of it before it says so; without a word of it nothing changes."""
    for wanted in ({"duplicate_id": {"server": "RuView", "node": "Node 1"}}, {}) * 2:
        await server.set_state(DATA_SOURCE, "replay", duplicate_id=bool(wanted))
        await settle(hass, server)
        assert issues(hass) == wanted
    await server.set_state(DATA_SOURCE, "replay", duplicate_id=True)
    await server.send_event({"type": "state_changed", "entity_id": DATA_SOURCE, "state": None})
    await settle(hass, server)
    assert "duplicate_id" in issues(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issues(hass) == {}
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)


@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_room_that_is_never_learnt(
    hass: HomeAssistant, server: FakeServer, clock: Clock, entry: MockConfigEntry
) -> None:
    """Learning for a day is too long; a calibration that begins is not yet one that has ended."""
    del entry

    async def becomes(state: str) -> dict[str, Any]:
        await server.set_state(CALIBRATION, state)
        await settle(hass, server)
        return issues(hass)

    assert await becomes("learning") == {}
    await clock.later(hours=25)
    assert issues(hass) == {"not_calibrated": {"server": "RuView", "node": "Node 1"}}
    for state in ("calibrating", "unavailable", "a_newer_one"):
        assert (await becomes(state)).keys() == {"not_calibrated"}
    assert await becomes("self_calibrated") == {}
    assert await becomes("learning") == {}
    await clock.later(hours=23)
    assert issues(hass) == {}
