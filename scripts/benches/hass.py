"""The integration in a real Home Assistant, with many nodes: how long it sets up, blocks the event loop, and works.

Home Assistant runs here, with its recorder, history and logbook; the server (devkit/fleet.py) is another process. A
beat on the event loop, every few milliseconds, tells how long the loop was kept from it: by the wall, and by the
processor time of the loop's own thread, which other programs on the machine do not change. Now and then Python collects
garbage among all objects of Home Assistant, and every thread waits: how long that takes is told, and is not in the
loop's processor time. The processor's share is that of the whole process, the recorder's thread included, beside the
same Home Assistant while the server is quiet.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from homeassistant import bootstrap, config_entries, core, runner

from devkit.fleet import TOKEN
from devkit.hass import prepare
from devkit.processes import free_port

_NODES, _SECONDS = 50, 30
_BEAT_S = 0.005
_MAX_SETUP_S, _MAX_BLOCKED_MS, _MAX_SHARE = 3, 50, 0.05


@dataclass(slots=True)
class Garbage:
    """How long Python has collected garbage: on the event loop's own thread, and on any at once since a reset."""

    thread_s: float = 0.0
    longest_s: float = 0.0
    _loop_thread: int = field(default_factory=threading.get_ident)
    _began: tuple[float, float] = (0.0, 0.0)

    def __call__(self, phase: str, _info: dict[str, int]) -> None:
        """Hear of a collection; `gc.callbacks`."""
        wall, thread = time.monotonic(), time.thread_time()
        if phase == "start":
            self._began = wall, thread
            return
        self.longest_s = max(self.longest_s, wall - self._began[0])
        if threading.get_ident() == self._loop_thread:
            self.thread_s += thread - self._began[1]


@dataclass(slots=True)
class Beat:
    """A beat on the event loop, and the longest that it was kept waiting since `reset`."""

    garbage: Garbage
    wall_s: float = 0.0
    thread_s: float = 0.0

    def reset(self) -> None:
        """Forget what was."""
        self.wall_s = self.thread_s = self.garbage.longest_s = 0.0

    def _now(self) -> tuple[float, float]:
        return time.monotonic(), time.thread_time() - self.garbage.thread_s

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            wall, thread = self._now()
            await asyncio.sleep(_BEAT_S)
            later_wall, later_thread = self._now()
            self.wall_s = max(self.wall_s, later_wall - wall - _BEAT_S)
            self.thread_s = max(self.thread_s, later_thread - thread)


@contextlib.contextmanager
def _fleet(nodes: int, *, defaults: bool) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "devkit.fleet", str(nodes), *(["--defaults"] if defaults else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0), process
        finally:
            process.kill()


def _say_go(fleet: subprocess.Popen[str]) -> None:
    if fleet.stdin:
        fleet.stdin.write("go\n")
        fleet.stdin.flush()


