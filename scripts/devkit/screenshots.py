"""The pictures of the documentation, taken by the page that each shows.

They show simulated data, and what Home Assistant shows then says so.
"""

import asyncio
import contextlib
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Locator, Page

from .browser import logged_in_page
from .hass import HomeAssistant
from .server import RuViewServer

# A quiet simulated home: long enough into its story that every state is known.
_SOURCE = ("simulate", "--nodes", "2", "--speed", "8")
_SETTLE_MS = 1_500  # cards fade in
_PHONE = 400


async def _settled(page: Page) -> None:
    await page.wait_for_timeout(_SETTLE_MS)


async def _open_dialog(page: Page, hass: HomeAssistant) -> Locator:
    await page.goto(f"{hass.url}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    await page.get_by_placeholder("Search for a brand name").fill("ruview")
    await page.locator("dialog-add-integration ha-integration-list-item").filter(has_text="RuView").first.click()
    dialog = page.locator("dialog-data-entry-flow")
    await dialog.locator("step-flow-form, step-flow-menu").first.wait_for()
    return dialog


async def _config_flow(page: Page, hass: HomeAssistant, folder: Path) -> None:
    await _open_dialog(page, hass)
    await _settled(page)
    await page.screenshot(path=folder / "add.png")


async def _device(page: Page, hass: HomeAssistant, path: Path) -> None:
    await page.goto(f"{hass.url}/config/devices/dashboard?domain=ruview")
    await page.get_by_text("Node 1").first.click()
    device = page.locator("ha-config-device-page")
    presence = device.locator("hui-simple-entity-row, hui-group-entity-row").filter(has_text="Presence").first
    await presence.filter(has_text=re.compile("Clear|Detected")).wait_for(timeout=60_000)
    await _settled(page)
    await page.screenshot(path=path)


async def _forms(page: Page, hass: HomeAssistant, folder: Path) -> None:
    """Take the forms that the integration's page opens."""
    for name, button in (("room", re.compile("Add room")), ("options", re.compile("^Configure"))):
        await page.goto(f"{hass.url}/config/integrations/integration/ruview")
        await page.get_by_role("button", name=button).first.click()
        await page.locator("dialog-data-entry-flow step-flow-form").wait_for()
        await _settled(page)
        await page.screenshot(path=folder / f"{name}.png")


async def _page(page: Page, hass: HomeAssistant, address: str, path: Path) -> None:
    await page.goto(f"{hass.url}/{address}")
    await _settled(page)
    await page.screenshot(path=path)


async def _take(folder: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ruview-screenshots-")))
        hass = await HomeAssistant.start(home / "hass")
        stack.push_async_callback(hass.stop)
        server = await RuViewServer.start(home / "server", *_SOURCE)
        stack.push_async_callback(server.stop)
        async with logged_in_page(hass) as page:
            await _config_flow(page, hass, folder)
            await hass.add_ruview(host=server.host, port=server.port, token=server.token)
            await _device(page, hass, folder / "device.png")
            await _page(page, hass, "config/integrations/integration/ruview", folder / "integration.png")
            await _forms(page, hass, folder)
            await _page(page, hass, "config/repairs", folder / "repair.png")
            await _page(page, hass, "logbook", folder / "logbook.png")
            await page.emulate_media(color_scheme="dark")
            await _device(page, hass, folder / "device-dark.png")
        async with logged_in_page(hass, width=_PHONE) as page:
            await _device(page, hass, folder / "device-phone.png")


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(Path(sys.argv[1])))
    print(f"pictures: {sys.argv[1]}")
