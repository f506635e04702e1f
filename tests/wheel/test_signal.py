"""Conditioning, features, motion and presence."""

import copy
import json
import math
import pickle

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rooms import RATE_HZ, RECORDINGS, Complex, breathing_room, frames_of, room, with_recordings
from wifi_densepose import CsiFrame
from wifi_densepose.recording import CsiBatch
from wifi_densepose.signal import (
    CsiFeatures,
    CsiProcessor,
    CsiProcessorConfig,
    FeatureExtractor,
    HampelFilter,
    HardwareNormalizer,
    MotionDetector,
    MotionScore,
    PhaseSanitizer,
)

configs = st.builds(
    CsiProcessorConfig,
    st.floats(0.1, 1000),
    st.floats(0, 1e6),
    st.integers(0, 32),
    st.floats(0, 10, width=32),
)
numbers = st.floats(-100, 100, width=32)
times = st.integers(0, 2**40).map(lambda us: us / 1e6)
scores = st.builds(
    MotionScore,
    times,
    st.none() | st.booleans(),
    st.none() | numbers,
    st.none() | numbers,
    st.none() | st.booleans(),
    st.none() | numbers,
    st.sampled_from(["motion", "breathing", "baseline_departure", "hold", "quiet"]),
    st.sampled_from(["learning", "self_calibrated", "calibrated"]),
    numbers,
    st.sampled_from([None, "running", "finished", "refused_motion", "refused_too_few_frames"]),
)
features = st.builds(
    CsiFeatures,
    times,
    numbers,
    st.none() | numbers,
    st.none() | numbers,
    numbers,
    hnp.arrays(np.float32, st.integers(0, 64), elements=numbers),
)


@given(configs | scores | features)
def test_values_survive_every_way_out_and_back(value: CsiProcessorConfig | MotionScore | CsiFeatures) -> None:
    ways = [
        pickle.loads(pickle.dumps(value)),
        copy.deepcopy(value),
        type(value).from_dict(value.to_dict()),
        type(value).from_dict(json.loads(json.dumps(value.to_dict()))),
    ]
    for back in ways:
        assert back == value
        assert repr(back) == repr(value)


def test_values_differ_where_they_differ() -> None:
    config = CsiProcessorConfig(sample_rate_hz=20.0)
    assert config != CsiProcessorConfig()
    assert len({config, CsiProcessorConfig(20.0), CsiProcessorConfig()}) == 2
    score = MotionScore(1.0, None, None, None, None, None, "quiet", "learning", 0.5)
    assert score != MotionScore(1.0, False, None, None, None, None, "quiet", "learning", 0.5)
    assert repr(score) == (
        "MotionScore(timestamp_s=1.0, motion=None, level_percent=None, energy=None, presence=None, "
        "presence_score=None, "
        'reason="quiet", calibration="learning", progress=0.5, job=None)'
    )


def test_configurations_and_scores_that_cannot_be_are_refused() -> None:
    nan = math.nan
    wrong: dict[str, list[float]] = {
        "sample_rate_hz": [0.0, 0.09, 1001, nan, math.inf],
        "max_gap_s": [-1.0, nan, math.inf],
        "hampel_reach": [33],
        "hampel_sigmas": [-1.0, nan, math.inf],
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError, match=f"{name}: expected"):
                CsiProcessorConfig.from_dict({name: value})
    with pytest.raises(ValueError, match="reason: expected one of motion"):
        MotionScore(1.0, None, None, None, None, None, "threat", "learning", 0.5)
    with pytest.raises(ValueError, match="timestamp_s"):
        MotionScore(nan, None, None, None, None, None, "quiet", "learning", 0.5)
    with pytest.raises(ValueError, match="shape: expected 1 dimensions"):
        CsiFeatures(1.0, 0.1, None, None, 1.0, [[1.0]])


