"""The app that runs the server: told of when it is stopped, and started by a click."""

from collections.abc import Generator
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import AsyncMock, patch

import pytest
from aiohasupervisor import SupervisorError
from aiohasupervisor.models import AddonState
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.const import CONF_APP, DOMAIN
from custom_components.ruview.repairs import StartAppFlow

from .fake_server import FakeServer, until

SLUG = "local_ruview_capture"


@pytest.fixture
def addons(hass: HomeAssistant) -> Generator[AsyncMock]:
    """Run under a Supervisor that knows one app, which runs."""
    hass.config.components.add("hassio")
    client = AsyncMock()
    client.addons.addon_info.return_value = SimpleNamespace(name="RuView", state=AddonState.STARTED)
    with (
        patch("homeassistant.components.hassio.get_supervisor_client", return_value=client),
        patch("custom_components.ruview.app.LOOK_EVERY", timedelta(milliseconds=5)),
    ):
        yield client.addons


@pytest.fixture
def of_an_app(hass: HomeAssistant, config_entry: MockConfigEntry) -> MockConfigEntry:
    """Return the entry as the Supervisor's discovery makes it."""
    hass.config_entries.async_update_entry(config_entry, data={**config_entry.data, CONF_APP: SLUG})
    return config_entry


@pytest.fixture
def app_entry(of_an_app: MockConfigEntry, entry: MockConfigEntry) -> MockConfigEntry:
    """Return the same, set up."""
    assert of_an_app is entry
    return entry


def stop(addons: AsyncMock, state: AddonState = AddonState.STOPPED) -> None:
    """Let the Supervisor say that the app does not run."""
    addons.addon_info.return_value = SimpleNamespace(name="RuView", state=state)


async def looked(addons: AsyncMock, times: int = 5) -> None:
    """Wait until the Supervisor was asked some more."""
    before = addons.addon_info.await_count
    await until(lambda: addons.addon_info.await_count >= before + times)


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue, if it stands."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"app_not_running_{entry.entry_id}")


async def test_stopped_while_it_is_used(
    hass: HomeAssistant, server: FakeServer, addons: AsyncMock, app_entry: MockConfigEntry
) -> None:
    """It is told of after it was seen twice, not before, and no more when the server is back."""
    stop(addons)
    assert addons.addon_info.await_count == 0  # nobody asks while the server is there
    with patch("custom_components.ruview.app.LOOKS", 1_000_000):
        await server.stop()
        await looked(addons)
        assert issue(hass, app_entry) is None
    await until(lambda: issue(hass, app_entry) is not None)
    found = issue(hass, app_entry)
    assert found is not None
    assert found.translation_placeholders == {"app": "RuView", "server": "RuView"}
    assert found.is_fixable
    addons.addon_info.assert_awaited_with(SLUG)
    await server.start()
    await until(lambda: issue(hass, app_entry) is None)


@pytest.mark.parametrize("state", [AddonState.STARTED, AddonState.STARTUP, AddonState.UNKNOWN])
async def test_it_runs(
    hass: HomeAssistant,
    server: FakeServer,
    addons: AsyncMock,
    app_entry: MockConfigEntry,
    state: AddonState,
) -> None:
    """A server that is gone although its app runs has another reason."""
    stop(addons, state)
    await server.stop()
    await looked(addons)
    assert issue(hass, app_entry) is None


async def test_supervisor_says_nothing(
    hass: HomeAssistant, server: FakeServer, addons: AsyncMock, app_entry: MockConfigEntry
) -> None:
    addons.addon_info.side_effect = SupervisorError("gone")
    await server.stop()
    await looked(addons)
    assert issue(hass, app_entry) is None


async def test_server_without_an_app(
    hass: HomeAssistant, server: FakeServer, addons: AsyncMock, entry: MockConfigEntry
) -> None:
    """An entry that a person typed in has nothing to do with the Supervisor."""
    stop(addons)
    await server.stop()
    await until(lambda: not entry.runtime_data.coordinator.connected)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert addons.addon_info.await_count == 0
    assert issue(hass, entry) is None
    await server.start()
    await hass.config_entries.async_reload(entry.entry_id)


async def start_by_click(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[FlowResultType, str | None]:
    """Open the issue and press the button; return how that ended."""
    assert await async_setup_component(hass, "repairs", {})
    flows = repairs_flow_manager(hass)
    assert flows is not None
    result = await flows.async_init(DOMAIN, data={"issue_id": f"app_not_running_{entry.entry_id}"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "confirm"
    assert result["description_placeholders"] == {"app": "RuView", "server": "RuView"}
    result = await flows.async_configure(result["flow_id"], {})
    return result["type"], result.get("reason")


async def test_stopped_at_the_start(
    hass: HomeAssistant, server: FakeServer, addons: AsyncMock, of_an_app: MockConfigEntry
) -> None:
    """It is told of at once, and a click starts it and sets the entry up."""
    stop(addons, AddonState.ERROR)
    await server.stop()
    await hass.config_entries.async_setup(of_an_app.entry_id)
    assert of_an_app.state is ConfigEntryState.SETUP_RETRY
    assert issue(hass, of_an_app) is not None

    async def _start(slug: str) -> None:
        assert slug == SLUG
        await server.start()

    addons.start_addon.side_effect = _start
    assert await start_by_click(hass, of_an_app) == (FlowResultType.CREATE_ENTRY, None)
    await until(lambda: of_an_app.state is ConfigEntryState.LOADED)
    assert issue(hass, of_an_app) is None
    assert await hass.config_entries.async_unload(of_an_app.entry_id)


async def test_it_does_not_start(
    hass: HomeAssistant, server: FakeServer, addons: AsyncMock, of_an_app: MockConfigEntry
) -> None:
    stop(addons)
    await server.stop()
    await hass.config_entries.async_setup(of_an_app.entry_id)
    addons.start_addon.side_effect = SupervisorError("no port")
    assert await start_by_click(hass, of_an_app) == (FlowResultType.ABORT, "not_started")
    assert issue(hass, of_an_app) is not None
    hass.config.components.remove("hassio")
    assert await start_by_click(hass, of_an_app) == (FlowResultType.ABORT, "not_started")
    assert addons.start_addon.await_count == 1


async def test_entry_is_removed_meanwhile(hass: HomeAssistant) -> None:
    flow = StartAppFlow("gone", "RuView")
    flow.hass = hass
    assert (await flow.async_step_init())["reason"] == "removed"
