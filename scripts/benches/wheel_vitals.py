"""What vital signs cost from Python: the release wheel's batch calls, beside the naive way in numpy.

The bar is 20 ms for 1,000 frames of 56 subcarriers through the four stages, and two threads that together do more than
1.7 times the work of one, because the interpreter is released. Times are the wall's, the best of several: whatever
else runs on the machine only makes them longer.
"""

import argparse
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from accuracies.baselines.spectra import WINDOW_S, naive_rates
from accuracies.samples import Samples
from devkit.wheel import built_wheel

_FRAMES, _SUBCARRIERS, _RATE_HZ = 1000, 56, 100
_WARM_UP_FRAMES = 4000
_BAR_MS, _BAR_THREADS = 20.0, 1.7
_PAIR_FRAMES, _PAIR_ROUNDS = 4000, 300

Array = npt.NDArray[Any]


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


def _pair_gains(vitals: ModuleType) -> tuple[float, float]:
    """How many times the work of one two threads do in the same time, and two processes: what this machine has to give.

    Work is short and rounds are many and mixed, so that some fall into moments in which both cores are free.
    """
    times, csi = _channel(_PAIR_FRAMES)

    def work() -> None:
        vitals.process(csi, timestamps_s=times)

    # Forked before there are threads, so that it has the wheel and the data.
    with ProcessPoolExecutor(1, get_context("fork"), _share, (work,)) as process, ThreadPoolExecutor(1) as thread:
        ways: dict[str, Callable[[], None]] = {
            "one": work,
            "threads": lambda: _beside(thread.submit(work), work),
            "processes": lambda: _beside(process.submit(_shared_work), work),
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(_PAIR_ROUNDS):
            for way, run in ways.items():
                began = time.perf_counter()
                run()
                best[way] = min(best[way], time.perf_counter() - began)
    return 2 * best["one"] / best["threads"], 2 * best["one"] / best["processes"]


_shared: list[Callable[[], None]] = []


def _share(work: Callable[[], None]) -> None:
    _shared.append(work)


def _shared_work() -> None:
    _shared[0]()


def _beside(other: Future[None], work: Callable[[], None]) -> None:
    work()
    other.result()


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
        threads, processes = _pair_gains(vitals)
        _row("work of two threads against one", f"{threads:.2f}", "> 1.7", reached=threads > _BAR_THREADS)
        _row("  the same of two processes: what this machine has free", f"{processes:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="a built wheel (default: build one)")
    parser.add_argument("--rounds", type=int, default=15, help="times that each is measured (default: 15)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ruview-wheel-") as folder:
        _bench(options.wheel or built_wheel(Path(folder)), options.rounds)


if __name__ == "__main__":
    main()
