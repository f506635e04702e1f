"""The pictures of the server's own page, for the documentation. They show simulated data, and say so."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, expect

from .browser import fresh_page
from .server import RuViewServer

_ROOM = {
    "id": "living",
    "name": "Living room",
    "nodes": ["node_1", "node_2"],
    "zones": [{"id": "sofa", "name": "Sofa", "nodes": ["node_1"]}, {"id": "door", "name": "Door", "nodes": ["node_2"]}],
}
_STORY_MS = 25_000  # long enough for curves


async def _open(page: Page, server: RuViewServer) -> None:
    await page.goto(f"http://{server.host}:{server.port}/")
    await page.get_by_role("textbox", name="Token").fill(server.token)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_have_text("Connected")
    await page.wait_for_timeout(_STORY_MS)


async def _take(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ruview-page-") as home:
        server = await RuViewServer.start(
            Path(home), "simulate", "--story", "sleeping", "--nodes", "4", "--speed", "12"
        )
        try:
            await server.call_service("set_rooms", rooms=[_ROOM])
            async with fresh_page(width=1440, height=1360) as page:
                await _open(page, server)
                await page.screenshot(path=folder / "page.png")
                await page.emulate_media(color_scheme="dark")
                await page.wait_for_timeout(1_000)
                await page.screenshot(path=folder / "page-dark.png")
            async with fresh_page(width=360, height=1000) as page:
                await _open(page, server)
                await page.screenshot(path=folder / "page-phone.png")
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(_take(Path(sys.argv[1])))
