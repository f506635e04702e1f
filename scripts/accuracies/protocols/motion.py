"""Motion: whether the threshold is right, where it was learnt and in another session of the chip."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from accuracies.baselines import espectre, variance
from accuracies.labels import MOVING_LABELS, QUIET_LABELS, Recording, by_set_and_chip
from accuracies.parallel import each
from accuracies.replay import JOINT_BLOCKS, Heard, Run, Segment
from accuracies.report import Bar, Section, Table, percent
from accuracies.samples import SamplesError, length_s, load
from accuracies.sessions import Session, sessions

from .tally import Tally

_SHORTEST_HALF_S = JOINT_BLOCKS + 0.9
"""A half that is shorter leaves no block to judge."""
_RULES = """\
Blocks are seconds; what `binary_sensor.motion` shows at the end of a block is what counts, and *unknown* counts as no
motion. Recordings of one set and one chip are compared. A session begins with the first recording (by the date in the
files' names) and each time the label comes back to that recording's; without dates, the first quiet recording goes
with the first moving one, and so on. **B**: every quiet recording calibrates in turn, and every recording of the
*other* sessions is scored. **C**: the first half of every quiet recording calibrates in turn; its second half and the
moving recordings of its session are scored. Where halves are too short to leave a block, the first half of the chip's
quiet recordings calibrate in turn, and the other half and all moving ones are scored. The engine is calibrated as by
the button (10 s; a shorter piece is played to and fro until 15 s are full); ESPectre's MVS and the naive detector get
the same pieces. Naive: variance of the last second, averaged over subcarriers, threshold twice the greatest of the
calibration."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Calibrate on a piece of a quiet recording, then judge another piece."""

    protocol: str
    group: tuple[str, str]
    quiet: Recording
    calibration: Segment
    tested: Recording
    judged: Segment

    @property
    def moving(self) -> bool:
        """Whether somebody moves in what is judged."""
        return self.tested.label in MOVING_LABELS

    @property
    def run(self) -> Run:
        """What the engine hears."""
        calibration = Segment(self.calibration.path, self.calibration.from_s, self.calibration.to_s, calibrate=True)
        return Run(f"motion {self.protocol} {self.quiet.key} > {self.tested.key}", (calibration, self.judged))


@dataclass(frozen=True, slots=True)
class Peers:
    """What others said of a trial's blocks."""

    espectre: list[bool]
    naive: list[bool]


def trials(recordings: list[Recording]) -> list[Trial]:
    """Return every trial of both protocols."""
    of_motion = [r for r in recordings if r.kinds & {"motion", "presence"}]
    found: list[Trial] = []
    for group, members in by_set_and_chip(of_motion).items():
        in_sessions = sessions(members)
        found += _other_session(group, in_sessions)
        found += _first_half(group, in_sessions)
    return found


def _other_session(group: tuple[str, str], in_sessions: list[Session]) -> Iterator[Trial]:
    for learnt in in_sessions:
        for scored in in_sessions:
            if scored is learnt:
                continue
            for quiet in learnt.quiet:
                for tested in scored.quiet + scored.moving:
                    yield Trial("B", group, quiet, Segment(quiet.path), tested, Segment(tested.path))


def _first_half(group: tuple[str, str], in_sessions: list[Session]) -> Iterator[Trial]:
    short: list[Recording] = []
    for session in in_sessions:
        for quiet in session.quiet:
            half = length_s(quiet.path) / 2
            if half < _SHORTEST_HALF_S:
                short.append(quiet)
                continue
            first = Segment(quiet.path, to_s=half)
            yield Trial("C", group, quiet, first, quiet, Segment(quiet.path, from_s=half))
            for tested in session.moving:
                yield Trial("C", group, quiet, first, tested, Segment(tested.path))
    moving = [recording for session in in_sessions for recording in session.moving]
    for quiet in short[: len(short) // 2]:
        for tested in short[len(short) // 2 :] + moving:
            yield Trial("C", group, quiet, Segment(quiet.path), tested, Segment(tested.path))


def peers(trial: Trial) -> Peers | None:
    """Let the peer and the naive detector judge a trial; None where a file cannot be read."""
    try:
        quiet = load(trial.calibration.path).cut(trial.calibration.from_s, trial.calibration.to_s)
        judged = load(trial.judged.path).cut(trial.judged.from_s, trial.judged.to_s)
    except SamplesError:
        return None
    if not len(quiet.t) or not len(judged.t):
        return None
    return Peers(
        espectre.calibrate(quiet).motion(judged)[JOINT_BLOCKS:], variance.calibrate(quiet).motion(judged)[JOINT_BLOCKS:]
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What all detectors said of a trial."""

    trial: Trial
    ours: Tally
    espectre: Tally
    naive: Tally
    calibrated: bool


def report(all_trials: list[Trial], heard: dict[str, Heard]) -> Section:
    """Judge all trials."""
    section = Section("Motion", [_RULES])
    results: list[Result] = []
    for trial, others in zip(all_trials, each(peers, all_trials, "motion peers"), strict=True):
        answer = heard[trial.run.id]
        if answer.error or others is None:
            section.errors.append(answer.error or f"{trial.run.id}: unreadable")
            continue
        said = [block.is_on("motion") for block in answer.judged]
        results.append(
            Result(
                trial,
                Tally.of(said, moving=trial.moving),
                Tally.of(list(others.espectre), moving=trial.moving),
                Tally.of(list(others.naive), moving=trial.moving),
                answer.is_calibrated,
            )
        )
    section.parts += [_by_chip(results), "Per recording that was scored, over all recordings that calibrated:"]
    section.parts.append(_by_recording(results))
    section.bars += [_bar_c(results), _bar_b(results)]
    return section


def _by_chip(results: list[Result]) -> Table:
    table = Table(
        (
            "set",
            "chip",
            "protocol",
            "s quiet / moving",
            "recall",
            "false alarms",
            "F1",
            "unknown",
            *tuple(f"{who}: {what}" for who in ("ESPectre", "naive") for what in ("recall", "false alarms", "F1")),
            "calibrations that succeeded",
        )
    )
    for (protocol, group), members in _grouped(results):
        ours, peer, naive = _sums(members)
        succeeded = sum(result.calibrated for result in members)
        table.rows.append(
            (
                *group,
                protocol,
                f"{ours.quiet} / {ours.moving}",
                *ours.cells(),
                percent(ours.silent, ours.quiet + ours.moving),
                *peer.cells(),
                *naive.cells(),
                f"{succeeded} of {len(members)}",
            )
        )
    return table


def _by_recording(results: list[Result]) -> Table:
    table = Table(("set", "recording", "label", "protocol", "blocks", "motion on", "ESPectre", "naive"))
    ordered = sorted(results, key=lambda r: (r.trial.tested.key, r.trial.protocol))
    for (_, protocol), group in groupby(ordered, key=lambda r: (r.trial.tested.key, r.trial.protocol)):
        members = list(group)
        tested = members[0].trial.tested
        tallies = _sums(members)
        blocks = tallies[0].quiet + tallies[0].moving
        on = [percent(tally.hits + tally.alarms, tally.quiet + tally.moving) for tally in tallies]
        if blocks:
            table.rows.append((tested.set, tested.name, tested.label, protocol, str(blocks), *on))
    return table


def _grouped(results: list[Result]) -> Iterator[tuple[tuple[str, tuple[str, str]], list[Result]]]:
    def key(result: Result) -> tuple[str, tuple[str, str]]:
        return result.trial.protocol, result.trial.group

    for name, members in groupby(sorted(results, key=lambda r: (r.trial.group, r.trial.protocol)), key=key):
        yield name, list(members)


def _sums(results: list[Result]) -> tuple[Tally, Tally, Tally]:
    ours, peer, naive = Tally(), Tally(), Tally()
    for result in results:
        ours, peer, naive = ours + result.ours, peer + result.espectre, naive + result.naive
    return ours, peer, naive


def _of_chips(results: list[Result], wanted: str) -> dict[str, Tally]:
    """Sum up, by set and chip, the sets whose subject is motion."""
    of_motion = [r for r in results if r.trial.protocol == wanted and "motion" in r.trial.tested.kinds]
    return {" ".join(group): _sums(members)[0] for (_, group), members in _grouped(of_motion)}


def _bar_c(results: list[Result]) -> Bar:
    goal = "motion, protocol C: F1 >= 0.99 with false alarms <= 1 % on every chip"
    tallies = _of_chips(results, "C")
    if not tallies:
        return Bar(goal, "no such recordings", met=None)
    met = all((t.f1 or 0) >= 0.99 and (t.false_alarms or 0) <= 0.01 for t in tallies.values())  # noqa: PLR2004
    found = "; ".join(f"{name}: F1 {t.cells()[2]}, {t.cells()[1]}" for name, t in tallies.items())
    return Bar(goal, found, met)


def _bar_b(results: list[Result]) -> Bar:
    goal = "motion, protocol B: false alarms <= 5 % at recall >= 95 %"
    tallies = _of_chips(results, "B")
    if not tallies:
        return Bar(goal, "no such recordings", met=None)
    met = all((t.false_alarms or 0) <= 0.05 and (t.recall or 0) >= 0.95 for t in tallies.values())  # noqa: PLR2004
    found = "; ".join(f"{name}: {t.cells()[1]} at {t.cells()[0]}" for name, t in tallies.items())
    return Bar(goal, found, met)


def covered(recording: Recording) -> bool:
    """Whether this protocol knows what the recording's label means."""
    return "motion" not in recording.kinds or recording.label in QUIET_LABELS | MOVING_LABELS
