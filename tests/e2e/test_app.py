"""The app tells the Supervisor of its server, and a person adds it with one click."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import AddServer
from playwright.async_api import expect

from devkit.browser import logged_in_page
from devkit.hass import HomeAssistant
from devkit.supervisor import FakeSupervisor


@pytest.fixture
async def supervisor() -> AsyncIterator[FakeSupervisor]:
    """Run a fake Supervisor: the real one cannot run here."""
    running = await FakeSupervisor.start()
    yield running
    await running.stop()


@pytest.fixture
async def supervised(supervisor: FakeSupervisor, tmp_path: Path) -> AsyncIterator[HomeAssistant]:
    """Run a real Home Assistant under the fake Supervisor."""
    running = await HomeAssistant.start(tmp_path / "hass", env=supervisor.environment)
    yield running
    await running.stop()


async def test_one_click(supervisor: FakeSupervisor, supervised: HomeAssistant, serve: AddServer) -> None:
    """A card appears; one click and its confirmation make the entities."""
    async with serve("simulate", "--speed", "4") as server, logged_in_page(supervised) as page:
        await page.goto(f"{supervised.url}/config/integrations/dashboard")
        await page.get_by_role("button", name="Add integration").wait_for()
        told = {"host": server.host, "port": server.port, "token": server.token, "server_id": server.server_id}
        await supervisor.discover(supervised.url, supervised.tokens["access_token"], told)

        card = page.locator("ha-config-flow-card").filter(has_text="RuView")
        await card.get_by_role("button", name="Add", exact=True).click()
        dialog = page.locator("dialog-data-entry-flow")
        await expect(dialog.locator("ha-markdown").first).to_contain_text("provided by the app RuView")
        await dialog.get_by_role("button", name="Submit").click()
        await dialog.locator("step-flow-create-entry").wait_for()
        await dialog.get_by_role("button", name=re.compile("Skip and finish|Finish")).click()
        await supervised.wait_for_state("binary_sensor.node_1_presence", "on", "off", seconds=60)

    # The app stops; a repair says so, and its button starts it again.
    supervisor.app_state = "stopped"
    [entry] = [
        entry
        for entry in await supervised.rest("GET", "/api/config/config_entries/entry")
        if entry["domain"] == "ruview"
    ]
    await supervised.rest("POST", f"/api/config/config_entries/entry/{entry['entry_id']}/reload")
    async with logged_in_page(supervised) as page:
        await page.goto(f"{supervised.url}/config/repairs")
        await page.get_by_text("The app that runs the RuView server is stopped").click()
        dialog = page.locator("dialog-data-entry-flow")
        await dialog.get_by_text("Start the app RuView?").wait_for()
        await dialog.get_by_role("button", name="Submit").click()
        await asyncio.wait_for(supervisor.app_started.wait(), 20)
