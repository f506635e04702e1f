"""A made-up server with many nodes that have every entity of a node: `python -m devkit.fleet NODES [--defaults]`.

A process of its own, so that what it takes is not Home Assistant's. It prints its port, and changes states from the
line "go" on its standard input on: once a second each node says five numbers and a time, and one node in ten flips its
presence, its motion and what they mean, as the engine does at most once a second.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .paths import ROOT

_GOLDEN = ROOT / "tests" / "golden"
# Those of a zone, of somebody who is followed, of the server, and of what an external estimator sees.
_NOT_OF_A_NODE = {"zone_occupancy", "tracked_person", "multi_room_transition", "pose"}
_NUMBERS = {"motion_level": 100, "motion_energy": 9, "presence_score": 100, "rssi": -60, "breathing_rate": 16}
_FLIPS = ("presence", "motion", "room_active", "bfld_presence")
_REASONS = {"confidence": 0.9, "reason": ["motion<5%", "br=12/min"]}
TOKEN = "a-fleet-has-no-secrets"  # noqa: S105


def _golden(name: str) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads((_GOLDEN / "ws_v1" / f"{name}.json").read_text())
    return frame


class Fleet:
    """The nodes and what they say."""

    def __init__(self, nodes: int, *, defaults: bool) -> None:
        """Make the entities of every node; without `defaults` all of them are enabled."""
        snapshot = _golden("server_snapshot")["event"]
        server, node = snapshot["devices"]
        self.names = [f"node_{number}" for number in range(1, nodes + 1)]
        kinds = [k for k in json.loads((_GOLDEN / "catalog.json").read_text()) if k["key"] not in _NOT_OF_A_NODE]
        self.ids = {kind["key"]: kind["domain"] for kind in kinds}
        self.devices = [server, *({**node, "id": name, "name": f"Fleet {name}"} for name in self.names)]
        self.entities = [
            {
                **{key: value for key, value in kind.items() if key != "says"},
                "entity_id": f"{kind['domain']}.{name}_{kind['key']}",
                "unique_id": f"{server['id']}_{name}_{kind['key']}",
                "device_id": name,
                "enabled_default": kind["enabled_default"] or not defaults,
            }
            for name in self.names
            for kind in kinds
        ]
        self.turn = 0

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is."""
        states = [self._state(entity["device_id"], entity["key"]) for entity in self.entities]
        return {"type": "snapshot", "devices": self.devices, "entities": self.entities, "states": states}

    def changes(self, index: int) -> Iterator[dict[str, Any]]:
        """Return what a node has to say in this turn."""
        flips = _FLIPS if (self.turn + index) % 10 == 0 else ()
        for key in (*_NUMBERS, "last_seen", *flips):
            state = self._state(self.names[index], key)
            yield {"type": "state_changed", "entity_id": state["entity_id"], "state": state}

    def _state(self, name: str, key: str) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        domain = self.ids[key]
        if key in _NUMBERS:
            value = f"{random.uniform(0, _NUMBERS[key]):.1f}"  # noqa: S311 - guards nothing
        elif domain == "binary_sensor":
            value = "on" if (self.turn // 10) % 2 else "off"
        else:
            value = {"last_seen": now, "data_source": "live", "calibration": "self_calibrated"}.get(key, "unknown")
        times = dict.fromkeys(("last_changed", "last_updated", "last_reported"), now)
        return {"entity_id": f"{domain}.{name}_{key}", "state": value, "attributes": _REASONS, **times}


async def _serve(fleet: Fleet) -> None:
    sockets: list[web.WebSocketResponse] = []

    async def _handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json(_golden("server_auth_required"))
        await socket.receive_json()
        await socket.send_json(_golden("server_auth_ok"))
        async for message in socket:
            command = json.loads(message.data)
            await socket.send_json({"id": command["id"], "type": "result", "success": True, "result": None})
            if command["type"] == "subscribe":
                await socket.send_json({"id": command["id"], "type": "event", "event": fleet.snapshot()})
                sockets.append(socket)
        return socket

    app = web.Application()
    app.router.add_get("/ws/v1", _handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[union-attr]  # noqa: SLF001
    await asyncio.to_thread(sys.stdin.readline)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for second in itertools.count():
        fleet.turn = second
        for index in range(len(fleet.names)):
            # Nodes speak when they like, not all at once.
            await asyncio.sleep(max(0.0, began + second + index / len(fleet.names) - loop.time()))
            for socket in sockets:
                # Whoever has gone is told nothing.
                with contextlib.suppress(ConnectionResetError):
                    for change in fleet.changes(index):
                        await socket.send_json({"id": 1, "type": "event", "event": change})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nodes", type=int)
    parser.add_argument("--defaults", action="store_true", help="only what is enabled by default is")
    arguments = parser.parse_args()
    asyncio.run(_serve(Fleet(arguments.nodes, defaults=arguments.defaults)))
