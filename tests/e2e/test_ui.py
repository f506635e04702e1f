"""A person adds the integration in the browser and sees presence change."""

import re

import pytest
from conftest import AddServer
from playwright.async_api import Page, expect

from devkit.browser import logged_in_page
from devkit.hass import HomeAssistant

pytestmark = pytest.mark.usefixtures("no_entries_left")


async def _open_form(page: Page, hass: HomeAssistant) -> None:
    await page.goto(f"{hass.url}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    await page.get_by_placeholder("Search for a brand name").fill("ruview")
    await page.locator("dialog-add-integration ha-integration-list-item").filter(has_text="RuView").first.click()
    await page.locator("dialog-data-entry-flow step-flow-form").wait_for()


async def test_add_and_watch(hass: HomeAssistant, serve: AddServer) -> None:
    """Wrong token, then the right one; the device page shows presence appear and change."""
    async with serve("simulate", "--speed", "4") as server, logged_in_page(hass) as page:
        await _open_form(page, hass)
        dialog = page.locator("dialog-data-entry-flow")
        await dialog.locator('input[name="host"]').fill(server.host)
        port = dialog.locator("ha-form-integer input")  # the one field whose input has no name
        await port.fill(str(server.port))
        await dialog.locator('input[name="token"]').fill("not-the-token")
        await dialog.get_by_role("button", name="Submit").click()
        await expect(dialog.locator("ha-alert")).to_have_text(re.compile("token", re.IGNORECASE))

        # The form kept what was typed.
        await expect(port).to_have_value(re.compile(str(server.port)))
        await dialog.locator('input[name="token"]').fill(server.token)
        await dialog.get_by_role("button", name="Submit").click()
        await dialog.locator("step-flow-create-entry").wait_for()
        await dialog.get_by_role("button", name=re.compile("Skip and finish|Finish")).click()

        await page.goto(f"{hass.url}/config/devices/dashboard?domain=ruview")
        await page.get_by_text("Node 1").first.click()
        device = page.locator("ha-config-device-page")
        presence = device.locator("hui-simple-entity-row, hui-group-entity-row").filter(has_text="Presence").first
        await expect(presence).to_contain_text("Clear", timeout=40_000)
        await expect(presence).to_contain_text("Detected", timeout=40_000)

        await page.goto(f"{hass.url}/config/repairs")
        await expect(page.locator("ha-config-repairs")).to_contain_text(re.compile("simulat", re.IGNORECASE))
