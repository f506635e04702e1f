"""Prints how long csiread takes for a Nexmon recording: the median over some runs, nanoseconds a frame.

Runs in an environment of its own, which has csiread and nothing of ours.
"""

import json
import statistics
import sys
import time

import csiread  # type: ignore[import-not-found]  # it is not there where types are checked

_RUNS = 200


def _read_ns(recording: csiread.Nexmon) -> float:
    """Return the nanoseconds a frame of one run, from the file to the last sample, into arrays that are there."""
    started = time.perf_counter_ns()
    recording.read()
    frames: int = recording.count
    return (time.perf_counter_ns() - started) / frames


if __name__ == "__main__":
    nexmon = csiread.Nexmon(sys.argv[1], chip="43455c0", bw=80, if_report=False)
    runs = [_read_ns(nexmon) for _ in range(_RUNS)]
    print(json.dumps({"version": csiread.__version__, "ns": statistics.median(runs)}))
