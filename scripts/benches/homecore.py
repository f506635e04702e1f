"""What the state core does in a second, beside Home Assistant's own state machine in the same run.

Both write 500 entities with four attributes in turn, every write changes the value, and one listener gets every change
on the same core. Home Assistant makes a context for each write; so does homecore in the figure that the ratio is of.
Seconds are the processor's for both, so that another program on the machine does not count; the latencies amid readers
are the wall's, on however many cores there are.
"""

import asyncio
import json
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, __version__
from homeassistant.core import Event, HomeAssistant, callback

from devkit.paths import ROOT

_ENTITIES, _WRITES, _RUNS = 500, 100_000, 5
_ATTRIBUTES = {"friendly_name": "Node presence", "device_class": "occupancy", "rssi": -51, "confidence": 0.93}


def _homecore() -> dict[str, Any]:
    manifest = ["--manifest-path", str(ROOT / "native" / "Cargo.toml")]
    build = [
        "cargo",
        "build",
        *manifest,
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "homecore",
        "--example",
        "bench",
    ]
    subprocess.run(build, check=True)
    program = Path(os.environ["CARGO_TARGET_DIR"]) / "release" / "examples" / "bench"
    run = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(run.stdout)
    return figures


async def _home_assistant(folder: str) -> float:
    """Return writes a second of `hass.states.async_set`, listener included."""
    hass = HomeAssistant(folder)
    ids = [f"binary_sensor.node_{n}_presence" for n in range(_ENTITIES)]
    for entity_id in ids:
        hass.states.async_set(entity_id, "off", _ATTRIBUTES)
    await hass.async_block_till_done()
    heard = 0

    @callback
    def on_change(_event: Event[Any]) -> None:
        nonlocal heard
        heard += 1

    hass.bus.async_listen(EVENT_STATE_CHANGED, on_change)
    began = time.thread_time()
    for n in range(_WRITES):
        hass.states.async_set(ids[n % _ENTITIES], "off" if n // _ENTITIES % 2 else "on", _ATTRIBUTES)
    await hass.async_block_till_done()
    seconds = time.thread_time() - began
    if heard != _WRITES:
        message = f"the listener heard {heard} of {_WRITES} changes"
        raise RuntimeError(message)
    await hass.async_stop(force=True)
    return _WRITES / seconds


def _peer() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return max(asyncio.run(_home_assistant(folder)) for _ in range(_RUNS))


def _row(what: str, found: str, goal: str = "", *, reached: bool | None = None) -> None:
    print(f"{what:72s} {found:>14s}   {goal:13s} {'' if reached is None else 'reached' if reached else 'NOT reached'}")


def main() -> None:
    """Measure and print."""
    logging.disable(logging.CRITICAL)
    ours, theirs = _homecore(), _peer()
    sets, with_context = ours["sets_a_second"], ours["sets_a_second_new_context"]
    amid, order, fan = ours["amid_readers"], ours["order"], ours["subscribers"]
    due = fan["subscribers"] * fan["changes_a_second"] * fan["seconds"]
    _row("", "found", "goal")
    _row("changed sets/s on one core, one listener", f"{sets:,.0f}", ">= 2,000,000", reached=sets >= 2e6)  # noqa: PLR2004
    _row("  a new context for each", f"{with_context:,.0f}")
    _row("  nobody listens", f"{ours['sets_a_second_nobody_listens']:,.0f}")
    _row(f"  peer: hass.states.async_set of Home Assistant {__version__}, one listener", f"{theirs:,.0f}")
    _row("  ratio, a new context for each on both sides", f"{with_context / theirs:.1f}")
    readers = f"{amid['readers']} readers on {os.cpu_count()} cores that read all the time"
    _row(f"a set with {readers}: p50", f"{amid['p50_ns']} ns")
    _row("  p99", f"{amid['p99_ns']} ns", "< 2,000 ns", reached=amid["p99_ns"] < 2000)  # noqa: PLR2004
    _row("  reads/s meanwhile", f"{amid['reads_a_second']:,.0f}")
    _row(
        f"{order['writers']} writers, {order['writes']:,} writes: out of order or lost",
        f"{order['wrong']}",
        "0",
        reached=not order["wrong"],
    )
    _row(
        f"{fan['subscribers']} subscribers, {fan['changes_a_second']:,} changes/s for {fan['seconds']} s: lag events",
        f"{fan['lagged']}",
        "0",
        reached=not fan["lagged"],
    )
    _row("  changes received", f"{fan['received']:,}", f"{due:,}", reached=fan["received"] == due)


if __name__ == "__main__":
    main()
