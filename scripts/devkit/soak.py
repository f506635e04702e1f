"""A server under load for a long time: whether its memory grows, what it leaks and what it loses.

64 nodes send 100 packets a second each over UDP; WebSocket subscribers come, read for a while and go. Memory is judged
by a straight line through what was resident after the warm-up: it grows when even the slope less twice its standard
error is above the bound.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from .processes import Process
from .server import RuViewServer

_EVERY_S = 10
# Windows of detectors fill and connections come for the first time; after so long they have.
_WARM_UP_S = 300
_JUDGED_S = 300
_SUBSCRIBERS = 5
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """What a server is at a moment."""

    second: float
    resident_kib: int
    descriptors: int
    threads: int
    processor_s: float
    counters: dict[str, Any]

    def drops(self) -> dict[str, int]:
        """Return what was lost, by reason; reasons without a loss are left out."""
        rejected = self.counters["packets_rejected"]
        reasons = ("kernel_drops", "dropped_too_many_nodes", "dropped_other_source", "ws_resyncs", "failed_sources")
        every = {**rejected, **{reason: self.counters[reason] for reason in reasons}}
        return {reason: count for reason, count in every.items() if count}


def _status(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1])


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


async def _connected(session: aiohttp.ClientSession, server: RuViewServer) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(f"http://{server.host}:{server.port}/ws/v1", max_msg_size=0)
    await socket.receive_json()
    await socket.send_json({"type": "auth", "token": server.token})
    await socket.receive_json()
    return socket


async def sample(session: aiohttp.ClientSession, server: RuViewServer, began: float) -> Sample:
    """Ask the system and the server itself."""
    async with await _connected(session, server) as socket:
        await socket.send_json({"id": 1, "type": "get_diagnostics"})
        counters = (await socket.receive_json())["result"]["counters"]
    pid = server.process.pid
    return Sample(
        time.monotonic() - began,
        _status(pid, "VmRSS:"),
        len(os.listdir(f"/proc/{pid}/fd")),  # noqa: PTH208 - no paths are wanted
        _status(pid, "Threads:"),
        _processor_s(pid),
        counters,
    )


async def _come_and_go(server: RuViewServer) -> None:
    """Subscribe, read for some seconds, go; every other time without a good-bye."""
    for turn in itertools.count():
        async with aiohttp.ClientSession() as session:
            socket = await _connected(session, server)
            await socket.send_json({"id": 1, "type": "subscribe"})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(1, 20)):  # noqa: S311 - no secret
                    async for _ in socket:
                        pass
            if turn % 2:
                await socket.close()


def slope_kib_h(samples: list[Sample]) -> tuple[float, float]:
    """Return the slope of resident memory in KiB an hour by least squares, and its standard error."""
    hours = np.array([s.second for s in samples]) / 3600
    kib = np.array([s.resident_kib for s in samples], dtype=np.float64)
    spread = float(((hours - hours.mean()) ** 2).sum())
    slope = float(((hours - hours.mean()) * (kib - kib.mean())).sum()) / spread
    rest = kib - kib.mean() - slope * (hours - hours.mean())
    error = float(np.sqrt((rest**2).sum() / max(1, len(samples) - 2) / spread))
    return slope, error


def _print(now: Sample, before: Sample | None) -> None:
    since = before or Sample(0, 0, 0, 0, 0, {"packets_accepted": 0})
    seconds = now.second - since.second
    rate = (now.counters["packets_accepted"] - since.counters["packets_accepted"]) / seconds
    load = 100 * (now.processor_s - since.processor_s) / seconds
    drops = ", ".join(f"{reason} {count:,}" for reason, count in now.drops().items()) or "none"
    print(
        f"{now.second:7.0f} {now.resident_kib:10,} {now.descriptors:6} {now.threads:8} {now.counters['ws_clients']:8}"
        f" {rate:10,.0f} {load:7.1f}   {drops}",
        flush=True,
    )


async def _watch(server: RuViewServer, minutes: float) -> list[Sample]:
    samples: list[Sample] = []
    began = time.monotonic()
    titles = f"{'s':>7} {'RSS KiB':>10} {'files':>6} {'threads':>8} {'clients':>8} {'packets/s':>10} {'CPU %':>7}"
    print(f"{titles}   lost so far")
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        clients = [group.create_task(_come_and_go(server)) for _ in range(_SUBSCRIBERS)]
        while time.monotonic() - began < minutes * 60:
            await asyncio.sleep(_EVERY_S)
            samples.append(await sample(session, server, began))
            _print(samples[-1], samples[-2] if len(samples) > 1 else None)
        for client in clients:
            client.cancel()
    return samples


def _judge(samples: list[Sample], bound: float) -> int:
    judged = [s for s in samples if s.second >= _WARM_UP_S]
    if not judged or judged[-1].second - judged[0].second < _JUDGED_S - 2 * _EVERY_S:
        print(f"lost in all: {samples[-1].drops() or 'nothing'}")
        print(f"too short to say whether memory grows: {(_WARM_UP_S + _JUDGED_S) // 60} minutes at least")
        return 0
    slope, error = slope_kib_h(judged)
    first, last = judged[0], judged[-1]
    seconds = last.second - first.second
    sent = last.counters["packets_accepted"] - first.counters["packets_accepted"]
    print(f"after {_WARM_UP_S} s of warm-up, over {seconds:.0f} s:")
    print(f"  resident memory: {slope:+,.0f} KiB/h (standard error {error:,.0f}); bound {bound:,.0f} KiB/h")
    print(f"  open files {first.descriptors} -> {last.descriptors}, threads {first.threads} -> {last.threads}")
    print(
        f"  packets {sent / seconds:,.0f}/s, {100 * (last.processor_s - first.processor_s) / seconds:.1f} % of one core"
    )
    print(f"  lost in all: {last.drops() or 'nothing'}")
    grows = slope - 2 * error > bound
    print("  memory GROWS" if grows else "  memory does not grow")
    return int(grows)


async def _soak(minutes: float, nodes: int, rate: int, bound: float) -> int:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ruview-soak-")))
        server = await RuViewServer.start(folder / "server", "run", "--udp-bind", "127.0.0.1:0")
        stack.push_async_callback(server.stop)
        command = [sys.executable, "-m", "devkit.load", str(server.udp_port), str(nodes), str(rate)]
        load = await Process.start("load", command, folder / "load.log")
        stack.push_async_callback(load.stop)
        samples = await _watch(server, minutes)
        if not load.running:
            print(f"the load ended early:\n{load.tail()}")
            return 1
        return _judge(samples, bound)


def main() -> int:
    """Run; 1 when memory grows."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--rate", type=int, default=100, help="packets a second of each node")
    parser.add_argument("--bound", type=float, default=2048, help="KiB an hour that memory may grow")
    arguments = parser.parse_args()
    return asyncio.run(_soak(arguments.minutes, arguments.nodes, arguments.rate, arguments.bound))


if __name__ == "__main__":
    sys.exit(main())
