"""Fixtures: a fake server, a config entry for it, and everything set up."""

from collections.abc import AsyncGenerator, Generator
from unittest.mock import patch

import pytest
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN, CONF_VERIFY_SSL, Platform
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

import custom_components.ruview  # noqa: F401 - Home Assistant's loader must find this one
from custom_components.ruview.const import CONF_POSES, DOMAIN

from .fake_server import FakeServer


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots that know Home Assistant's types."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load this repository's integration."""


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow timers to outlive a test: aiohttp's heartbeat starts its timer again on the answer to a close frame."""
    return True


@pytest.fixture(autouse=True)
def fast_backoff() -> Generator[None]:
    """Do not wait a second for each reconnection."""
    with patch("custom_components.ruview.backoff.FIRST_S", 0.01):
        yield


@pytest.fixture
def entity_registry_enabled_by_default() -> Generator[None]:
    """Enable the entities that are disabled by default."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", new=True):
        yield


@pytest.fixture
def announced() -> str:
    """Return which golden snapshot, or the whole home, the server begins with; tests override it."""
    return "server_snapshot"


@pytest.fixture
async def server(socket_enabled: None, announced: str) -> AsyncGenerator[FakeServer]:  # noqa: ARG001 - opens the door for it
    """Run a fake server."""
    server = await FakeServer(announced).start()
    yield server
    await server.stop()


@pytest.fixture
def config_entry(hass: HomeAssistant, server: FakeServer) -> MockConfigEntry:
    """Return an entry for the fake server, not set up yet."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        entry_id="01KAHVN0000000000000000000",
        title="RuView",
        unique_id=server.info["server_id"],
        data={
            CONF_HOST: "127.0.0.1",
            CONF_PORT: server.port,
            CONF_TOKEN: server.token,
            CONF_SSL: False,
            CONF_VERIFY_SSL: True,
        },
        options={CONF_POSES: True},
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def platforms() -> list[Platform]:
    """Return the platforms to set up; tests override it."""
    return [Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SELECT, Platform.SENSOR]


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    platforms: list[Platform],
) -> AsyncGenerator[MockConfigEntry]:
    """Return an entry that is set up; it is unloaded afterwards, which must always work."""
    with patch("custom_components.ruview.PLATFORMS", platforms):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
        yield config_entry
        assert await hass.config_entries.async_unload(config_entry.entry_id)
        await hass.async_block_till_done()
