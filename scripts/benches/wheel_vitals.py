"""What vital signs cost from Python: the release wheel's batch calls, beside the naive way in numpy.

The bar is 20 ms for 1,000 frames of 56 subcarriers through the four stages, and two threads that together do more than
1.7 times the work of one, because the interpreter is released. Times are the wall's, the best of several: whatever
else runs on the machine only makes them longer.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from accuracies.baselines.spectra import WINDOW_S, naive_rates
from accuracies.samples import Samples
from devkit.paths import ROOT

_FRAMES, _SUBCARRIERS, _RATE_HZ = 1000, 56, 100
_WARM_UP_FRAMES = 4000
_BAR_MS, _BAR_THREADS = 20.0, 1.7
_THREAD_FRAMES = 12_000

Array = npt.NDArray[Any]


def _built(folder: Path) -> Path:
    """Build the wheel for this machine alone."""
    subprocess.run([ROOT / "scripts" / "wheel", folder, "--compatibility", "linux"], check=True, stdout=sys.stderr)
    [wheel] = folder.glob("wifi_densepose-2*.whl")
    return wheel


def _channel(frames: int) -> tuple[Array, Array]:
    """Make the times and the CSI of a chest at 15 a minute, with noise that is the same each time."""
    t = np.arange(frames) / _RATE_HZ
    noise = np.random.default_rng(1).normal(scale=0.3, size=(frames, 1, _SUBCARRIERS, 2))
    chest = np.sin(2 * np.pi * 0.25 * t)[:, None, None] * np.sin(np.arange(_SUBCARRIERS) / 9)
    return t, (20 + chest + noise[..., 0] + 1j * noise[..., 1]).astype(np.complex64)


def _best_ms(rounds: int, prepare: Callable[[], Any], work: Callable[[Any], object]) -> float:
    times = []
    for _ in range(rounds):
        prepared = prepare()
        began = time.perf_counter()
        work(prepared)
        times.append(time.perf_counter() - began)
    return 1e3 * min(times)


def _warm_ms(vitals: ModuleType, package: ModuleType, rounds: int) -> dict[str, float]:
    """Milliseconds for 1,000 more frames of a monitor whose windows are full, for each way in."""
    times, csi = _channel(_WARM_UP_FRAMES + _FRAMES)
    first, last = slice(0, _WARM_UP_FRAMES), slice(_WARM_UP_FRAMES, None)

    def warm() -> Any:  # noqa: ANN401  # a class of a module that is found at run time
        monitor = vitals.VitalsMonitor()
        monitor.push(csi[first], timestamps_s=times[first])
        return monitor

    frames = [package.CsiFrame.from_complex(one, _WARM_UP_FRAMES + at, _RATE_HZ) for at, one in enumerate(csi[last])]
    return {
        "an array": _best_ms(rounds, warm, lambda monitor: monitor.push(csi[last], timestamps_s=times[last])),
        "a list of CsiFrame": _best_ms(rounds, warm, lambda monitor: monitor.push(frames)),
    }


def _cold_ms(vitals: ModuleType, rounds: int) -> float:
    times, csi = _channel(_FRAMES)
    return _best_ms(rounds, lambda: None, lambda _: vitals.process(csi, timestamps_s=times))


def _thread_gain(vitals: ModuleType, rounds: int) -> float:
    """How many times the work of one thread two do in the same time."""
    times, csi = _channel(_THREAD_FRAMES)

    def work() -> None:
        vitals.process(csi, timestamps_s=times)

    def both(_: None) -> None:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return 2 * _best_ms(rounds, lambda: None, lambda _: work()) / _best_ms(rounds, lambda: None, both)


def _naive_ms(rounds: int) -> float:
    """Milliseconds of averaged spectra over 30 s, once a second, for as many frames once the window is full."""
    t, csi = _channel(int(WINDOW_S * _RATE_HZ) + _FRAMES)
    samples = Samples(t.astype(np.float64), csi.astype(np.complex128))
    return _best_ms(rounds, lambda: None, lambda _: naive_rates(samples, phase=False))


def _row(what: str, found: str, goal: str = "", *, reached: bool | None = None) -> None:
    print(f"{what:58s} {found:>10s}   {goal:8s} {'' if reached is None else 'reached' if reached else 'NOT reached'}")


def _bench(wheel: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="ruview-bench-") as folder, zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        sys.path.insert(0, folder)
        package, vitals = import_module("wifi_densepose"), import_module("wifi_densepose.vitals")
        naive = _naive_ms(rounds)
        _row(f"{wheel.name}, best of {rounds}", "found", "goal")
        for way, ms in _warm_ms(vitals, package, rounds).items():
            _row(f"1,000 frames x 56, windows full, from {way}", f"{ms:.2f} ms", "< 20 ms", reached=ms < _BAR_MS)
            _row("  ratio to averaged spectra in numpy", f"{ms / naive:.2f}")
        _row("1,000 frames x 56 of a fresh monitor, from an array", f"{_cold_ms(vitals, rounds):.2f} ms")
        _row("peer: averaged spectra in numpy, windows full", f"{naive:.2f} ms")
        gain = _thread_gain(vitals, rounds)
        _row("work of two threads against one", f"{gain:.2f}", "> 1.7", reached=gain > _BAR_THREADS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="a built wheel (default: build one)")
    parser.add_argument("--rounds", type=int, default=15, help="times that each is measured (default: 15)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ruview-wheel-") as folder:
        _bench(options.wheel or _built(Path(folder)), options.rounds)


if __name__ == "__main__":
    main()
