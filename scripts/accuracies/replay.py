"""Has the engine hear recordings: writes a plan, runs `ruview-accuracy replay`, reads what homecore held."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JOINT_BLOCKS = 1
"""Blocks after a silence that are not judged: the engine's window has to fill."""
CALIBRATION_PLAYED_S = 15.0
"""A calibration takes 10 s; a recording that is shorter than this is played to and fro until it has lasted so long."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a recording."""

    path: Path
    from_s: float = 0.0
    to_s: float | None = None
    calibrate: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as native/accuracy/src/plan.rs reads it."""
        plan: dict[str, Any] = {"file": str(self.path), "from_s": self.from_s, "to_s": self.to_s}
        if self.calibrate:
            plan |= {"calibrate": True, "prolong_to_s": CALIBRATION_PLAYED_S}
        return plan


@dataclass(frozen=True, slots=True)
class Run:
    """One life of an engine that hears pieces one after the other; the last one is judged."""

    id: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The end of a second of the judged piece."""

    second: int
    states: dict[str, str]

    def is_on(self, key: str) -> bool | None:
        """Return what a binary sensor says; None for unknown, unavailable and entities that do not exist."""
        return {"on": True, "off": False}.get(self.states.get(key, ""))

    def number(self, key: str) -> float | None:
        """Return what a sensor says; None for unknown, unavailable and entities that do not exist."""
        try:
            return float(self.states.get(key, ""))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Fired:
    """An event of the judged piece."""

    event_type: str
    at_s: float


@dataclass(slots=True)
class Heard:
    """What an engine said of the judged piece."""

    error: str | None = None
    refusals: list[str] = field(default_factory=list)
    length_s: float = 0.0
    joined: bool = False
    calibration: str = ""
    blocks: list[Block] = field(default_factory=list)
    events: list[Fired] = field(default_factory=list)

    @property
    def is_calibrated(self) -> bool:
        """Whether the calibration that was asked for had succeeded when the judged piece began."""
        return self.calibration == "calibrated"

    @property
    def judged(self) -> list[Block]:
        """The blocks that hear one recording only."""
        return [block for block in self.blocks if block.second > (JOINT_BLOCKS if self.joined else 0)]


def replay(binary: Path, runs: Iterable[Run], *, jobs: int) -> dict[str, Heard]:
    """Return what the engine said in each run, by its id."""
    planned = list(runs)
    plan = {"runs": [{"id": run.id, "segments": [part.as_json() for part in run.segments]} for run in planned]}
    if not planned:
        return {}
    process = subprocess.Popen(
        [binary, "replay", "--jobs", str(jobs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if process.stdin is None or process.stdout is None:
        message = "the engine's pipes are missing"
        raise RuntimeError(message)
    with process, process.stdin as plan_in:
        plan_in.write(json.dumps(plan))
        plan_in.close()
        heard = dict(_shown(map(_heard, process.stdout), len(planned)))
    if process.returncode != 0:
        message = f"{binary} failed with {process.returncode}"
        raise RuntimeError(message)
    return {run.id: heard[run.id] for run in planned}


def _shown(runs: Iterator[tuple[str, Heard]], total: int) -> Iterator[tuple[str, Heard]]:
    """Pass runs on, and show how many there were."""
    terminal = sys.stderr.isatty()
    for number, run in enumerate(runs, start=1):
        if terminal or number == total or number % 100 == 0:
            print(f"replayed {number} of {total}", file=sys.stderr, end="\r" if terminal and number < total else "\n")
        yield run


def _heard(line: str) -> tuple[str, Heard]:
    told = json.loads(line)
    if "error" in told:
        return told["run"], Heard(error=told["error"])
    played = told["played"]
    last = len(played["lengths_s"]) - 1
    before = [second["states"].get("calibration", "") for second in played["seconds"] if second["piece"] < last]
    of_last = [second for second in played["seconds"] if second["piece"] == last]
    return told["run"], Heard(
        refusals=played["refusals"],
        length_s=played["lengths_s"][last],
        joined=last > 0,
        calibration=before[-1] if before else "",
        blocks=[Block(second["second"], second["states"]) for second in of_last if second["second"] > 0],
        events=[Fired(e["event_type"], e["at_s"]) for second in of_last for e in second["events"]],
    )
