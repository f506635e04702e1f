"""The server's own page in a real browser, on a real server that plays real recordings or the simulator."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from conftest import AddServer
from playwright.async_api import Locator, Page, expect

from devkit.browser import fresh_page
from devkit.ingress import ingress
from devkit.paths import TWO_NODES_RECORDING
from devkit.server import RuViewServer

AXE = "axe-core@4.14.1"
ROOM = {
    "id": "living",
    "name": "Living room",
    "nodes": ["node_1", "node_2"],
    "zones": [{"id": "sofa", "name": "Sofa", "nodes": ["node_1"]}],
}
NARROW = (360, 740)
WIDE = (1440, 900)
SLEEPER = ("simulate", "--story", "sleeping", "--speed", "12")


@pytest.fixture(scope="session")
async def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return axe-core, which npm brings into the cache."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    cache = os.environ.get("RUVIEW_CACHE")
    folder = Path(cache) / AXE if cache else tmp_path_factory.mktemp("axe")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = (npm, "install", "--no-audit", "--no-fund", "--prefix", folder, AXE)
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT, cwd=folder)
        said, _ = await asyncio.wait_for(process.communicate(), 120)
        if process.returncode:
            pytest.skip(f"npm cannot install {AXE}: {said.decode(errors='replace')[-300:]}")
    return script.read_text()


@contextlib.asynccontextmanager
async def _opened(
    url: str, token: str | None = None, *, width: int = WIDE[0], height: int = WIDE[1]
) -> AsyncIterator[Page]:
    """Yield the page, past its form; whatever it says on the console, or breaks of its policy, fails the test."""
    said: list[str] = []
    async with fresh_page(width=width, height=height) as page:
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(url)
        if token is not None:
            await _enter(page, token)
        yield page
    # A server that is stopped on purpose is missed by the browser, and that alone it may say.
    assert [text for text in said if "ERR_CONNECTION_REFUSED" not in text and "403 (Forbidden)" not in text] == []


def _url(server: RuViewServer) -> str:
    return f"http://{server.host}:{server.port}/"


async def _enter(page: Page, token: str) -> None:
    await page.get_by_role("textbox", name="Token").fill(token)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_have_text("Connected")


def _card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


async def _source(page: Page) -> str:
    return str(await page.evaluate("document.documentElement.outerHTML"))


async def _withheld(server: RuViewServer) -> list[str]:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession() as session, session.get(_url(server) + "api/v1/privacy", headers=headers) as got:
        answer: dict[str, Any] = await got.json()
    return list(answer["redacted_fields"])


async def _serious(page: Page, axe: str) -> list[str]:
    """Return what axe-core finds serious or critical on the page as it is."""
    await page.evaluate(axe)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {[node['html'] for node in violation['nodes']][:3]}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]


async def test_the_token_is_asked_for_and_kept_in_the_tab(serve: AddServer) -> None:
    """A wrong token is told, the right one opens and survives a reload; it is nowhere but in the tab's storage."""
    async with serve("simulate") as server, _opened(_url(server)) as page:
        await expect(page.get_by_role("heading", name="Which token?")).to_be_visible()
        await expect(page.get_by_role("textbox", name="Token")).to_be_focused()
        await expect(page.get_by_role("heading", name="Nodes")).to_be_hidden()
        await page.keyboard.type("wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Not accepted: the token is not valid.")).to_be_visible()
        await _enter(page, server.token)
        await expect(_card(page, "Node 1")).to_be_visible()
        await page.reload()
        await expect(_card(page, "Node 1")).to_be_visible()
        assert server.token not in await _source(page)
        assert server.token not in page.url
        assert await page.evaluate("localStorage.length") == 0
        assert await page.evaluate("document.cookie") == ""