def test_a_processor_takes_out_gain_and_spikes_and_keeps_breath() -> None:
    csi = breathing_room(60)
    gains = np.where(np.arange(len(csi)) % 3 == 0, 7.0, 1.0)[:, None, None]
    spoilt = np.asarray(csi * gains, dtype=np.complex64)
    spoilt[500, :, :28] *= 30
    times, samples = CsiProcessor().push(spoilt, sample_rate_hz=RATE_HZ)
    clean_times, clean = CsiProcessor().push(csi, sample_rate_hz=RATE_HZ)
    assert np.array_equal(times, clean_times)
    assert samples.shape == (len(times), 28)
    assert np.abs(samples - clean).max() < 0.01
    assert np.allclose(np.diff(times), 0.1)
    assert np.allclose(samples.mean(axis=1), 1, atol=1e-3)
    # The strongest line of what is left is the breath.
    strongest = samples[:, samples.var(axis=0).argmax()]
    spectrum = np.abs(np.fft.rfft(strongest - strongest.mean()))
    assert np.fft.rfftfreq(len(strongest), 0.1)[spectrum.argmax()] == pytest.approx(0.25, abs=0.02)


def test_a_processor_goes_on_where_it_stopped() -> None:
    csi = breathing_room(20)
    times = np.arange(len(csi)) / RATE_HZ
    expected = CsiProcessor().push(csi, timestamps_s=times)
    processor = CsiProcessor()
    pieces = [processor.push(csi[at : at + 9], timestamps_s=times[at : at + 9]) for at in range(0, len(csi), 9)]
    # Before the bins are known there are no features.
    pieces = [piece for piece in pieces if len(piece[0])]
    assert np.array_equal(np.concatenate([piece[0] for piece in pieces]), expected[0])
    assert np.array_equal(np.concatenate([piece[1] for piece in pieces]), expected[1])
    assert processor.n_features == 28
    assert processor.n_passed_over == 0


def test_a_processor_says_what_it_passed_over() -> None:
    processor = CsiProcessor(CsiProcessorConfig(sample_rate_hz=25.0, hampel_reach=0))
    assert processor.config.hampel_reach == 0
    assert processor.n_features is None
    times, samples = processor.push([])
    assert times.shape == (0,)
    assert samples.shape == (0, 0)
    processor.push(frames_of(breathing_room(5)))
    processor.push([CsiFrame([1.0] * 12, [0.0] * 12, 12, 101, RATE_HZ)])
    processor.push(np.full((3, 56), np.nan, np.complex64), timestamps_s=[5.2, 5.3, 5.4])
    assert processor.n_passed_over == 4


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.integers(1, 5)), elements=st.floats(-1e6, 1e6, width=32)),
    st.integers(1, 5),
)
def test_hampel_gives_values_of_the_window(samples: npt.NDArray[np.float32], reach: int) -> None:
    filtered = HampelFilter(reach).push(samples)
    assert filtered.shape == (max(0, len(samples) - 2 * reach), samples.shape[1])
    for at, row in enumerate(filtered):
        for feature, value in enumerate(row):
            assert value in samples[at : at + 2 * reach + 1, feature]


def test_hampel_takes_spikes_out_and_leaves_steps() -> None:
    wave = np.sin(np.arange(60) / 8)
    step = np.repeat([0.0, 5.0], 30)
    samples = np.stack([wave, step], axis=1)
    samples[20, 0] = 50
    filtered = HampelFilter(3).push(samples)
    assert np.abs(filtered[:, 0] - wave[3:-3]).max() < 0.5
    assert np.array_equal(filtered[:, 1], step[3:-3])
    pieces = HampelFilter(3)
    rows = [pieces.push(samples[at : at + 7]) for at in range(0, 60, 7)]
    assert np.array_equal(np.concatenate(rows), filtered)
    pieces.clear()
    assert pieces.push(samples[:6]).shape == (0, 2)


def test_hampel_refuses() -> None:
    for reach in (0, 33):
        with pytest.raises(ValueError, match="reach: expected 1 to 32"):
            HampelFilter(reach)
    for sigmas in (-1.0, math.nan):
        with pytest.raises(ValueError, match="n_sigmas"):
            HampelFilter(3, sigmas)
    with pytest.raises(ValueError, match="samples: expected 2 dimensions"):
        HampelFilter().push([1.0, 2.0])
    with pytest.raises(ValueError, match="samples: expected shape"):
        HampelFilter().push(np.empty((3, 0)))
    with pytest.raises(TypeError, match="samples"):
        HampelFilter().push([["a"]])


@given(st.floats(-9, 9), st.floats(-1, 1))
def test_offsets_leave_no_trace_in_sane_phases(turn: float, slope: float) -> None:
    positions = np.array([at for at in range(-26, 27) if at != 0])
    clean = np.exp(1j * 0.5 * np.cos(positions / 8))
    offset = clean * np.exp(1j * (turn + slope * positions))
    sane = PhaseSanitizer().sanitize(np.stack([clean, offset]), positions)
    assert sane.shape == (2, 52)
    assert np.abs(sane[0] - sane[1]).max() < 5e-3


