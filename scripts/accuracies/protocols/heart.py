"""Heart rate: whether it is better than guessing the others' mean."""

import numpy as np

from accuracies.labels import Recording
from accuracies.replay import Heard, Run, Segment
from accuracies.report import NOTHING, Section, Table, number, percent
from accuracies.samples import UNREADABLE

_RULES = """\
All recordings with a known heart rate; n is small, so nothing can be concluded beyond what is written. The engine is
cold. Guessing is the mean of the other recordings' rates. Where the truth is an electrocardiogram, its rate is the
lag of the highest peak of its autocorrelation."""
_RATE_HZ = 100.0
_LAGS_S = (60 / 180, 60 / 40)


def runs(recordings: list[Recording]) -> list[Run]:
    """Return what the engine hears."""
    return [_run(recording) for recording in recordings if "heart" in recording.kinds]


def _run(recording: Recording) -> Run:
    return Run(f"heart {recording.key}", (Segment(recording.path),))


def true_rate(recording: Recording) -> float | None:
    """Return the beats per minute that the label or the electrocardiogram says."""
    if recording.number is not None:
        return recording.number
    try:
        with np.load(recording.path) as arrays:
            t, ecg = arrays["t"].astype(np.float64), arrays["ecg"].astype(np.float64)
    except UNREADABLE:
        return None
    clock = np.arange(t[0], t[-1], 1 / _RATE_HZ)
    beats = np.diff(np.interp(clock, t, ecg))
    beats = beats - beats.mean()
    likeness = np.correlate(beats, beats, mode="full")[len(beats) - 1 :]
    first, last = (int(lag * _RATE_HZ) for lag in _LAGS_S)
    if len(likeness) <= last:
        return None
    return 60 * _RATE_HZ / (first + int(likeness[first : last + 1].argmax()))


def report(recordings: list[Recording], heard: dict[str, Heard]) -> Section:
    """Judge all recordings."""
    section = Section("Heart rate", [_RULES])
    known = [(r, rate) for r in recordings if "heart" in r.kinds and (rate := true_rate(r)) is not None]
    table = Table(("set", "recording", "heart rate", "seconds with a rate", "error", "error of guessing"))
    ours, guessed = [], []
    for recording, truth in known:
        answer = heard[_run(recording).id]
        if answer.error:
            section.errors.append(answer.error)
            continue
        said = [rate for block in answer.blocks if (rate := block.number("heart_rate")) is not None]
        others = [rate for other, rate in known if other is not recording]
        guess = abs(sum(others) / len(others) - truth) if others else None
        error = sum(abs(rate - truth) for rate in said) / len(said) if said else None
        ours += [] if error is None else [error]
        guessed += [] if guess is None else [guess]
        table.rows.append(
            (
                recording.set,
                recording.name,
                number(truth, 1),
                percent(len(said), len(answer.blocks)),
                number(error, 1),
                number(guess, 1),
            )
        )
    section.parts.append(table)
    mean_guess = number(sum(guessed) / len(guessed), 1) if guessed else NOTHING
    told = f"off by {number(sum(ours) / len(ours), 1)}" if ours else "no rate was told at all"
    section.parts.append(
        f"n = {len(table.rows)} recordings: {told}; guessing is off by {mean_guess} beats/min on average."
    )
    return section
