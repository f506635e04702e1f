"""A server that starts and stops, one with many subscribers to what changes all the time, and one with many nodes.

The changes come from edge vitals of 50 nodes whose presence flips, over UDP; the subscribers are one program of Rust on
the same machine, so that its own work counts against the server. A latency is the time from the server's write of a
state to the subscriber. The nodes of the second part send CSI, as in scripts/soak.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from devkit.paths import ROOT
from devkit.processes import Process
from devkit.server import RuViewServer
from devkit.soak import sample

_SUBSCRIBERS, _CHANGES_A_SECOND, _SECONDS = 100, 1000, 20
_NODES, _RATE = 64, 100
_FLIPPING = 50
# As scripts/benches/latency.py sends them.
_EDGE_VITALS = struct.Struct("<IBBHIbB2xffI4x")
_MAGIC_EDGE_VITALS = 0xC5110002


def _program() -> Path:
    manifest = ["--manifest-path", str(ROOT / "native" / "Cargo.toml")]
    package = ["--package", "ruview-server", "--example", "subscribers"]
    subprocess.run(["cargo", "build", *manifest, "--release", "--locked", "--quiet", *package], check=True)
    return Path(os.environ["CARGO_TARGET_DIR"]) / "release" / "examples" / "subscribers"


@dataclass(slots=True)
class Flipper:
    """Nodes whose presence flips, one after the other."""

    port: int
    per_second: float
    sent: int = 0

    async def run(self) -> None:
        """Send until cancelled; what is late is sent as soon as possible."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", self.port))
            began, first = time.monotonic(), self.sent
            while True:
                while self.sent - first < (time.monotonic() - began) * self.per_second:
                    node, turn = self.sent % _FLIPPING + 1, self.sent // _FLIPPING
                    uptime_ms = turn * 20
                    sender.send(
                        _EDGE_VITALS.pack(_MAGIC_EDGE_VITALS, node, turn % 2, 0, 0, -50, 1, 0.0, 0.0, uptime_ms)
                    )
                    self.sent += 1
                await asyncio.sleep(0.002)


async def _subscribe(program: Path, server: RuViewServer, count: int, seconds: float, folder: Path) -> dict[str, Any]:
    command: list[str | Path] = [program, f"{server.host}:{server.port}", server.token, str(count), str(seconds)]
    subscribers = await Process.start("subscribers", command, folder / "subscribers.log", pipe_stdout=True)
    if await subscribers.read_line() != b"ready\n":
        await subscribers.wait()
        message = f"the subscribers did not start:\n{subscribers.tail()}"
        raise RuntimeError(message)
    figures: dict[str, Any] = json.loads(await subscribers.read_line())
    await subscribers.wait()
    return figures


def _row(what: str, found: str, goal: str = "") -> None:
    print(f"{what:70s} {found:>16s}   {goal}")


async def _start_and_stop(folder: Path) -> None:
    begun = time.monotonic()
    server = await RuViewServer.start(folder / "idle", "run", "--udp-bind", "127.0.0.1:0")
    ready = time.monotonic() - begun
    asked = time.monotonic()
    await server.stop()
    stopped = time.monotonic() - asked
    _row("from the start of the program until it is ready", f"{1000 * ready:.0f} ms", "< 1 s")
    _row("from SIGTERM to the end of the program", f"{1000 * stopped:.0f} ms", "< 2 s")


async def _fan_out(program: Path, folder: Path, changes: float) -> None:
    async with contextlib.AsyncExitStack() as stack:
        server = await RuViewServer.start(folder / "server", "run", "--udp-bind", "127.0.0.1:0")
        stack.push_async_callback(server.stop)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        flipper = Flipper(server.udp_port or 0, changes / 4)
        flipping = asyncio.create_task(flipper.run())
        stack.callback(flipping.cancel)
        await asyncio.sleep(2)
        # How many changes a packet makes is the engine's business: found out with one subscriber.
        before = flipper.sent
        one = await _subscribe(program, server, 1, 5, folder)
        flipper.per_second = changes * (flipper.sent - before) / max(1, one["changes"])
        flipping.cancel()
        stack.callback(asyncio.create_task(flipper.run()).cancel)
        began = time.monotonic()
        first = await sample(session, server, began)
        found = await _subscribe(program, server, _SUBSCRIBERS, _SECONDS, folder)
        last = await sample(session, server, began)
    load = (last.processor_s - first.processor_s) / (last.second - first.second)
    _row(
        f"{_SUBSCRIBERS} subscribers, each: changes/s",
        f"{found['changes'] / _SUBSCRIBERS / _SECONDS:,.0f}",
        f"{changes:,.0f}",
    )
    _row("  latency p50", f"{found['p50_ms']:.1f} ms")
    _row("  latency p95", f"{found['p95_ms']:.1f} ms")
    _row("  latency p99", f"{found['p99_ms']:.1f} ms")
    _row("  subscribers that lagged and started again from a snapshot", f"{found['resyncs']}", "0")
    _row("  server: resident memory", f"{last.resident_kib / 1024:.1f} MiB")
    _row("  server: processor", f"{100 * load:.0f} % of a core")


async def _many_nodes(folder: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        server = await RuViewServer.start(folder / "nodes", "run", "--udp-bind", "127.0.0.1:0")
        stack.push_async_callback(server.stop)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        began = time.monotonic()
        idle = await sample(session, server, began)
        command = [sys.executable, "-m", "devkit.load", str(server.udp_port), str(_NODES), str(_RATE)]
        load = await Process.start("load", command, folder / "load.log")
        stack.push_async_callback(load.stop)
        await asyncio.sleep(_SECONDS / 2)
        first = await sample(session, server, began)
        await asyncio.sleep(_SECONDS)
        last = await sample(session, server, began)
    seconds = last.second - first.second
    packets = last.counters["packets_accepted"] - first.counters["packets_accepted"]
    _row("a server without nodes: resident memory", f"{idle.resident_kib / 1024:.1f} MiB", "< 50 MiB")
    _row(f"{_NODES} nodes over UDP: packets/s", f"{packets / seconds:,.0f}", f"{_NODES * _RATE:,}")
    _row("  processor", f"{100 * (last.processor_s - first.processor_s) / seconds:.0f} % of a core", "< 50 %")
    _row("  resident memory", f"{last.resident_kib / 1024:.1f} MiB")
    _row("  lost", ", ".join(f"{reason} {count}" for reason, count in last.drops().items()) or "nothing", "nothing")


async def _bench(changes: float) -> None:
    with tempfile.TemporaryDirectory(prefix="ruview-bench-") as folder:
        program = _program()
        print(f"{os.cpu_count()} cores, on which everything runs")
        await _start_and_stop(Path(folder))
        await _fan_out(program, Path(folder), changes)
        await _many_nodes(Path(folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/bench server", description=__doc__)
    parser.add_argument("--changes", type=float, default=_CHANGES_A_SECOND, help="state changes a second")
    asyncio.run(_bench(parser.parse_args().changes))