def test_phases_that_there_are_not() -> None:
    rows = np.ones((3, 4), np.complex64)
    rows[1, 2] = 0
    sane = PhaseSanitizer().sanitize(rows, [1, 2, 3, 5])
    assert np.isnan(sane).all(axis=1).tolist() == [False, True, False]
    assert PhaseSanitizer().sanitize(rows[0], [1, 2, 3, 5]).shape == (4,)
    for bad in ([1, 2], [4, 4, 4, 4], [3, 2, 1, 0]):
        with pytest.raises(ValueError, match="positions: expected three and more"):
            PhaseSanitizer().sanitize(rows, bad)
    with pytest.raises(ValueError, match=r"csi: expected shape \[4\] or \[N, 4\], found \[3, 3\]"):
        PhaseSanitizer().sanitize(rows[:, :3], [1, 2, 3, 5])
    with pytest.raises(TypeError, match="positions"):
        PhaseSanitizer().sanitize(rows, [1.0, 2.0, 3.0, 5.0])


def channel(subcarriers: list[int | None]) -> Complex:
    """Simulate ten packets of a channel whose amplitude rises with frequency, in bins of some order."""
    amplitudes = [0 if k is None else 60 + k for k in subcarriers]
    return np.asarray([amplitudes] * 10, dtype=np.complex64)


def test_the_same_channel_looks_the_same_through_every_layout() -> None:
    used = [k if k != 0 and abs(k) <= 28 else None for k in range(-32, 32)]
    shifted, fft = channel(used), channel(used[32:] + used[:32])
    by_order = {normalizer.order: normalizer for normalizer in map(HardwareNormalizer, (shifted, fft))}
    assert set(by_order) == {"shifted", "fft"}
    assert by_order["fft"].subcarriers == used[32:] + used[:32]
    assert len(by_order["fft"].selected) == 56
    grids = by_order["fft"].normalize(fft), by_order["shifted"].normalize(shifted)
    assert grids[0].shape == (10, 56)
    assert np.array_equal(*grids)
    assert grids[0].mean() == pytest.approx(1)
    assert by_order["fft"].normalize(fft[0]).shape == (56,)


def test_what_has_no_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="csi: expected two and more subcarriers"):
        HardwareNormalizer(np.zeros((10, 64)))
    with pytest.raises(ValueError, match="csi: expected two and more"):
        HardwareNormalizer(np.empty((0, 0)))
    with pytest.raises(ValueError, match="csi: expected 2 dimensions"):
        HardwareNormalizer(np.ones(64))
    normalizer = HardwareNormalizer(np.ones((10, 30)))
    assert normalizer.order == "unknown"
    assert np.isnan(normalizer.normalize(np.full(30, np.nan))).all()
    assert np.isnan(normalizer.normalize(np.zeros(30))).all()
    with pytest.raises(ValueError, match=r"csi: expected shape \[30\]"):
        normalizer.normalize(np.ones(31))


