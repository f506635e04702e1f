"""What sensing costs on one core, from the real detectors and the real engine, beside the naive way in numpy.

The peer is what a script of a user would do for breathing alone: a spectrum of all subcarriers over the last 30 s,
once a second, as scripts/accuracy measures its accuracy. It finds no motion, no confidence and no anomaly.
"""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from accuracies.baselines.spectra import WINDOW_S, naive_rates
from accuracies.samples import Samples
from devkit.paths import ROOT

_FRAMES, _SUBCARRIERS, _RATE_HZ = 1000, 56, 100


def _built() -> Path:
    manifest = ["--manifest-path", str(ROOT / "native" / "Cargo.toml")]
    build = ["cargo", "build", *manifest, "--release", "--locked", "--quiet", "--package", "ruview-accuracy"]
    subprocess.run(build, check=True)
    return Path(os.environ["CARGO_TARGET_DIR"]) / "release" / "ruview-accuracy"


def kib_per_node(resident: list[tuple[int, int]]) -> float:
    """Return the slope of memory over nodes, least squares."""
    nodes, kib = np.array(resident, dtype=np.float64).T
    return float(np.polyfit(nodes, kib, 1)[0])


def _naive_ms() -> float:
    """Return the milliseconds that the naive way takes for as many frames, when its window is full."""
    seconds = WINDOW_S + _FRAMES / _RATE_HZ
    t = np.arange(0, seconds, 1 / _RATE_HZ)
    noise = np.random.default_rng(1).normal(size=(len(t), 1, _SUBCARRIERS))
    channel = 40 + np.sin(2 * np.pi * 0.25 * t)[:, None, None] + noise
    samples = Samples(t.astype(np.float64), channel.astype(np.complex128))
    times = []
    for _ in range(5):
        began = time.process_time()
        naive_rates(samples, phase=False)
        times.append(time.process_time() - began)
    return 1e3 * min(times)


def _row(what: str, found: str, goal: str, reached: bool | None = None) -> None:
    print(f"{what:66s} {found:>12s}   {goal:10s} {'' if reached is None else 'reached' if reached else 'NOT reached'}")


def main() -> None:
    """Measure and print."""
    run = subprocess.run([_built(), "bench"], check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(run.stdout)
    cold, warm = figures["vitals_1000_frames_ms"], figures["vitals_1000_frames_warm_ms"]
    packet, share = figures["packet_us"], figures["engine_core_share"]
    naive = _naive_ms()
    _row(f"one core, {figures['clock']} time", "found", "goal")
    _row("1,000 frames x 56 subcarriers, four vital stages, windows full", f"{warm:.2f} ms", "< 20 ms", warm < 20)  # noqa: PLR2004
    _row("  of a fresh monitor, whose window they do not fill", f"{cold:.2f} ms", "")
    _row("  peer: averaged spectra in numpy, windows full", f"{naive:.2f} ms", "")
    _row("  ratio, windows full", f"{warm / naive:.2f}", "")
    _row("one packet of 64 bins: conditioning, motion, vitals", f"{packet:.1f} us", "< 30 us", packet < 30)  # noqa: PLR2004
    _row("  through the whole engine, 64 nodes", f"{figures['engine_packet_us']:.1f} us", "")
    _row("64 nodes at 100 packets/s, whole engine", f"{100 * share:.1f} %", "< 50 %", share < 0.5)  # noqa: PLR2004
    resident = [(nodes, kib) for nodes, kib in figures["resident"] if nodes]
    _row("memory per node", f"{kib_per_node(resident):.0f} KiB", "")


if __name__ == "__main__":
    main()
