"""The recordings of a folder, as its labels.csv names them. Nothing here knows a set, a chip or a person by name."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

QUIET_LABELS = frozenset({"quiet", "static", "still", "idle", "baseline", "empty", "nobody", "none", "no_motion"})
MOVING_LABELS = frozenset({"motion", "movement", "moving", "move", "walking", "walk", "active"})
EMPTY_LABELS = frozenset({"empty", "nobody", "none", "vacant"})
HOLD_LABELS = frozenset({"hold", "breathhold", "apnea"})
FALL_LABELS = frozenset({"fall", "falling"})
_NEEDED = ("set", "file", "kind", "label")
_DATE_AND_TIME = re.compile(r"(20\d{6})[_T-]?(\d{6})(?!\d)")
_EPOCH = re.compile(r"(?<!\d)(1[5-9]\d{8})(?!\d)")
_PERSON = re.compile(r"(?:user|subject|person|participant|volunteer)[_-]?([0-9]+|[a-z]\b)", re.IGNORECASE)


class LabelsError(Exception):
    """The folder has no labels that could be read."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One line of labels.csv."""

    set: str
    path: Path
    kinds: frozenset[str]
    label: str
    quality: str
    chip: str
    duration_s: float
    rate_hz: float

    @property
    def name(self) -> str:
        """The file's name without its ending: unique within its set."""
        return self.path.stem

    @property
    def key(self) -> str:
        """Names it among all recordings."""
        return f"{self.set}/{self.name}"

    @property
    def number(self) -> float | None:
        """The label as a number, where it is one."""
        try:
            return float(self.label)
        except ValueError:
            return None

    @property
    def is_weak(self) -> bool:
        """Whether whoever labelled it says that the label may be wrong."""
        return "weak" in self.quality.lower()

    @property
    def person(self) -> str:
        """Who is in it, from the file's name: `user2` is "2"."""
        found = _PERSON.search(self.name)
        return found[1].lower() if found else "?"

    @property
    def recorded_at(self) -> float | None:
        """When it was made, from the file's name: a date and time, or seconds since 1970."""
        if found := _DATE_AND_TIME.search(self.name):
            try:
                return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
            except ValueError:
                return None
        return float(found[1]) if (found := _EPOCH.search(self.name)) else None


def read_labels(folder: Path, sets: Iterable[str] = ()) -> list[Recording]:
    """Return the labelled recordings of `folder`, of the named sets only where any is named."""
    file = folder / "labels.csv"
    wanted = set(sets)
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{file} cannot be read ({error}). It must list the recordings with the columns {', '.join(_NEEDED)}"
        raise LabelsError(message) from error
    missing = [column for column in _NEEDED if rows and column not in rows[0]]
    if missing or not rows:
        message = f"{file} lists nothing" if not rows else f"{file} lacks the columns {', '.join(missing)}"
        raise LabelsError(message)
    recordings = [_recording(folder, row) for row in rows]
    unknown = wanted - {recording.set for recording in recordings}
    if unknown:
        known = ", ".join(sorted({recording.set for recording in recordings}))
        message = f"{file} has no set {', '.join(sorted(unknown))}; sets: {known}"
        raise LabelsError(message)
    chosen = [recording for recording in recordings if not wanted or recording.set in wanted]
    return sorted(chosen, key=lambda recording: (recording.set, natural(recording.name)))


def _recording(folder: Path, row: dict[str, str | None]) -> Recording:
    def text(column: str) -> str:
        return (row.get(column) or "").strip()

    def number(column: str) -> float:
        try:
            return float(text(column))
        except ValueError:
            return 0.0

    return Recording(
        set=text("set"),
        path=folder / text("file"),
        kinds=frozenset(text("kind").lower().split("+")),
        label=text("label").lower(),
        quality=text("label_quality"),
        chip=text("chip") or "?",
        duration_s=number("duration_s"),
        rate_hz=number("rate_hz"),
    )


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sort key by which `take_2` comes before `take_10`."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name))


def by_set_and_chip(recordings: Iterable[Recording]) -> dict[tuple[str, str], list[Recording]]:
    """Group recordings that can be compared: of one set and one chip."""
    ordered = sorted(recordings, key=lambda r: (r.set, r.chip, natural(r.name)))
    return {key: list(group) for key, group in groupby(ordered, key=lambda r: (r.set, r.chip))}
