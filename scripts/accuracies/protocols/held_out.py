"""Falls of a person on whom nothing was fitted: weights and thresholds come from the others' clips."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accuracies.baselines.burst import VARIANTS
from accuracies.bursts import Bursts
from accuracies.report import Bar, Table

RULES = """\
What the shipped weights find on the persons that they were fitted on shows little, so the same fit is made again
without each person in turn: logistic regression on strength and duration of the others' bursts, and the threshold
that leaves so many false alarms in the others' clips. Burst energy gets the same: of its nine variants the one that
tells most of the others' falls, with their threshold. The most strength that counts was chosen with all persons."""
_GOAL = "falls of a person on whom nothing was fitted: better than burst energy, recall less false alarm rate, always"
_ALLOWED = (0, 1, 2, 4)


@dataclass(frozen=True, slots=True)
class Clip:
    """What was measured of a clip."""

    person: str
    is_fall: bool
    bursts: Bursts
    energies: dict[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """Falls that were told, and other clips that were taken for one."""

    told: int
    alarms: int

    def informedness(self, falls: int, others: int) -> float:
        """Return recall less false alarm rate: 0 for whoever guesses (Youden, Cancer 3, 1950)."""
        return self.told / falls - self.alarms / others


@dataclass(frozen=True, slots=True)
class Row:
    """One person, at the threshold that leaves so many false alarms among the others."""

    person: str
    falls: int
    others: int
    allowed: int
    detector: Found
    energy: Found

    @property
    def is_better(self) -> bool:
        """Whether the detector tells falls from other clips better than burst energy does."""
        clips = (self.falls, self.others)
        return self.detector.informedness(*clips) > self.energy.informedness(*clips)


type Scorer = Callable[[Clip], float]


def rows(clips: list[Clip]) -> list[Row]:
    """Judge each person by what the others taught, where both have falls and other clips."""
    found: list[Row] = []
    for person in dict.fromkeys(clip.person for clip in clips):
        own = [clip for clip in clips if clip.person == person]
        others = [clip for clip in clips if clip.person != person]
        if not (_has_both(own) and _has_both(clip for clip in others if clip.bursts.learning)):
            continue
        detector = [fitted(others)]
        energy = [_energy(variant) for variant in VARIANTS]
        falls = sum(clip.is_fall for clip in own)
        found += [
            Row(
                person,
                falls,
                len(own) - falls,
                n,
                _held_out(others, own, detector, n),
                _held_out(others, own, energy, n),
            )
            for n in _ALLOWED
        ]
    return found


def report(clips: list[Clip]) -> tuple[Table, Bar]:
    """Return the table and the goal."""
    of_all = rows(clips)
    table = Table(
        (
            "person",
            "false alarms among the others",
            "falls told",
            "false alarms",
            "burst energy: falls told",
            "burst energy: false alarms",
        )
    )
    table.rows += [
        (
            row.person,
            str(row.allowed),
            f"{row.detector.told} of {row.falls}",
            str(row.detector.alarms),
            f"{row.energy.told} of {row.falls}",
            str(row.energy.alarms),
        )
        for row in of_all
    ]
    if not of_all:
        return table, Bar(_GOAL, "no two persons with falls and other clips", met=None)
    told = "; ".join(
        f"{row.person}: {row.detector.told} of {row.falls} at {row.detector.alarms} against "
        f"{row.energy.told} at {row.energy.alarms}"
        for row in of_all
        if row.allowed == _ALLOWED[0]
    )
    better = sum(row.is_better for row in of_all)
    found = f"better in {better} of {len(of_all)} rows; with no false alarm among the others: {told}"
    return table, Bar(_GOAL, found, better == len(of_all))


def fitted(clips: list[Clip]) -> Scorer:
    """Fit the fall detector's weights to clips, and return what scores others by them.

    Logistic regression by Newton's method, classes balanced, a unit ridge on the standardised weights: how the weights
    of `FallConfig::default` were found. A clip's score is that of its most fall-like burst.
    """
    bursts = np.array([burst for clip in clips for burst in clip.bursts.learning])
    is_fall = np.array([clip.is_fall for clip in clips for _ in clip.bursts.learning])
    mean, deviation = bursts.mean(axis=0), np.maximum(bursts.std(axis=0), 1e-9)
    design = np.column_stack([(bursts - mean) / deviation, np.ones(len(bursts))])
    balance = len(is_fall) / 2 / np.where(is_fall, is_fall.sum(), (~is_fall).sum())
    ridge = np.diag([1.0, 1.0, 1e-9])
    weights: npt.NDArray[np.float64] = np.zeros(3)
    for _ in range(50):
        share = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (balance * (share - is_fall)) + ridge @ weights
        hessian = (design.T * (balance * share * (1 - share))) @ design + ridge
        weights -= np.linalg.solve(hessian, gradient)

    def score(clip: Clip) -> float:
        of_bursts = ((np.array(burst) - mean) / deviation @ weights[:2] for burst in clip.bursts.judged)
        return max(map(float, of_bursts), default=-np.inf)

    return score


def _energy(variant: str) -> Scorer:
    return lambda clip: clip.energies[variant]


def _has_both(clips: Iterable[Clip]) -> bool:
    return len({clip.is_fall for clip in clips}) > 1


def _held_out(others: list[Clip], own: list[Clip], scorers: list[Scorer], allowed: int) -> Found:
    """Take the scorer and the threshold that suit the others, and judge `own` by them."""
    thresholds = [_threshold(others, scorer, allowed) for scorer in scorers]
    chosen = max(zip(scorers, thresholds, strict=True), key=lambda choice: _judged(others, *choice).told)
    return _judged(own, *chosen)


def _threshold(clips: list[Clip], scorer: Scorer, allowed: int) -> float:
    scores = sorted((scorer(clip) for clip in clips if not clip.is_fall), reverse=True)
    return scores[allowed] if allowed < len(scores) else -np.inf


def _judged(clips: list[Clip], scorer: Scorer, threshold: float) -> Found:
    told = [clip.is_fall for clip in clips if scorer(clip) > threshold]
    return Found(sum(told), len(told) - sum(told))
