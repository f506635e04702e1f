"""The same work for many things, on both cores, with what it is and how far it is shown."""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

JOBS = 2


def each[Thing, Result](work: Callable[[Thing], Result], things: Sequence[Thing], what: str) -> list[Result]:
    """Return the results of `work` on each of `things`, in their order."""
    if not things:
        return []
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    done: list[Result] = []
    terminal = sys.stderr.isatty()
    with ProcessPoolExecutor(JOBS) as pool:
        chunk = max(1, len(things) // (8 * JOBS))
        for number, result in enumerate(pool.map(work, things, chunksize=chunk), start=1):
            done.append(result)
            if terminal or number == len(things):
                end = "\r" if terminal and number < len(things) else "\n"
                print(f"{what}: {number} of {len(things)}", file=sys.stderr, end=end)
    return done
