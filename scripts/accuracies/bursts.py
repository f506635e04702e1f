"""What the fall detector measures of recordings, before any weights, by `ruview-accuracy bursts`."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

type Burst = tuple[float, float]
"""Strength, at most the most that counts, and the logarithm of the duration in seconds."""


@dataclass(frozen=True, slots=True)
class Bursts:
    """The bursts of movement in a clip: those to learn from, and the fewer that a fall could be."""

    learning: tuple[Burst, ...] = ()
    judged: tuple[Burst, ...] = ()


def measure(binary: Path, files: list[Path]) -> dict[Path, Bursts]:
    """Return the bursts of each file that is a recording; of the others, whoever replays them tells why."""
    if not files:
        return {}
    request = json.dumps({"files": [str(file) for file in files]})
    told = subprocess.run([binary, "bursts"], input=request, stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [json.loads(line) for line in told.splitlines()]
    return {Path(line["file"]): _bursts(line["bursts"]) for line in lines if "bursts" in line}


def _bursts(found: dict[str, list[dict[str, float]]]) -> Bursts:
    def of(what: str) -> tuple[Burst, ...]:
        return tuple((burst["strength"], burst["log_duration"]) for burst in found[what])

    return Bursts(of("learning"), of("judged"))
