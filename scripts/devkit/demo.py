"""The demo: from a recording, or the simulator, to a live dashboard of a real Home Assistant."""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from .browser import logged_in_page
from .hass import PASSWORD, USER, HomeAssistant
from .server import RuViewServer

_DASHBOARD = "ruview-demo"
# Entities that start disabled, but that the dashboard shows.
_ENABLED_KEYS = ("motion_level",)
_TILES = {
    "presence": "Presence",
    "motion": "Motion",
    "bfld_presence": "Presence (beamforming)",
    "bfld_motion": "Motion (beamforming)",
    "activity": "Activity",
    "data_source": "Data source",
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("recording", nargs="?", type=Path, help="a JSONL recording, also .gz; default: the simulator")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds; default: at Ctrl-C")
    parser.add_argument("--headless", action="store_true", help="take a screenshot of the dashboard at the end")
    parser.add_argument(
        "--screenshot", type=Path, default=Path("ruview-demo.png"), help="where to (default: %(default)s)"
    )
    arguments = parser.parse_args()
    if arguments.recording and not arguments.recording.is_file():
        parser.error(f"there is no recording {arguments.recording}")
    if arguments.headless and arguments.seconds is None:
        arguments.seconds = 60.0
    return arguments


def _say(text: str) -> None:
    print(text, flush=True)


async def _add_with_shown_entities(hass: HomeAssistant, server: RuViewServer) -> None:
    """Add the integration with what the dashboard shows enabled."""
    entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
    await _wait_for_nodes(hass)
    await hass.enable_ruview(entry_id, _ENABLED_KEYS, host=server.host, port=server.port, token=server.token)
    await _wait_for_nodes(hass)


def _node_cards(name: str, entities: dict[str, str], *, simulated: bool) -> dict[str, Any]:
    cards: list[dict[str, Any]] = [{"type": "heading", "heading": f"{name} (simulated)" if simulated else name}]
    cards += [
        {"type": "tile", "entity": entities[key], "name": title, "grid_options": {"columns": 6}}
        for key, title in _TILES.items()
        if key in entities
    ]
    if "motion_level" in entities:
        graph = {"type": "history-graph", "title": "Motion", "hours_to_show": 0.05}
        cards.append({**graph, "entities": [{"entity": entities["motion_level"], "name": "Motion level"}]})
    return {"type": "grid", "cards": cards}


async def _make_dashboard(hass: HomeAssistant, *, simulated: bool) -> None:
    devices = {device["id"]: device for device in await hass.command(type="config/device_registry/list")}
    by_device: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in await hass.ruview_entities():
        if entry["disabled_by"] is None:
            by_device[entry["device_id"]][entry["translation_key"]] = entry["entity_id"]
    sections = [
        _node_cards(devices[device_id]["name"], entities, simulated=simulated)
        for device_id, entities in sorted(by_device.items(), key=lambda item: str(devices[item[0]]["name"]))
    ]
    shown = [entity for entities in by_device.values() for key, entity in entities.items() if key != "motion_level"]
    last_events = {"type": "logbook", "target": {"entity_id": shown}, "hours_to_show": 1}
    events = {"type": "grid", "cards": [{"type": "heading", "heading": "Last events"}, last_events]}
    view = {"title": "RuView", "type": "sections", "max_columns": 3, "sections": [*sections, events]}
    dashboards = await hass.command(type="lovelace/dashboards/list")
    if not any(dashboard["url_path"] == _DASHBOARD for dashboard in dashboards):
        await hass.command(
            type="lovelace/dashboards/create",
            url_path=_DASHBOARD,
            title="RuView",
            icon="mdi:radar",
            mode="storage",
            show_in_sidebar=True,
            require_admin=False,
        )
    await hass.command(type="lovelace/config/save", url_path=_DASHBOARD, config={"views": [view]})


async def _print_changes(hass: HomeAssistant) -> None:
    """Print a line for each state change of our entities, for ever."""
    async with hass.websocket() as socket:
        ours = {entry["entity_id"] for entry in await hass.ruview_entities()}
        async for event in socket.events("state_changed"):
            data = event["data"]
            new = data["new_state"]
            if data["entity_id"] not in ours or new is None:
                continue
            old = data["old_state"]["state"] if data["old_state"] else None
            if old == new["state"]:
                continue
            name = new["attributes"].get("friendly_name", data["entity_id"])
            unknown = new["state"] in {"unavailable", "unknown"}
            value = new["state"] if unknown else new["attributes"].get("event_type", new["state"])
            unit = "" if unknown else new["attributes"].get("unit_of_measurement", "")
            clock = datetime.fromisoformat(event["time_fired"]).astimezone().strftime("%H:%M:%S")
            _say(f"{clock}  {name:32s} {value} {unit}".rstrip())


async def _screenshot(hass: HomeAssistant, path: Path) -> None:
    async with logged_in_page(hass, width=1400, height=900) as page:
        await page.goto(f"{hass.url}/{_DASHBOARD}/0")
        await page.locator("hui-tile-card").first.wait_for()
        await page.wait_for_timeout(3000)  # graphs draw themselves with an animation
        await page.screenshot(path=path)


async def _live_entities(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of our entities that have a value."""
    ours = {entry["entity_id"] for entry in await hass.ruview_entities()}
    return {
        entity: state
        for entity, state in (await hass.states()).items()
        if entity in ours and state not in {"unavailable", "unknown"}
    }


async def _wait_for_nodes(hass: HomeAssistant, seconds: float = 20) -> None:
    """Wait until the first node's entities are there."""
    async with asyncio.timeout(seconds):
        while not await hass.ruview_entities():
            await asyncio.sleep(0.2)
    await asyncio.sleep(1)  # a second node may need a packet more


async def _finish(hass: HomeAssistant, arguments: argparse.Namespace) -> int:
    live = await _live_entities(hass)
    _say(f"entities with a value: {len(live)}")
    if arguments.headless:
        await _screenshot(hass, arguments.screenshot)
        _say(f"screenshot: {arguments.screenshot.resolve()}")
    return 0 if live else 1


async def _demo(arguments: argparse.Namespace) -> int:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ruview-demo-")))
        stack.callback(_say, "stopped")
        _say("starting Home Assistant ...")
        hass = await HomeAssistant.start(folder / "hass")
        stack.push_async_callback(hass.stop)
        source = ["replay", arguments.recording, "--loop"] if arguments.recording else ["simulate"]
        _say(f"starting ruview-server {' '.join(map(str, source))} ...")
        server = await RuViewServer.start(folder / "server", *source)
        stack.push_async_callback(server.stop)
        await _add_with_shown_entities(hass, server)
        await _make_dashboard(hass, simulated=arguments.recording is None)
        _say(f"\n  {hass.url}/{_DASHBOARD}\n  user {USER}, password {PASSWORD}\n")
        if arguments.recording is None:
            _say("  All data is simulated: no radio is involved.\n")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_print_changes(hass), arguments.seconds)
        return await _finish(hass, arguments)


async def _until_interrupted(arguments: argparse.Namespace) -> int:
    """Run the demo; Ctrl-C ends it at any point, and all that it started with it."""
    demo = asyncio.create_task(_demo(arguments))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, demo.cancel)
    try:
        return await demo
    except asyncio.CancelledError:
        return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_until_interrupted(_arguments())))
