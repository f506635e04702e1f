"""Real parts for the end-to-end tests: one Home Assistant for all of them, a server and a config entry for each."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from devkit.hass import HomeAssistant
from devkit.server import RuViewServer

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TRACKER = "device_tracker.phone"

type AddServer = Callable[..., contextlib.AbstractAsyncContextManager[RuViewServer]]


@pytest.fixture(scope="session")
async def hass(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HomeAssistant]:
    """Run a real Home Assistant."""
    running = await HomeAssistant.start(tmp_path_factory.mktemp("hass"))
    yield running
    await running.stop()


@pytest.fixture
async def no_entries_left(hass: HomeAssistant) -> AsyncIterator[None]:
    """Remove our config entries, and the cards of servers that were found, when the test is over."""
    yield
    for flow in await hass.command(type="config_entries/flow/progress"):
        if flow["handler"] == "ruview":
            await hass.rest("DELETE", f"/api/config/config_entries/flow/{flow['flow_id']}")
    for entry in await hass.rest("GET", "/api/config/config_entries/entry"):
        if entry["domain"] == "ruview":
            await hass.rest("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")


@pytest.fixture
def serve(tmp_path: Path) -> AddServer:
    """Start a real ruview-server with the given arguments, and stop it at the end of the block."""

    @contextlib.asynccontextmanager
    async def _serve(*arguments: str | Path, data: str = "server", port: int = 0) -> AsyncIterator[RuViewServer]:
        server = await RuViewServer.start(tmp_path / data, *arguments, port=port)
        try:
            yield server
        finally:
            await server.stop()

    return _serve


@pytest.fixture
async def alice(hass: HomeAssistant) -> AsyncIterator[str]:
    """Let a person live here who is not at home."""
    await hass.rest("POST", f"/api/states/{TRACKER}", {"state": "not_home", "attributes": {"source_type": "router"}})
    person = await hass.command(type="person/create", name="Alice", device_trackers=[TRACKER])
    await hass.wait_for_state("person.alice", "not_home")
    yield "person.alice"
    await hass.command(type="person/delete", person_id=person["id"])
    await hass.rest("DELETE", f"/api/states/{TRACKER}")


@pytest.fixture
async def never(hass: HomeAssistant) -> AsyncIterator[str]:
    """Make a schedule that never expects anybody."""
    schedule = await hass.command(type="schedule/create", name="Never", **{day: [] for day in DAYS})
    await hass.wait_for_state("schedule.never", "off")
    yield "schedule.never"
    await hass.command(type="schedule/delete", schedule_id=schedule["id"])
