"""Debian's Chromium, headless: a page of a fresh profile, or one that is logged in to a Home Assistant."""

import contextlib
import json
import tempfile
import time
from collections.abc import AsyncIterator

from playwright.async_api import Page, async_playwright

from .hass import HomeAssistant
from .paths import CHROMIUM

# Without these Chromium calls home many times at every start.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.asynccontextmanager
async def fresh_page(*, width: int = 1280, height: int = 900, script: str | None = None) -> AsyncIterator[Page]:
    """Yield a page of a fresh profile; `script` runs in it before everything else."""
    with tempfile.TemporaryDirectory() as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=CHROMIUM,
                headless=True,
                args=_ARGUMENTS,
                viewport={"width": width, "height": height},
                locale="en-US",
            )
            context.set_default_timeout(20_000)
            if script is not None:
                await context.add_init_script(script)
            try:
                yield context.pages[0]
            finally:
                await context.close()


@contextlib.asynccontextmanager
async def logged_in_page(hass: HomeAssistant, *, width: int = 1280, height: int = 900) -> AsyncIterator[Page]:
    """Yield a page of a fresh profile whose user is logged in."""
    tokens = {
        **hass.tokens,
        "hassUrl": hass.url,
        "clientId": f"{hass.url}/",
        "expires": int((time.time() + hass.tokens["expires_in"]) * 1000),
    }
    script = (
        f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
        "localStorage.setItem('selectedLanguage', '\"en\"');"
    )
    async with fresh_page(width=width, height=height, script=script) as page:
        yield page
