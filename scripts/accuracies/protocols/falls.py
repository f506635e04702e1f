"""Falls: how many are told, and how many other activities are taken for one."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from accuracies.baselines.burst import VARIANTS, bursts
from accuracies.bursts import Bursts
from accuracies.labels import FALL_LABELS, Recording
from accuracies.parallel import each
from accuracies.protocols import held_out
from accuracies.provenance import FITTED
from accuracies.replay import Heard, Run, Segment
from accuracies.report import NOTHING, Bar, Section, Table, percent
from accuracies.samples import SamplesError, load

_EVENT = "fall_detected"
_RULES = """\
Each clip is heard by an engine that has heard nothing before. A fall counts as told when `fall_detected` fires
anywhere in its clip, or in the second after it; the instant of the fall is not marked. Every `fall_detected` in
another clip is a false alarm; hours are those of the other clips together, which are chosen to look like falls: no
home has so many an hour. Baseline: burst energy, the energy of the clip's strongest stretch, in nine variants
(absolute or relative to the clip's median or mean; 0.5, 1 or 2 s). Each gets the
threshold, in hindsight, at which as many other clips are above it as gave false alarms here. The goal is to beat the
best of the nine with one threshold for all persons, since no home knows beforehand who will fall in it; the table has
them apart, each with the threshold that suits that person best."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What was said of a clip."""

    recording: Recording
    told: int
    bursts: dict[str, float]
    length_s: float

    @property
    def is_fall(self) -> bool:
        """Whether somebody falls in it."""
        return self.recording.label in FALL_LABELS


def runs(recordings: list[Recording]) -> list[Run]:
    """Return what the engine hears."""
    return [_run(recording) for recording in _suitable(recordings)]


def files(recordings: list[Recording]) -> list[Path]:
    """Return the files whose bursts of movement are wanted."""
    return [recording.path for recording in _suitable(recordings)]


def _suitable(recordings: list[Recording]) -> list[Recording]:
    return [recording for recording in recordings if "fall" in recording.kinds]


def _run(recording: Recording) -> Run:
    return Run(f"fall {recording.key}", (Segment(recording.path),))


def _bursts(recording: Recording) -> dict[str, float]:
    try:
        return bursts(load(recording.path))
    except SamplesError:
        return dict.fromkeys(VARIANTS, 0.0)


@dataclass(frozen=True, slots=True)
class Score:
    """How falls and other clips of one person came out."""

    clips: list[Clip]

    @property
    def falls(self) -> list[Clip]:
        """The clips with a fall."""
        return [clip for clip in self.clips if clip.is_fall]

    @property
    def others(self) -> list[Clip]:
        """The clips without one."""
        return [clip for clip in self.clips if not clip.is_fall]

    @property
    def told(self) -> int:
        """Falls that were told."""
        return sum(clip.told > 0 for clip in self.falls)

    @property
    def alarms(self) -> int:
        """Falls that were told and were none."""
        return sum(clip.told for clip in self.others)

    @property
    def alarmed(self) -> int:
        """Other clips in which a fall was told."""
        return sum(clip.told > 0 for clip in self.others)

    @property
    def hours(self) -> float:
        """How long the other clips last together."""
        return sum(clip.length_s for clip in self.others) / 3600

    def told_by(self, variant: str) -> int:
        """Falls whose burst is above the threshold at which as many other clips are."""
        others = sorted((clip.bursts[variant] for clip in self.others), reverse=True)
        threshold = others[self.alarmed] if self.alarmed < len(others) else -1.0
        return sum(clip.bursts[variant] > threshold for clip in self.falls)

    @property
    def told_by_best(self) -> int:
        """Falls that the best variant tells."""
        return max(self.told_by(variant) for variant in VARIANTS)


def report(recordings: list[Recording], heard: dict[str, Heard], measured: dict[Path, Bursts]) -> Section:
    """Judge all clips, of which `measured` has the bursts of movement."""
    section = Section("Falls", [_RULES])
    suitable = _suitable(recordings)
    clips: list[Clip] = []
    for recording, strongest in zip(suitable, each(_bursts, suitable, "fall baseline"), strict=True):
        answer = heard[_run(recording).id]
        if answer.error:
            section.errors.append(answer.error)
            continue
        told = sum(event.event_type == _EVENT for event in answer.events)
        clips.append(Clip(recording, told, strongest, answer.length_s))
    people = Table(
        ("set", "person", "falls", "recall", "other clips", "false alarms", "per hour", "best burst energy at as many")
    )
    variants = Table(("burst energy", "set", "person", "falls told at as many false alarms"))
    activities = Table(("set", "person", "activity", "clips", "with a fall told"))
    ordered = sorted(clips, key=lambda clip: (clip.recording.set, clip.recording.person, clip.recording.label))
    scores: dict[str, Score] = {}
    for (name, person), group in groupby(ordered, key=lambda clip: (clip.recording.set, clip.recording.person)):
        score = scores[f"{name} person {person}"] = Score(list(group))
        people.rows.append(
            (
                name,
                person,
                str(len(score.falls)),
                percent(score.told, len(score.falls)),
                str(len(score.others)),
                str(score.alarms),
                f"{score.alarms / score.hours:.1f}" if score.hours else NOTHING,
                percent(score.told_by_best, len(score.falls)),
            )
        )
        variants.rows += [(v, name, person, f"{score.told_by(v)} of {len(score.falls)}") for v in VARIANTS]
        for label, members in groupby(score.clips, key=lambda clip: clip.recording.label):
            of_label = list(members)
            activities.rows.append(
                (name, person, label, str(len(of_label)), str(sum(clip.told > 0 for clip in of_label)))
            )
    fitted = sorted({clip.recording.set for clip in clips} & FITTED.keys())
    section.parts += [f"**{name}** is no test: {FITTED[name]}." for name in fitted]
    section.parts += [people, activities, variants, held_out.RULES]
    table, bar = held_out.report([_of_person(clip, measured) for clip in ordered])
    section.parts.append(table)
    section.bars += [_bar({name: score for name, score in scores.items() if score.falls}, fitted), bar]
    return section


def _of_person(clip: Clip, measured: dict[Path, Bursts]) -> held_out.Clip:
    recording = clip.recording
    person = f"{recording.set} person {recording.person}"
    return held_out.Clip(person, clip.is_fall, measured.get(recording.path, Bursts()), clip.bursts)


def _beside(score: Score) -> str:
    return f"{score.told} of {len(score.falls)} against {score.told_by_best}, at {score.alarms} false alarms"


def _bar(scores: dict[str, Score], fitted: list[str]) -> Bar:
    goal = "falls better than burst energy alone at equal false alarms"
    if not scores:
        return Bar(goal, "no such recordings", met=None)
    # A home does not know beforehand who will fall in it: one threshold for all persons.
    whole = Score([clip for score in scores.values() for clip in score.clips])
    better = whole.told > whole.told_by_best
    found = f"all persons: {_beside(whole)}; apart, in hindsight: " + "; ".join(
        f"{name}: {_beside(score)}" for name, score in scores.items()
    )
    if not fitted:
        return Bar(goal, found, better)
    # To lose on the clips that it was fitted on is a failure; to win on them shows nothing.
    return Bar(goal, f"{found} (fitted on {', '.join(fitted)})", None if better else False)
