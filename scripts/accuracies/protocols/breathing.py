"""Breathing: how often there is a rate, how right it is, and whether there is none where nobody breathes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from accuracies.baselines.spectra import WINDOW_S, NaiveRates, naive_rates
from accuracies.labels import EMPTY_LABELS, HOLD_LABELS, MOVING_LABELS, Recording
from accuracies.parallel import each
from accuracies.replay import Heard, Run, Segment
from accuracies.report import NOTHING, Bar, Section, Table, number, percent
from accuracies.samples import SamplesError, load

_NEAR = 2.0
_RULES = """\
Windows of 30 s, one a second: from the 30th second on, what `sensor.breathing_rate` shows at the end of a second is
the rate of that window. The engine is cold: it has heard nothing before the recording. *Coverage* is the share of
windows with a rate; errors (breaths/min) are those of the windows with one. The naive rates always answer. Naive: the
best single subcarrier; averaged: all subcarriers' spectra, 0.1 to 0.6 Hz, from amplitudes and, with two or more
antennas, from the phases between them. Recordings whose label says of itself that it is weak are listed and left out
of the sets' figures.

The entity shows whole breaths and keeps a number until the rate is 0.75 away. Where the truth is a whole number, as a
metronome's is, an error of less than that shows as 0: an MAE of 0.00 says "right to the number shown" and no more.
The naive rates are not rounded, so errors below about 0.5 do not tell the two apart. And whoever may stay silent has
it easier: the second table has the naive rates in only those windows in which the engine told one."""


def runs(recordings: list[Recording]) -> list[Run]:
    """Return what the engine hears."""
    return [_run(recording) for recording in _suitable(recordings)]


def _suitable(recordings: list[Recording]) -> list[Recording]:
    return [r for r in recordings if r.kinds & {"breathing", "presence"} and (r.number or _has_no_rate(r))]


def _has_no_rate(recording: Recording) -> bool:
    return recording.label in EMPTY_LABELS | HOLD_LABELS | MOVING_LABELS


def _run(recording: Recording) -> Run:
    return Run(f"breathing {recording.key}", (Segment(recording.path),))


@dataclass(frozen=True, slots=True)
class Peers:
    """The naive rates; None without a second antenna or a readable file."""

    amplitude: NaiveRates | None
    phase: NaiveRates | None


def peers(recording: Recording) -> Peers:
    """Return the naive rates of a recording."""
    try:
        samples = load(recording.path)
    except SamplesError:
        return Peers(None, None)
    if not len(samples.t):
        return Peers(None, None)
    return Peers(naive_rates(samples, phase=False), naive_rates(samples, phase=True))


@dataclass(frozen=True, slots=True)
class Errors:
    """How far the rates of some windows are off."""

    windows: int
    off: tuple[float, ...]

    @classmethod
    def of(cls, rates: list[float | None], truth: float) -> Errors:
        """Compare rates with the truth; None is a window without one."""
        return cls(len(rates), tuple(abs(rate - truth) for rate in rates if rate is not None))

    def __add__(self, other: Errors) -> Errors:
        """Return both together."""
        return Errors(self.windows + other.windows, self.off + other.off)

    def where(self, told: list[bool]) -> Errors:
        """Return those of the windows in which something was told; all windows must have a rate."""
        kept = tuple(off for off, one in zip(self.off, told, strict=False) if one)
        return Errors(len(kept), kept)

    @property
    def coverage(self) -> float:
        """The share of windows with a rate."""
        return len(self.off) / self.windows if self.windows else 0.0

    @property
    def mae(self) -> float | None:
        """The mean absolute error of the windows with a rate."""
        return sum(self.off) / len(self.off) if self.off else None

    @property
    def near(self) -> float:
        """The share of the rates that are off by no more than 2 breaths/min."""
        return sum(off <= _NEAR for off in self.off) / len(self.off) if self.off else 0.0

    def short(self) -> str:
        """Return error and share for a table."""
        return f"{number(self.mae)} / {percent(self.near, 1, 0)}" if self.off else NOTHING


@dataclass(frozen=True, slots=True)
class Result:
    """What was said of a recording with a known rate."""

    recording: Recording
    ours: Errors
    told: list[bool]
    naive: tuple[Errors | None, Errors | None, Errors | None, Errors | None]


_NAIVE_COLUMNS = ("naive", "averaged", "naive, phase", "averaged, phase")


def report(recordings: list[Recording], heard: dict[str, Heard]) -> Section:
    """Judge all recordings."""
    section = Section("Breathing", [_RULES])
    breathing: list[Result] = []
    silent = Table(
        ("set", "recording", "label", "seconds", "seconds with a rate", "30 s windows", "windows with a rate")
    )
    false_rates: dict[str, int] = {}
    suitable = _suitable(recordings)
    others = dict(zip((r.key for r in suitable), each(peers, suitable, "breathing baselines"), strict=True))
    for recording in suitable:
        answer = heard[_run(recording).id]
        if answer.error:
            section.errors.append(answer.error)
            continue
        said = [block.number("breathing_rate") for block in answer.blocks]
        windows = said[WINDOW_S - 1 :]
        truth = recording.number
        if truth is not None:
            breathing.append(
                Result(
                    recording,
                    Errors.of(windows, truth),
                    [rate is not None for rate in windows],
                    _naive(others[recording.key], truth),
                )
            )
            continue
        false_rates[recording.key] = sum(rate is not None for rate in said)
        in_windows = sum(rate is not None for rate in windows)
        silent.rows.append(
            (
                recording.set,
                recording.name,
                recording.label,
                str(len(said)),
                str(false_rates[recording.key]),
                str(len(windows)),
                str(in_windows),
            )
        )
    section.parts += [_by_set(breathing), "In the windows in which the engine told a rate:", _same_windows(breathing)]
    section.parts += [_by_recording(breathing)]
    section.parts += [
        "Recordings in which there is no rate to be found, so any is false (the naive rates always answer):",
        silent,
    ]
    section.bars += _bars(breathing, recordings, false_rates)
    return section


def _naive(peers: Peers, truth: float) -> tuple[Errors | None, Errors | None, Errors | None, Errors | None]:
    def errors(rates: NaiveRates | None, which: Callable[[NaiveRates], list[float]]) -> Errors | None:
        return None if rates is None else Errors.of(list(which(rates)), truth)

    return (
        errors(peers.amplitude, lambda rates: rates.best),
        errors(peers.amplitude, lambda rates: rates.averaged),
        errors(peers.phase, lambda rates: rates.best),
        errors(peers.phase, lambda rates: rates.averaged),
    )


def _sum(errors: list[Errors]) -> Errors:
    return sum(errors, Errors(0, ()))


def _by_set(results: list[Result]) -> Table:
    table = Table(
        (
            "set",
            "recordings",
            "windows",
            "coverage",
            "MAE",
            "within 2",
            *(f"{c}: MAE / within 2" for c in _NAIVE_COLUMNS),
        )
    )
    for name, group in groupby(sorted(results, key=lambda r: r.recording.set), key=lambda r: r.recording.set):
        members = [result for result in group if not result.recording.is_weak]
        ours = _sum([result.ours for result in members])
        naive = [_sum([e for result in members if (e := result.naive[k])]).short() for k in range(4)]
        table.rows.append(
            (
                name,
                str(len(members)),
                str(ours.windows),
                percent(len(ours.off), ours.windows),
                number(ours.mae),
                percent(ours.near, 1, 0) if ours.off else NOTHING,
                *naive,
            )
        )
    return table


def _same_windows(results: list[Result]) -> Table:
    table = Table(("set", "windows", "engine", *_NAIVE_COLUMNS))
    for name, group in groupby(sorted(results, key=lambda r: r.recording.set), key=lambda r: r.recording.set):
        members = [result for result in group if not result.recording.is_weak]
        ours = _sum([result.ours for result in members])
        naive = [_sum([e.where(result.told) for result in members if (e := result.naive[k])]).short() for k in range(4)]
        table.rows.append((name, str(len(ours.off)), ours.short(), *naive))
    return table


def _by_recording(results: list[Result]) -> Table:
    table = Table(("set", "recording", "rate", "coverage", "MAE", "within 2", *_NAIVE_COLUMNS))
    for result in results:
        recording, ours = result.recording, result.ours
        name = f"{recording.name} (weak truth)" if recording.is_weak else recording.name
        table.rows.append(
            (
                recording.set,
                name,
                recording.label,
                percent(len(ours.off), ours.windows, 0),
                number(ours.mae),
                percent(ours.near, 1, 0) if ours.off else NOTHING,
                *(e.short() if e else NOTHING for e in result.naive),
            )
        )
    return table


def _bars(results: list[Result], recordings: list[Recording], false_rates: dict[str, int]) -> list[Bar]:
    trusted = [result for result in results if not result.recording.is_weak and result.ours.windows]
    intel = [result for result in trusted if result.recording.chip.lower().startswith("intel")]
    others = [result for result in trusted if result not in intel]
    labels = {r.key: r.label for r in recordings}
    must_be_none = {key: count for key, count in false_rates.items() if labels[key] in EMPTY_LABELS | HOLD_LABELS}
    total = sum(must_be_none.values())
    zero = Bar(
        "no rate on empty and held-breath recordings",
        f"{total} seconds with a rate in {len(must_be_none)} recordings" if must_be_none else "no such recordings",
        total == 0 if must_be_none else None,
    )
    return [
        _sets_bar(
            "breathing, all chips but Intel: coverage >= 70 %, MAE <= 1/min, >= 90 % within 2/min, in every set",
            others,
            lambda e: e.coverage >= 0.7 and (e.mae or 0) <= 1 and e.near >= 0.9,  # noqa: PLR2004
        ),
        _sets_bar(
            "breathing, Intel sets: MAE <= 2/min",
            intel,
            lambda e: e.mae is not None and e.mae <= 2,  # noqa: PLR2004
        ),
        zero,
    ]


def _sets_bar(goal: str, results: list[Result], is_met: Callable[[Errors], bool]) -> Bar:
    sets = {name: _sum([r.ours for r in group]) for name, group in groupby(results, key=lambda r: r.recording.set)}
    found = "; ".join(f"{name}: {percent(e.coverage, 1, 0)}, {e.short()}" for name, e in sets.items())
    return Bar(goal, found or "no such recordings", all(map(is_met, sets.values())) if sets else None)
