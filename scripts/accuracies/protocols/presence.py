"""Presence: whether it is right about empty rooms, people who walk and people who sit or lie still."""

from dataclasses import dataclass
from itertools import pairwise

from accuracies.baselines import espectre
from accuracies.labels import EMPTY_LABELS, Recording, by_set_and_chip
from accuracies.parallel import each
from accuracies.replay import JOINT_BLOCKS, Heard, Run, Segment
from accuracies.report import NOTHING, Bar, Section, Table, percent
from accuracies.samples import SamplesError, length_s, load

_RULES = """\
Per second, at its end. The engine is first calibrated on the chip's first empty recording of the set that is not the
one scored; the only empty one calibrates itself with its first half, and its second half is scored. Sets without an
empty recording are heard cold, as after a start in a room with somebody in it: there, seconds without a verdict are
shown apart. A recording is *right* when presence is right in most of the seconds in which it is known. That is
lenient: a person whom the engine finds after 30 of 60 s passes. The goals' table therefore also says how many are
right in nine tenths of all their seconds, known or not. Peer: ESPectre has motion only, so its motion stands for
presence."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Calibrate on an empty room if there is one, then judge a recording."""

    tested: Recording
    calibration: Segment | None
    judged: Segment

    @property
    def occupied(self) -> bool:
        """Whether somebody is there."""
        return self.tested.label not in EMPTY_LABELS

    @property
    def run(self) -> Run:
        """What the engine hears."""
        parts = (self.judged,) if self.calibration is None else (self.calibration, self.judged)
        return Run(f"presence {self.tested.key}", parts)


def trials(recordings: list[Recording]) -> list[Trial]:
    """Return a trial for each recording of presence or of somebody who breathes."""
    suitable = [r for r in recordings if r.kinds & {"presence", "breathing"} and "heart" not in r.kinds]
    found: list[Trial] = []
    for members in by_set_and_chip(suitable).values():
        empty = [r for r in members if r.label in EMPTY_LABELS]
        for tested in members:
            others = [r for r in empty if r is not tested]
            if others:
                found.append(Trial(tested, Segment(others[0].path, calibrate=True), Segment(tested.path)))
            elif empty:
                half = length_s(tested.path) / 2
                learnt = Segment(tested.path, to_s=half, calibrate=True)
                found.append(Trial(tested, learnt, Segment(tested.path, from_s=half)))
            else:
                found.append(Trial(tested, None, Segment(tested.path)))
    return found


def _espectre(trial: Trial) -> list[bool] | None:
    if trial.calibration is None:
        return None
    try:
        quiet = load(trial.calibration.path).cut(trial.calibration.from_s, trial.calibration.to_s)
        judged = load(trial.judged.path).cut(trial.judged.from_s, trial.judged.to_s)
    except SamplesError:
        return None
    return espectre.calibrate(quiet).motion(judged)[JOINT_BLOCKS:] if len(quiet.t) and len(judged.t) else None


def report(all_trials: list[Trial], heard: dict[str, Heard]) -> Section:
    """Judge all trials."""
    section = Section("Presence", [_RULES])
    table = Table(
        (
            "set",
            "recording",
            "label",
            "calibrated",
            "seconds",
            "known",
            "right of known",
            "switches",
            "right",
            "ESPectre right",
        )
    )
    wrong: list[str] = []
    judged, nearly_always = 0, 0
    for trial, peer in zip(all_trials, each(_espectre, all_trials, "presence peer"), strict=True):
        answer = heard[trial.run.id]
        if answer.error:
            section.errors.append(answer.error)
            continue
        said = [block.is_on("presence") for block in answer.judged]
        known = [one for one in said if one is not None]
        right = sum(one is trial.occupied for one in known)
        is_right = 2 * right > len(known)
        judged += 1
        nearly_always += 10 * right >= 9 * len(said) > 0
        if not is_right:
            wrong.append(f"{trial.tested.key} ({trial.tested.label})")
        peer_right = NOTHING if peer is None else percent(sum(one is trial.occupied for one in peer), len(peer))
        switches = sum(a is not b for a, b in pairwise(known))
        calibrated = "cold" if trial.calibration is None else "refused" if answer.refusals else answer.calibration
        table.rows.append(
            (
                trial.tested.set,
                trial.tested.name,
                trial.tested.label,
                calibrated,
                str(len(said)),
                percent(len(known), len(said)),
                percent(right, len(known)),
                str(switches),
                "yes" if is_right else "**no**",
                peer_right,
            )
        )
    section.parts.append(table)
    goal = "presence right on every empty, walking and breathing recording"
    found = (
        f"most seconds: {judged - len(wrong)} of {judged}; nine tenths of all seconds: {nearly_always} of {judged}"
        + (f"; wrong: {', '.join(wrong)}" if wrong else "")
    )
    section.bars.append(Bar(goal, found if judged else "no such recordings", not wrong if judged else None))
    return section