async def _start(folder: Path) -> core.HomeAssistant:
    await asyncio.to_thread(prepare, folder, free_port())
    hass = await bootstrap.async_setup_hass(
        runner.RuntimeConfig(config_dir=str(folder), skip_pip=True, log_no_color=True)
    )
    if hass is None:
        message = "Home Assistant did not start"
        raise RuntimeError(message)
    await hass.async_start()
    await hass.async_block_till_done()
    return hass


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one core was taken: by the event loop's thread, and by all of Home Assistant's."""

    loop: float
    process: float

    @classmethod
    async def of(cls, seconds: float) -> Share:
        """Measure for so long."""
        wall, thread, process = time.monotonic(), time.thread_time(), time.process_time()
        await asyncio.sleep(seconds)
        took = time.monotonic() - wall
        return cls((time.thread_time() - thread) / took, (time.process_time() - process) / took)


def _row(what: str, found: str, goal: str = "", *, reached: bool | None = None) -> None:
    print(f"{what:66s} {found:>12s}   {goal:8s} {'' if reached is None else 'reached' if reached else 'NOT reached'}")


def _blocked(what: str, beat: Beat) -> None:
    thread_ms = 1000 * beat.thread_s
    _row(
        f"  event loop blocked while {what}, at most: processor",
        f"{thread_ms:.0f} ms",
        "< 50 ms",
        reached=thread_ms < _MAX_BLOCKED_MS,
    )
    _row("    wall, with all that runs on this machine", f"{1000 * beat.wall_s:.0f} ms")
    _row("    the longest collection of garbage, a part of that", f"{1000 * beat.garbage.longest_s:.0f} ms")


async def _bench(folder: Path, nodes: int, seconds: float, *, defaults: bool) -> None:
    with _fleet(nodes, defaults=defaults) as (port, fleet):
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        hass = await _start(folder)
        beat = Beat(Garbage())
        gc.callbacks.append(beat.garbage)
        beating = asyncio.create_task(beat.run())
        await asyncio.sleep(3)
        beat.reset()
        idle = await Share.of(seconds)
        _row("Home Assistant without RuView: processor", f"{100 * idle.process:.1f} %")
        _blocked("it idles", beat)

        flow = await hass.config_entries.flow.async_init("ruview", context={"source": config_entries.SOURCE_USER})
        data = {"host": "127.0.0.1", "port": port, "token": TOKEN, "ssl": False, "verify_ssl": True}
        beat.reset()
        began = time.monotonic()
        result = await hass.config_entries.flow.async_configure(flow["flow_id"], data)
        if result["type"] != "create_entry":
            raise RuntimeError(result)
        await hass.async_block_till_done()
        took = time.monotonic() - began
        entities = [state for state in hass.states.async_all() if "fleet" in state.entity_id]
        _row(
            f"{nodes} nodes, {len(entities)} enabled entities: set up in",
            f"{took:.2f} s",
            "< 3 s",
            reached=took < _MAX_SETUP_S,
        )
        _blocked("it sets up", beat)

        await asyncio.sleep(5)
        quiet = await Share.of(seconds)
        changes = 0

        @core.callback
        def _count(_event: core.Event[core.EventStateChangedData]) -> None:
            nonlocal changes
            changes += 1

        _say_go(fleet)
        await asyncio.sleep(5)
        hass.bus.async_listen("state_changed", _count)
        beat.reset()
        busy = await Share.of(seconds)
        added = Share(busy.loop - quiet.loop, busy.process - quiet.process)
        _row("  processor, while the server says nothing", f"{100 * quiet.process:.1f} %")
        _row(f"  processor, at 1 update/s a node ({changes / seconds:.0f} states/s)", f"{100 * busy.process:.1f} %")
        for what, share in (("on the event loop", added.loop), ("with the recorder", added.process)):
            _row(f"    of which the updates, {what}", f"{100 * share:.1f} %", "< 5 %", reached=share < _MAX_SHARE)
        _blocked("it runs", beat)

        beat.reset()
        entry = hass.config_entries.async_entries("ruview")[0]
        began = time.monotonic()
        await hass.config_entries.async_unload(entry.entry_id)
        _row("  unloaded in", f"{time.monotonic() - began:.2f} s")
        _blocked("it unloads", beat)
        beating.cancel()
        await hass.async_stop(force=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/bench hass", description=__doc__)
    parser.add_argument("--nodes", type=int, default=_NODES)
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="how long each share is measured")
    parser.add_argument("--defaults", action="store_true", help="only what is enabled by default is")
    arguments = parser.parse_args()
    # Home Assistant's last write to its files may come after its stop.
    with tempfile.TemporaryDirectory(prefix="ruview-bench-", ignore_cleanup_errors=True) as home:
        # Home Assistant can start once in a process: the beat and what blocks are its own.
        asyncio.run(_bench(Path(home), arguments.nodes, arguments.seconds, defaults=arguments.defaults))
