"""From a node's UDP packet to the state change in Home Assistant, with real parts on one machine.

The packets are edge vitals whose presence flag flips: the whole way but a detector's own window. All times are of
one clock: when the packet was sent, when Home Assistant wrote the state. Beside it, in the same run, the peer:
the same flips through Home Assistant's REST API (`POST /api/states`), the shortest way that a script of a user has.
"""

import argparse
import asyncio
import contextlib
import socket
import statistics
import struct
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from devkit.hass import HomeAssistant
from devkit.server import RuViewServer

_ENTITY = "binary_sensor.node_1_presence"
_PEER = "binary_sensor.peer_presence"
_EDGE_VITALS = struct.Struct("<IBBHIbB2xffI4x")
_MAGIC_EDGE_VITALS = 0xC5110002


def _edge_vitals(*, presence: bool, uptime_ms: int) -> bytes:
    flags = 1 if presence else 0
    return _EDGE_VITALS.pack(_MAGIC_EDGE_VITALS, 1, flags, 0, 0, -50, 1, 0.0, 0.0, uptime_ms)


async def _measure(
    hass: HomeAssistant, entity_id: str, flips: int, flip: Callable[[bool], Awaitable[None] | None]
) -> list[float]:
    """Flip a presence `flips` times; return the milliseconds from each flip to the state that it made."""
    latencies: list[float] = []
    async with hass.websocket() as ws:
        changes = (e["data"] async for e in ws.events("state_changed") if e["data"]["entity_id"] == entity_id)
        pending = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0.5)
        on = await hass.state(entity_id) != "on"
        for _ in range(flips):
            sent = time.time()
            result = flip(on)
            if result is not None:
                await result
            change = await asyncio.wait_for(pending, 10)
            if change["new_state"]["state"] != ("on" if on else "off"):
                message = f"{entity_id} became {change['new_state']['state']}"
                raise RuntimeError(message)
            written = datetime.fromisoformat(change["new_state"]["last_changed"]).timestamp()
            latencies.append((written - sent) * 1000)
            pending = asyncio.ensure_future(anext(changes))
            on = not on
            await asyncio.sleep(0.05)
        pending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pending
    return latencies


def _report(name: str, latencies: list[float]) -> float:
    cuts = statistics.quantiles(latencies, n=100)
    print(
        f"{name:34s} n {len(latencies)}  p50 {cuts[49]:6.2f} ms  p95 {cuts[94]:6.2f} ms  max {max(latencies):6.2f} ms"
    )
    return cuts[49]


async def _bench(flips: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ruview-bench-")))
        hass = await HomeAssistant.start(folder / "hass")
        stack.push_async_callback(hass.stop)
        server = await RuViewServer.start(folder / "server", "run", "--udp-bind", "127.0.0.1:0")
        stack.push_async_callback(server.stop)
        await hass.add_ruview(host=server.host, port=server.port, token=server.token)

        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        started = time.monotonic()

        def send(on: bool) -> None:
            uptime_ms = int((time.monotonic() - started) * 1000)
            udp.sendto(_edge_vitals(presence=on, uptime_ms=uptime_ms), ("127.0.0.1", server.udp_port))

        async def post(on: bool) -> None:
            await hass.rest("POST", f"/api/states/{_PEER}", {"state": "on" if on else "off"})

        send(False)
        await hass.wait_for_state(_ENTITY, "off", seconds=20)
        await post(False)
        ours = _report("UDP packet to Home Assistant state", await _measure(hass, _ENTITY, flips, send))
        peer = _report("peer: POST /api/states", await _measure(hass, _PEER, flips, post))
        print(f"ratio of the medians {ours / peer:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=300)
    asyncio.run(_bench(parser.parse_args().flips))
