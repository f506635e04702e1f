"""Prints how long a capture takes from Python, nanoseconds a frame: our reader's and csiread's in turns.

Runs in an environment of its own, which has both.
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import csiread  # type: ignore[import-not-found]  # it is not there where types are checked
import numpy as np
from wifi_densepose.bfi import read_capture  # type: ignore[import-not-found]
from wifi_densepose.capture import read_csi  # type: ignore[import-not-found]


def _ns(work: Callable[[], object]) -> int:
    started = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - started


def _csiread(path: str) -> Any:  # noqa: ANN401  # a class without types
    nexmon = csiread.Nexmon(path, chip="43455c0", bw=80, if_report=False)
    nexmon.read()
    return nexmon


def _both(work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _csi(path: str, rounds: int) -> dict[str, Any]:
    theirs, ours = _csiread(path), read_csi(path)
    # Only where there is CSI: the firmware's status words are no numbers of ours.
    equal = np.array_equal(theirs.csi[:, ours.usable], ours.csi[:, ours.usable])
    frames = len(ours)
    del ours
    times: dict[str, list[int]] = {"ours": [], "csiread": [], "csiread_again": [], "two": []}
    for _ in range(rounds):
        times["ours"].append(_ns(lambda: read_csi(path)))
        times["csiread"].append(_ns(lambda: _csiread(path)))
        times["csiread_again"].append(_ns(theirs.read))
        times["two"].append(_ns(lambda: _both(lambda: read_csi(path))))
    median = {f"{name}_ns": statistics.median(each) / frames for name, each in times.items()}
    return {
        **median,
        "threads": 2 * min(times["ours"]) / min(times["two"]),
        "frames": frames,
        "equal": equal,
        "csiread": csiread.__version__,
    }


def _reports(path: str, rounds: int) -> dict[str, Any]:
    def with_angles() -> None:
        for report in read_capture(path):
            _ = report.angles, report.v

    count = sum(1 for _ in read_capture(path))
    plain = [_ns(lambda: [report.v for report in read_capture(path)]) for _ in range(rounds)]
    angles = [_ns(with_angles) for _ in range(rounds)]
    ours_ns, with_angles_ns = statistics.median(plain) / count, statistics.median(angles) / count
    return {"reports": count, "ours_ns": ours_ns, "with_angles_ns": with_angles_ns}


if __name__ == "__main__":
    _, what, path, rounds = sys.argv
    print(json.dumps((_csi if what == "csi" else _reports)(path, int(rounds))))