def walk(seconds: float, *, amount: float, rate_hz: float = 50.0, seed: int = 7) -> Complex:
    """Simulate a room in which somebody walks, or nobody does."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return room(amount * (np.sin(2 * np.pi * 1.3 * t) + np.sin(2 * np.pi * 2.9 * t)), seed=seed)


def test_features_show_movement() -> None:
    still = FeatureExtractor().push(walk(10, amount=0), sample_rate_hz=50)
    moving = FeatureExtractor().push(walk(10, amount=2), sample_rate_hz=50)
    assert [one.timestamp_s for one in still] == [float(second) for second in range(1, 10)]
    for one, other in zip(still, moving, strict=True):
        assert one.correlation is None or abs(one.correlation) < 0.3
        assert one.motion_power is None or one.motion_power < 1e-5
        assert other.variance > 5 * one.variance
        assert one.level == pytest.approx(20, abs=0.5)
        assert one.shape.mean() == pytest.approx(1, abs=1e-5)
    assert moving[-1].correlation is not None
    assert moving[-1].correlation > 0.5
    assert FeatureExtractor().push([]) == []


def test_a_detector_does_not_know_before_it_learnt() -> None:
    detector = MotionDetector()
    first = detector.push(walk(8, amount=0), sample_rate_hz=50)
    assert {(score.motion, score.level_percent, score.energy, score.presence) for score in first} == {(None,) * 4}
    assert first[-1].calibration == "learning"
    assert 0 < first[-1].progress < 1


def test_a_detector_learns_and_tells() -> None:
    csi = np.concatenate([walk(30, amount=0), walk(10, amount=2), walk(30, amount=0, seed=8)])
    scores = MotionDetector().push(csi, sample_rate_hz=50)
    motion = [score.motion for score in scores]
    assert motion[15:29] == [False] * 14
    assert motion[32:40] == [True] * 8
    assert motion[-10:] == [False] * 10
    assert scores[35].presence is True
    assert scores[35].reason == "motion"
    assert (scores[35].level_percent or 0) > 20
    assert scores[20].calibration == "self_calibrated"


def test_calibration_on_request() -> None:
    detector = MotionDetector(sensitivity="high", hold_s=5)
    detector.calibrate(0.0, 10.0)
    scores = detector.push(walk(15, amount=0), sample_rate_hz=50)
    assert scores[3].job == "running"
    assert (scores[-1].job, scores[-1].calibration, scores[-1].motion) == ("finished", "calibrated", False)
    stored = detector.baselines_json()
    restored = MotionDetector()
    restored.restore_json(stored)
    assert restored.assess(0.0).calibration == "calibrated"
    assert restored.baselines_json() == stored
    detector.reset_baseline()
    assert detector.assess(15.0).calibration == "learning"


def test_a_calibration_of_a_room_that_is_not_empty_is_refused() -> None:
    detector = MotionDetector()
    detector.calibrate(0.0, 12.0)
    assert detector.push(walk(20, amount=2), sample_rate_hz=50)[-1].job == "refused_motion"
    detector = MotionDetector()
    detector.calibrate(0.0, 5.0)
    detector.push(walk(2, amount=0), sample_rate_hz=50)
    detector.cancel_calibration()
    assert detector.assess(3.0).job is None
    detector.calibrate(3.0, 5.0)
    assert detector.assess(9.0).job == "refused_too_few_frames"


def test_breathing_that_is_seen_holds_presence() -> None:
    detector = MotionDetector()
    detector.push(walk(15, amount=0), sample_rate_hz=50)
    detector.breathing_seen(15.0)
    score = detector.assess(15.0)
    assert (score.presence, score.reason) == (True, "breathing")


def test_a_detector_refuses() -> None:
    with pytest.raises(ValueError, match="sensitivity: expected low, medium or high"):
        MotionDetector(sensitivity="extreme")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hold_s"):
        MotionDetector(hold_s=-1)
    detector = MotionDetector()
    for duration in (0.5, 601, math.nan):
        with pytest.raises(ValueError, match="duration_s: expected 1 to 600"):
            detector.calibrate(0.0, duration)
    with pytest.raises(ValueError, match="timestamp_s"):
        detector.assess(math.inf)
    for text in ("", "{}", "[{}]", '[{"format": 1}]'):
        with pytest.raises(ValueError, match="text: expected JSON"):
            detector.restore_json(text)
    detector.calibrate(0.0)
    detector.push(walk(15, amount=0), sample_rate_hz=50)
    damaged = json.loads(detector.baselines_json())
    damaged[0]["power"] *= 2
    with pytest.raises(ValueError, match=r"text: expected baselines .*, found baseline is damaged"):
        detector.restore_json(json.dumps(damaged))


@with_recordings
@pytest.mark.parametrize("number", [1, 2, 3])
def test_recorded_walking_moves_and_an_empty_room_does_not(number: int) -> None:
    with np.load(RECORDINGS / f"presence_esp32_pulse/vacio_0{number}.npz") as recording:
        empty = MotionDetector().push(recording["iq"], timestamps_s=recording["t"])
    with np.load(RECORDINGS / f"presence_esp32_pulse/mov_0{number}.npz") as recording:
        walking = MotionDetector().push(CsiBatch(recording["iq"], timestamps_s=recording["t"]))
    known = [score.motion for score in empty if score.motion is not None]
    assert len(known) > 40
    assert sum(known) <= 2
    moving = [score.motion for score in walking if score.motion is not None]
    assert len(moving) > 40
    assert sum(moving) / len(moving) > 0.9
