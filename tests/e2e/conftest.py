"""Real parts for the end-to-end tests: one Home Assistant for all of them, a server and a config entry for each."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from devkit.hass import HomeAssistant
from devkit.server import RuViewServer

type AddServer = Callable[..., contextlib.AbstractAsyncContextManager[RuViewServer]]


@pytest.fixture(scope="session")
async def hass(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HomeAssistant]:
    """Run a real Home Assistant."""
    running = await HomeAssistant.start(tmp_path_factory.mktemp("hass"))
    yield running
    await running.stop()


@pytest.fixture
async def no_entries_left(hass: HomeAssistant) -> AsyncIterator[None]:
    """Remove our config entries when the test is over."""
    yield
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