@pytest.mark.skipif(not TWO_NODES_RECORDING.is_file(), reason=f"no recording at {TWO_NODES_RECORDING}")
async def test_every_part_shows_a_recording(serve: AddServer) -> None:
    """Two real nodes: curves, figures, the room, why there is no CSI, what is withheld, plugins, a file to download."""
    async with (
        serve("replay", TWO_NODES_RECORDING, "--speed", "8", "--loop") as server,
        _opened(_url(server), server.token) as page,
    ):
        await server.call_service("set_rooms", rooms=[ROOM])
        await expect(page.get_by_text("A recording is played")).to_be_visible()
        for name in ("Node 1", "Node 2"):
            card = _card(page, name)
            await expect(card.get_by_role("img", name="Motion in the last 5 minutes")).to_be_visible()
            await expect(card.locator("[data-key=motion_level] .value")).to_have_text("0 %", timeout=30_000)
            # At this pace a movement lasts a tenth of a second: an expectation, which looks twice a second, misses it.
            level = await card.locator("[data-key=motion_level] .value").element_handle()
            await page.wait_for_function("level => level.textContent.trim() !== '0 %'", arg=level, timeout=30_000)
            await expect(card.locator("dt:text-is('Packets') + dd")).to_contain_text("/ s")
            await expect(card.locator("dt:text-is('Signal') + dd")).to_contain_text("dBm")
            await expect(card.locator("dt:text-is('Data') + dd")).to_have_text("A recording")
            assert await card.locator("[data-key=motion_level] canvas").evaluate(
                "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"
            )
        rooms = page.get_by_role("region", name="Rooms and zones")
        await expect(rooms.get_by_role("heading", name="Living room")).to_be_visible()
        await expect(rooms.get_by_role("list", name="Zones of Living room")).to_contain_text("Sofa")
        heat_map = page.get_by_role("region", name="CSI amplitudes")
        await expect(heat_map).to_contain_text("CSI stays inside the server at privacy class 2 (anonymous)")
        await expect(heat_map.locator("canvas")).to_be_hidden()
        withheld = page.get_by_role("region", name="Privacy").get_by_role("listitem")
        keys = await withheld.evaluate_all("items => items.map((item) => item.dataset.field)")
        assert keys == await _withheld(server)
        assert "amplitudes" in keys
        await expect(page.get_by_text("No plugin is installed.")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download diagnostics").click()
        saved = json.loads((await (await download.value).path()).read_text())
        assert {node["id"] for node in saved["diagnostics"]["nodes"]} == {"node_1", "node_2"}
        assert saved["config"]["source"] == "replay"
        assert server.token not in json.dumps(saved)


async def test_calibration_by_keyboard(serve: AddServer) -> None:
    """Begin, watch, cancel, begin again, be told of the end: without a mouse."""
    async with (
        serve("simulate", "--story", "empty", "--speed", "4") as server,
        _opened(_url(server), server.token) as page,
    ):
        card = _card(page, "Node 1")
        await expect(card.get_by_text("Learnt by itself")).to_be_visible(timeout=30_000)
        await card.get_by_role("combobox").select_option("60")
        await card.get_by_role("button", name="Calibrate Node 1").focus()
        await page.keyboard.press("Enter")
        await expect(card.get_by_role("progressbar", name="Progress of the calibration of Node 1")).to_be_visible()
        await expect(card.get_by_text("Calibrating")).to_contain_text("%")
        await expect(card.get_by_role("button", name="Cancel the calibration of Node 1")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(card.get_by_role("status")).to_have_text("Cancelled: what was known before still counts.")
        await expect(card.get_by_role("button", name="Calibrate Node 1")).to_be_focused()
        await card.get_by_role("combobox").select_option("10")
        await card.get_by_role("button", name="Calibrate Node 1").press("Enter")
        await expect(card.get_by_role("status")).to_contain_text("Done: the empty room is known")
        await expect(card.get_by_text("Calibrated", exact=True)).to_be_visible()


async def test_a_room_that_is_not_empty_is_not_calibrated(serve: AddServer) -> None:
    """Why a calibration was refused is told in words."""
    async with (
        serve("simulate", "--story", "meeting", "--speed", "10") as server,
        _opened(_url(server), server.token) as page,
    ):
        card = _card(page, "Node 1")
        await expect(card.get_by_text("Somebody is there")).to_be_visible(timeout=60_000)
        await card.get_by_role("button", name="Calibrate Node 1").click()
        await expect(card.get_by_role("status")).to_contain_text("That did not work: the room is not empty")


async def test_a_stricter_class_takes_values_away_while_the_page_is_open(serve: AddServer) -> None:
    """A breathing rate is drawn; the class becomes 3, and in the moment that the page says so nothing of it is left."""
    async with serve(*SLEEPER) as server, _opened(_url(server), server.token) as page:
        card = _card(page, "Node 1")
        rate = card.locator("[data-key=breathing_rate] .value")
        await expect(rate).to_contain_text("breaths/min", timeout=60_000)
        # Looks in every frame, from the moment on in which the page tells the new class.
        await page.evaluate(
            """() => {
              window.leaks = 0;
              window.looks = 0;
              const look = () => {
                if (document.querySelector('#privacy').textContent.includes('Class 3')) {
                  window.looks += 1;
                  if (document.body.textContent.includes('breaths/min')) window.leaks += 1;
                }
                requestAnimationFrame(look);
              };
              look();
              new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
            }"""
        )
        await server.call_service("set_privacy_class", privacy_class=3)
        privacy = page.get_by_role("region", name="Privacy")
        await expect(privacy).to_contain_text("Class 3, restricted", timeout=2_000)
        await expect(card.locator("[data-key=breathing_rate]")).to_have_count(0)
        await expect(privacy.get_by_role("listitem").filter(has_text="Breathing rate")).to_be_visible()
        await expect(card.locator("[data-key=motion_level]")).to_be_visible()
        await page.wait_for_timeout(1_000)
        assert await page.evaluate("window.looks") > 0
        assert await page.evaluate("window.leaks") == 0

        await server.call_service("set_privacy_class", privacy_class=2)
        await expect(privacy).to_contain_text("Class 2, anonymous")
        await expect(card.locator("[data-key=breathing_rate]")).to_be_visible()


async def test_csi_is_drawn_in_research_mode(serve: AddServer) -> None:
    """At class 1, on the server's own host, the heat map fills."""
    research = ("--privacy-class", "derived", "--research-mode")
    async with serve("simulate", *research) as server, _opened(_url(server), server.token) as page:
        canvas = page.get_by_role("img", name="Amplitudes of 56 subcarriers over the last 40 seconds")
        await expect(canvas).to_be_visible(timeout=30_000)
        await page.wait_for_timeout(2_000)
        colours = await canvas.evaluate(
            """c => {
              const {data} = c.getContext('2d').getImageData(c.width - 4, 0, 4, c.height);
              const colours = new Set();
              for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 4).join());
              return colours.size;
            }"""
        )
        assert colours > 8


async def test_an_empty_server_says_what_to_do(serve: AddServer, axe: str) -> None:
    """Without nodes the page is no blank sheet."""
    async with (
        serve("run", "--udp-bind", "127.0.0.1:0", "--mdns", "off") as server,
        _opened(_url(server), server.token) as page,
    ):
        await expect(page.get_by_text("No node has been heard yet.")).to_be_visible()
        await expect(page.get_by_text("No room of several nodes is described.")).to_be_visible()
        await expect(page.get_by_text("Simulated data")).to_be_hidden()
        assert await _serious(page, axe) == []


async def test_a_lost_connection_is_told_and_comes_back(serve: AddServer, axe: str) -> None:
    """The server goes and comes: the page says so, labels what it shows, and goes on by itself."""
    async with serve("simulate", "--persist") as server, _opened(_url(server), server.token) as page:
        await expect(_card(page, "Node 1")).to_be_visible()
        port = server.port
        await server.stop()
        notice = page.get_by_role("alert").filter(has_text="The connection to the server is lost.")
        await expect(notice).to_be_visible()
        await expect(notice).to_contain_text("What is shown is from")
        await expect(page.get_by_text("Simulated data: nobody is measured")).to_be_visible()
        await expect(_card(page, "Node 1").get_by_role("button", name="Calibrate Node 1")).to_be_disabled()
        assert await _serious(page, axe) == []
        async with serve("simulate", "--persist", port=port):
            await expect(page.get_by_role("status").first).to_have_text("Connected", timeout=20_000)
            await expect(notice).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
async def test_accessibility(
    serve: AddServer, axe: str, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    """axe-core finds nothing serious, nothing is wider than the screen, simulated data says so wherever one scrolls."""
    width, height = size
    async with (
        serve("simulate", "--nodes", "2", "--speed", "8") as server,
        _opened(_url(server), width=width, height=height) as page,
    ):
        await page.emulate_media(color_scheme=scheme)
        await expect(page.get_by_role("textbox", name="Token")).to_be_visible()
        assert await _serious(page, axe) == []
        await _enter(page, server.token)
        await server.call_service("set_rooms", rooms=[ROOM])
        sofa = page.get_by_role("listitem").filter(has_text="Sofa")
        await expect(sofa).to_contain_text(re.compile("Occupied|Free"), timeout=30_000)
        await expect(_card(page, "Node 1").get_by_text("Learnt by itself")).to_be_visible(timeout=30_000)
        assert await _serious(page, axe) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await expect(page.get_by_text("Simulated data: nobody is measured")).to_be_in_viewport()


async def test_everything_is_reached_by_the_keyboard(serve: AddServer) -> None:
    """Tab comes to every button, select and summary, in the order in which they are seen."""
    async with serve("simulate", "--nodes", "2") as server, _opened(_url(server), server.token) as page:
        for name in ("Node 1", "Node 2"):
            await expect(_card(page, name).get_by_role("button", name="Calibrate")).to_be_enabled(timeout=30_000)
        await page.reload()
        for name in ("Node 1", "Node 2"):
            await expect(_card(page, name).get_by_role("button", name="Calibrate")).to_be_enabled(timeout=30_000)
        reached = []
        for _ in range(8):
            await page.keyboard.press("Tab")
            reached.append(
                await page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()")
            )
        assert reached[:5] == [
            "Skip to the nodes",
            "Calibrate Node 1",
            "How long Node 1 is calibrated",
            "Calibrate Node 2",
            "How long Node 2 is calibrated",
        ]
        assert reached[5].startswith("Withheld: ")
        assert reached[6] == "Download diagnostics"


async def test_eight_nodes_leave_the_browser_free(
    serve: AddServer, record_property: Callable[[str, object], None]
) -> None:
    """With eight nodes, all visible, what the page does in a frame takes far less than the frame has (16.7 ms)."""
    async with (
        serve("simulate", "--nodes", "8", "--speed", "4") as server,
        _opened(_url(server), server.token, width=1440, height=1600) as page,
    ):
        await expect(page.get_by_role("article")).to_have_count(8)
        await page.wait_for_timeout(8_000)
        # Every callback of a frame is timed, the page's own among them.
        measured = await page.evaluate(
            """() => new Promise((resolve) => {
              const native = window.requestAnimationFrame.bind(window);
              const spent = [];
              window.requestAnimationFrame = (work) => native((now) => {
                const begin = performance.now();
                work(now);
                spent.push(performance.now() - begin);
              });
              const begin = performance.now();
              let frames = 0;
              const count = (now) => {
                frames += 1;
                if (now - begin < 5000) native(count);
                else {
                  spent.sort((a, b) => a - b);
                  resolve({fps: 1000 * frames / (now - begin), callbacks: spent.length,
                           median: spent[spent.length >> 1], p95: spent[Math.floor(spent.length * 0.95)]});
                }
              };
              native(count);
            })"""
        )
        for name, value in measured.items():
            record_property(name, value)
        assert measured["callbacks"] > 100
        assert measured["median"] < 8


async def test_ingress_asks_for_nothing_and_shows_no_csi(serve: AddServer) -> None:
    """Below the Supervisor's prefix the page opens without a token and works; not even class 1 shows CSI there."""
    research = ("--privacy-class", "derived", "--research-mode")
    async with (
        serve("simulate", "--speed", "4", "--ingress-from", "127.0.0.1", *research) as server,
        ingress(_url(server).rstrip("/")) as url,
        _opened(url) as page,
    ):
        await expect(page.get_by_role("status").first).to_have_text("Connected")
        await expect(page.get_by_role("textbox", name="Token")).to_be_hidden()
        card = _card(page, "Node 1")
        await expect(card.get_by_text("Learnt by itself")).to_be_visible(timeout=30_000)
        await expect(page.get_by_role("region", name="Privacy")).to_contain_text("Class 1, derived")
        heat_map = page.get_by_role("region", name="CSI amplitudes")
        await expect(heat_map).to_contain_text("Not shown: CSI never leaves the host that captures it")
        await expect(heat_map.locator("canvas")).to_be_hidden()
        await card.get_by_role("combobox").select_option("60")
        await card.get_by_role("button", name="Calibrate Node 1").click()
        await expect(card.get_by_role("status")).not_to_be_empty()
