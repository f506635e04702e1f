"""Judging: what was said is counted as the report claims."""

from pathlib import Path

import numpy as np
import pytest

from accuracies.baselines import espectre
from accuracies.baselines.burst import VARIANTS
from accuracies.baselines.spectra import naive_rates
from accuracies.bursts import Bursts
from accuracies.labels import Recording
from accuracies.protocols import breathing, falls, held_out
from accuracies.protocols.falls import Clip, Score
from accuracies.protocols.tally import Tally
from accuracies.provenance import FITTED
from accuracies.replay import JOINT_BLOCKS, Block, Fired, Heard
from accuracies.samples import Samples


def _recording(kind: str, label: str, *, set_name: str = "new", name: str = "x_user1", chip: str = "s3") -> Recording:
    return Recording(set_name, Path(f"{name}.npz"), frozenset({kind}), label, "", chip, 60.0, 100.0)


def _breath(rate_hz: float, amplitude: float = 1.0, seconds: float = 40.0) -> Samples:
    t = np.arange(0, seconds, 0.05)
    noise = np.random.default_rng(3).normal(scale=0.05, size=(len(t), 1, 16))
    swing = amplitude * np.sin(2 * np.pi * rate_hz * t)[:, None, None] * np.linspace(-1, 1, 16)
    return Samples(t.astype(np.float64), (20 + swing + noise).astype(np.complex128))


def test_unknown_is_no_motion() -> None:
    tally = Tally.of([True, None, False, True], moving=True) + Tally.of([True, None, False, False], moving=False)
    assert (tally.recall, tally.false_alarms, tally.silent) == (0.5, 0.25, 2)
    assert tally.f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 2))


def test_blocks_after_a_joint_are_not_judged() -> None:
    blocks = [Block(second, {"motion": "on"}) for second in range(1, 6)]
    assert [block.second for block in Heard(joined=True, blocks=blocks).judged] == list(range(JOINT_BLOCKS + 1, 6))
    assert len(Heard(blocks=blocks).judged) == 5


def test_naive_rate_of_a_clean_breath() -> None:
    rates = naive_rates(_breath(0.25), phase=False)
    assert rates is not None
    assert len(rates.best) in {10, 11}
    assert np.allclose(rates.best, 15, atol=0.3)
    assert np.allclose(rates.averaged, 15, atol=0.3)
    assert naive_rates(_breath(0.25), phase=True) is None


def test_the_peer_tells_movement_from_its_calibration() -> None:
    detector = espectre.calibrate(_breath(0.25, amplitude=0.0))
    assert len(detector.bins) == 12
    assert np.mean(detector.motion(_breath(0.25, amplitude=0.0))) < 0.2
    assert all(detector.motion(_breath(1.0, amplitude=8.0))[5:])


def _clip(label: str, told: int, energy: float, set_name: str = "new") -> Clip:
    bursts = dict.fromkeys(VARIANTS, 0.0) | {VARIANTS[0]: energy}
    return Clip(_recording("fall", label, set_name=set_name), told, bursts, 10.0)


def test_burst_energy_gets_as_many_false_alarms() -> None:
    clips = [_clip("fall", 1, 5.0), _clip("fall", 0, 2.0), _clip("sitdown", 1, 3.0), _clip("walking", 0, 1.0)]
    score = Score(clips)
    assert (score.told, score.alarms, score.told_by(VARIANTS[0]), score.told_by_best) == (1, 1, 2, 2)


def _fall_bar(set_name: str, monkeypatch: pytest.MonkeyPatch, *, energy: float) -> bool | None:
    fall, other = (_recording("fall", label, set_name=set_name, name=label) for label in ("fall", "sitdown"))
    monkeypatch.setattr(
        falls,
        "each",
        lambda _work, things, _what: [dict.fromkeys(VARIANTS, energy if thing is fall else 1.0) for thing in things],
    )
    heard = {
        f"fall {fall.key}": Heard(length_s=10, events=[Fired("fall_detected", 3.0)]),
        f"fall {other.key}": Heard(length_s=10),
    }
    bar, _of_others = falls.report([fall, other], heard, {}).bars
    return bar.met


def test_what_was_fitted_on_a_set_cannot_reach_a_goal_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (fitted,) = FITTED
    assert _fall_bar("held_out", monkeypatch, energy=0.5) is True
    assert _fall_bar(fitted, monkeypatch, energy=0.5) is None
    assert _fall_bar("held_out", monkeypatch, energy=2.0) is False
    assert _fall_bar(fitted, monkeypatch, energy=2.0) is False


def _of_person(person: str, *, is_fall: bool, strength: float, energy: float) -> held_out.Clip:
    burst = (strength, 0.5)
    return held_out.Clip(person, is_fall, Bursts((burst,), (burst,)), dict.fromkeys(VARIANTS, energy))


def test_a_person_is_judged_by_what_the_others_taught() -> None:
    """Strength parts falls of all persons alike; energy is ten times greater in the room of `b`."""
    clips = [
        _of_person(person, is_fall=is_fall, strength=is_fall + 0.1 * n, energy=room * (is_fall + 0.1 * n))
        for person, room in (("a", 1.0), ("b", 10.0))
        for is_fall in (True, False)
        for n in range(6)
    ]
    rows = {row.person: row for row in held_out.rows(clips) if row.allowed == 0}
    assert rows["a"].detector == rows["b"].detector == held_out.Found(6, 0)
    assert (rows["a"].energy, rows["b"].energy) == (held_out.Found(0, 0), held_out.Found(6, 5))
    assert rows["a"].is_better
    assert rows["b"].is_better
    assert held_out.report(clips[:12])[1].met is None


def test_one_false_rate_fails_the_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = _recording("breathing", "empty")
    nothing = breathing.Peers(None, None)
    monkeypatch.setattr(breathing, "each", lambda _work, things, _what: [nothing for _ in things])

    def met(rate: str) -> bool | None:
        blocks = [Block(second, {"breathing_rate": rate if second == 7 else "unknown"}) for second in range(1, 61)]
        return breathing.report([empty], {f"breathing {empty.key}": Heard(blocks=blocks)}).bars[-1].met

    assert (met("unknown"), met("12")) == (True, False)
