"""Vital signs: values, the stages one by one, and the batch call on made and on real CSI."""

import copy
import json
import pickle
import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import BPM, RATE_HZ, RECORDINGS, breathing_room, frames_of, with_recordings
from wifi_densepose import CsiFrame, CsiMetadata
from wifi_densepose.vitals import (
    AnomalyAlert,
    AnomalyKind,
    BreathingExtractor,
    CsiVitalPreprocessor,
    HeartRateExtractor,
    VitalAnomalyDetector,
    VitalEstimate,
    VitalKind,
    VitalReading,
    VitalSignStore,
    VitalsMonitor,
    VitalStatistics,
    VitalStatus,
    VitalWindow,
    process,
)


def rates(readings: list[VitalReading]) -> list[float | None]:
    return [reading.breathing.rate_bpm for reading in readings]


floats = st.floats(0, 200, width=32)
statuses = st.sampled_from([VitalStatus.Valid, VitalStatus.Degraded, VitalStatus.Unreliable, VitalStatus.Unavailable])


@st.composite
def estimates(draw: st.DrawFn) -> VitalEstimate:
    status = draw(statuses)
    rate = draw(floats) if status.is_published else None
    return VitalEstimate(rate, draw(st.floats(0, 1, width=32)), status)


@st.composite
def alerts(draw: st.DrawFn) -> AnomalyAlert:
    kinds = [getattr(AnomalyKind, name) for name in ("Apnea", "Bradypnea", "Tachypnea", "Bradycardia", "Tachycardia")]
    z_score = draw(st.none() | st.floats(-50, 50, width=32))
    since = draw(st.integers(0, 2**52)) / 1e6
    return AnomalyAlert(draw(st.sampled_from(kinds)), since, draw(st.none() | floats), z_score)


@st.composite
def readings(draw: st.DrawFn) -> VitalReading:
    at = draw(st.integers(-(2**52), 2**52)) / 1e6
    return VitalReading(at, draw(estimates()), draw(estimates()), draw(st.lists(alerts(), max_size=3)))


@given(estimates() | alerts() | readings())
def test_values_survive_every_way_out_and_back(value: VitalEstimate | AnomalyAlert | VitalReading) -> None:
    ways = [
        pickle.loads(pickle.dumps(value)),
        copy.deepcopy(value),
        type(value).from_dict(value.to_dict()),
        type(value).from_dict(json.loads(json.dumps(value.to_dict()))),
    ]
    for back in ways:
        assert back == value
        assert hash(back) == hash(value)
        assert repr(back) == repr(value)


def test_values_differ_where_they_differ() -> None:
    valid = VitalEstimate(15.0, 0.9, VitalStatus.Valid)
    assert valid != VitalEstimate(15.5, 0.9, VitalStatus.Valid)
    assert valid != VitalEstimate(15.0, 0.9, VitalStatus.Degraded)
    assert valid != 15.0
    assert repr(valid) == "VitalEstimate(rate_bpm=15.0, confidence=0.9, status=VitalStatus.Valid)"
    none = VitalEstimate(None, 0.0, VitalStatus.Unavailable)
    alert = AnomalyAlert(AnomalyKind.Tachypnea, 3.5, 30.0)
    assert VitalReading(1.0, valid, none) != VitalReading(1.0, valid, none, [alert])
    assert VitalReading(1.0, valid, none, [alert]).alerts == (alert,)
    assert len({VitalReading(1.0, valid, none), VitalReading(1.0, valid, none), VitalReading(2.0, valid, none)}) == 2


@pytest.mark.parametrize("kind", [VitalStatus, AnomalyKind, VitalKind])
def test_names(kind: type[VitalStatus] | type[AnomalyKind] | type[VitalKind]) -> None:
    variants = [value for value in vars(kind).values() if isinstance(value, kind)]
    assert len(variants) >= 2
    for variant in variants:
        assert kind.from_str(str(variant)) == variant
        assert pickle.loads(pickle.dumps(variant)) == variant
    assert len(set(variants)) == len(variants)
    with pytest.raises(ValueError, match=r"name: expected one of .*, found \"other\""):
        kind.from_str("other")


def test_values_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="status: expected a published status"):
        VitalEstimate(15.0, 0.9, VitalStatus.Unavailable)
    with pytest.raises(ValueError, match="status: expected a rate, found valid"):
        VitalEstimate(None, 0.9, VitalStatus.Valid)
    for confidence in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="confidence"):
            VitalEstimate(15.0, confidence, VitalStatus.Valid)
    for rate in (-1.0, float("nan"), float("inf"), 1e300):
        with pytest.raises(ValueError, match="rate_bpm"):
            VitalEstimate(rate, 0.9, VitalStatus.Valid)
        with pytest.raises(ValueError, match="rate_bpm"):
            AnomalyAlert(AnomalyKind.Apnea, 0.0, rate)
    with pytest.raises(ValueError, match="z_score"):
        AnomalyAlert(AnomalyKind.Apnea, 0.0, None, float("nan"))
    none = VitalEstimate(None, 0.0, VitalStatus.Unavailable)
    for at in (float("nan"), float("inf"), 1e300):
        with pytest.raises(ValueError, match="timestamp_s"):
            VitalReading(at, none, none)
    with pytest.raises(TypeError, match="breathing: expected dict, found int"):
        VitalReading.from_dict({"timestamp_s": 1.0, "breathing": 3, "heart_rate": none.to_dict()})
    with pytest.raises(TypeError, match="missing"):
        VitalEstimate.from_dict({"confidence": 0.1})
    with pytest.raises(ValueError, match="name"):
        VitalEstimate.from_dict({"rate_bpm": None, "confidence": 0.1, "status": "odd"})


def test_four_lines() -> None:
    csi, times = breathing_room(40), np.arange(800) / RATE_HZ
    readings = process(csi, timestamps_s=times)
    assert [reading.timestamp_s for reading in readings] == [float(second) for second in range(1, 40)]
    assert rates(readings)[:28] == [None] * 28
    assert readings[-1].breathing.rate_bpm == pytest.approx(BPM, abs=0.5)
    assert readings[-1].breathing.status == VitalStatus.Valid
    assert readings[-1].breathing.confidence > 0.9


def test_heart_rate_is_unavailable_unless_asked_for() -> None:
    csi = breathing_room(40)
    assert {reading.heart_rate.status for reading in process(csi, sample_rate_hz=RATE_HZ)} == {VitalStatus.Unavailable}
    asked = process(csi, sample_rate_hz=RATE_HZ, experimental_heart_rate=True)
    assert VitalStatus.Unreliable in {reading.heart_rate.status for reading in asked}
    assert all(reading.heart_rate.status != VitalStatus.Valid for reading in asked)


@pytest.mark.parametrize("n_antennas", [1, 2])
def test_every_way_in_gives_the_same(n_antennas: int) -> None:
    csi = breathing_room(33, n_antennas=n_antennas)
    expected = process(csi, sample_rate_hz=RATE_HZ)
    assert rates(expected)[-1] is not None
    # A multiple of a power of two, so that integers hold it.
    scaled = np.round(np.stack([csi.real, csi.imag], axis=-1) * 1024)
    whole = (scaled[..., 0] + 1j * scaled[..., 1]).astype(np.complex64)
    integers = process(whole, sample_rate_hz=RATE_HZ)
    read_only = csi.copy()
    read_only.flags.writeable = False
    every_second = np.repeat(csi, 2, axis=0)[::2]
    assert not every_second.flags.c_contiguous
    times = np.arange(len(csi)) / RATE_HZ
    ways: list[tuple[npt.NDArray[np.generic], list[VitalReading]]] = [
        (csi.astype(np.complex128), expected),
        (np.asfortranarray(csi), expected),
        (every_second, expected),
        (read_only, expected),
        (scaled.astype(np.int32), integers),
        (scaled.astype(np.int16), integers),
        (scaled, integers),
    ]
    if n_antennas == 1:
        ways.append((csi[:, 0], expected))
    for array, readings in ways:
        assert process(array, sample_rate_hz=RATE_HZ) == readings, array.dtype
        assert process(array, timestamps_s=times) == readings, array.dtype
        assert process(array, timestamps_s=times.tolist()) == readings, array.dtype


def test_frames_carry_their_own_time() -> None:
    csi = breathing_room(33)
    # A frame keeps amplitude and phase, so its samples differ in the last bit.
    found = process(frames_of(csi))
    expected = process(csi, sample_rate_hz=RATE_HZ)
    assert rates(found)[-1] == pytest.approx(rates(expected)[-1], abs=1e-3)
    assert process(iter(frames_of(csi))) == found
    assert process(tuple(frames_of(csi))) == found


def test_a_monitor_goes_on_where_it_stopped() -> None:
    csi = breathing_room(45)
    times = np.arange(len(csi)) / RATE_HZ
    expected = process(csi, timestamps_s=times)
    for step in (1, 7, 333, len(csi)):
        monitor = VitalsMonitor()
        found: list[VitalReading] = []
        for at in range(0, len(csi), step):
            found += monitor.push(csi[at : at + step], timestamps_s=times[at : at + step])
        assert found == expected


def test_the_shape_of_a_stream_may_change_between_frames() -> None:
    csi = breathing_room(35)
    other = [CsiFrame([1.0] * 12, [0.0] * 12, 12, index, RATE_HZ) for index in range(0, len(csi), 5)]
    mixed = sorted([*frames_of(csi), *other], key=lambda frame: frame.timestamp_s)
    assert rates(process(mixed)) == rates(process(frames_of(csi)))


def test_nothing_in_nothing_out() -> None:
    assert process([]) == []
    assert process(np.empty((0, 56), np.complex64), sample_rate_hz=10.0) == []
    assert process(np.empty((0, 1, 56), np.complex64), timestamps_s=[]) == []
    assert process(np.ones((1, 56)), sample_rate_hz=10.0) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 1e38])
def test_frames_without_a_usable_amplitude_are_passed_over(bad: float) -> None:
    csi = breathing_room(40)
    spoilt = np.repeat(csi, 2, axis=0)
    spoilt[1::2] = bad
    times = np.repeat(np.arange(len(csi)) / RATE_HZ, 2)
    assert rates(process(spoilt, timestamps_s=times)) == rates(process(csi, sample_rate_hz=RATE_HZ))


def test_only_nonsense_has_no_rate() -> None:
    for value in (np.nan, np.inf, 0.0):
        readings = process(np.full((700, 56), value, np.complex64), sample_rate_hz=RATE_HZ)
        assert len(readings) == 34
        assert {reading.breathing.status for reading in readings} == {VitalStatus.Unavailable}


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((10,), np.complex64),
        ((10, 0), np.complex64),
        ((10, 0, 56), np.complex64),
        ((10, 256, 2), np.complex64),
        ((2, 65536), np.complex64),
        ((10, 1, 56, 2), np.complex64),
        ((10, 1, 56, 3), np.int8),
        ((10, 1, 1, 56, 2), np.int8),
        ((), np.complex64),
    ],
)
def test_wrong_shapes_name_frames(shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    with pytest.raises(ValueError, match="frames: expected shape"):
        process(np.zeros(shape, dtype), sample_rate_hz=10.0)


def test_wrong_types_name_frames() -> None:
    for array in (np.array([["a", "b"]]), np.array([[None, None]]), np.array([["2020-01-01"]], dtype="datetime64[D]")):
        with pytest.raises(TypeError, match="frames: expected numbers"):
            process(array, sample_rate_hz=10.0)
    with pytest.raises(TypeError, match=r"frames\[1\]: expected CsiFrame or CsiBatch, found int"):
        process([CsiFrame([1.0], [0.0], 1, 0, 10.0), 3])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"frames: expected an array or an iterable of CsiFrame, found int"):
        process(3)  # type: ignore[arg-type]


def test_times_must_fit() -> None:
    csi = np.ones((4, 56), np.complex64)
    with pytest.raises(ValueError, match="timestamps_s: expected it or sample_rate_hz"):
        process(csi)
    with pytest.raises(ValueError, match="sample_rate_hz: expected nothing beside timestamps_s"):
        process(csi, timestamps_s=[0, 1, 2, 3], sample_rate_hz=1.0)
    with pytest.raises(ValueError, match="timestamps_s: expected 4 times, one a frame, found 3"):
        process(csi, timestamps_s=[0, 1, 2])
    with pytest.raises(ValueError, match="timestamps_s: expected 1 dimensions, found 2"):
        process(csi, timestamps_s=[[0, 1, 2, 3]])
    with pytest.raises(TypeError, match="timestamps_s"):
        process(csi, timestamps_s=["a", "b", "c", "d"])
    for bad in (np.nan, np.inf, -np.inf, 1e12):
        with pytest.raises(ValueError, match="timestamps_s: expected seconds"):
            process(csi, timestamps_s=[0, 1, bad, 3])
    for rate in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="sample_rate_hz: expected a finite number above 0"):
            process(csi, sample_rate_hz=rate)
    with pytest.raises(ValueError, match="sample_rate_hz: expected nothing: each CsiFrame"):
        process([], sample_rate_hz=1.0)
    late = CsiFrame([1.0], [0.0], 1, 2**63, 1.0)
    with pytest.raises(ValueError, match="sample_index: expected seconds"):
        process([late])


def test_nodes_are_not_mixed() -> None:
    frames = [CsiFrame([1.0], [0.0], 1, node, 10.0, CsiMetadata(node)) for node in (4, 5)]
    with pytest.raises(ValueError, match=r"frames\[1\]: expected one node's frames: node 4, found node 5"):
        process(frames)


def test_what_an_iterable_raises_comes_through() -> None:
    def broken() -> Iterator[CsiFrame]:
        yield CsiFrame([1.0], [0.0], 1, 0, 10.0)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        process(broken())


def test_the_stages_one_by_one_say_what_the_monitor_says() -> None:
    csi = breathing_room(45)
    preprocessor, breathing = CsiVitalPreprocessor(), BreathingExtractor()
    found: list[VitalEstimate] = []
    for frame in frames_of(csi):
        if preprocessor.push(frame) and (window := preprocessor.window()) is not None:
            assert (window.n_features, window.n_samples) == window.features.shape == (28, 280)
            found.append(breathing.update(window))
    assert not breathing.has_stopped
    published = [estimate for estimate in found if estimate.status.is_published]
    expected = [reading.breathing for reading in process(frames_of(csi)) if reading.breathing.status.is_published]
    # The monitor waits for a first lead and reads at whole seconds: its readings are among the stage's estimates.
    assert len(expected) > 10
    assert set(expected) <= set(published)
    breathing.clear()
    assert breathing.update(VitalWindow(np.zeros((3, 280)))).status == VitalStatus.Unavailable


def test_a_preprocessor_has_no_window_before_28_s() -> None:
    preprocessor = CsiVitalPreprocessor()
    for frame in frames_of(breathing_room(27)):
        preprocessor.push(frame)
    assert preprocessor.window() is None


def test_held_breath_is_seen() -> None:
    csi = breathing_room(90)
    chest = np.array(csi)
    chest[60 * 20 :] = breathing_room(30, bpm=0.0)
    preprocessor, breathing = CsiVitalPreprocessor(), BreathingExtractor()
    stopped: list[float] = []
    for frame in frames_of(chest):
        if preprocessor.push(frame) and (window := preprocessor.window()) is not None:
            breathing.update(window)
            if breathing.has_stopped:
                stopped.append(frame.timestamp_s)
    assert stopped
    assert 60 < stopped[0] < 75


def test_windows_of_own_series() -> None:
    t = np.arange(280) / 10
    series = np.sin(2 * np.pi * 0.2 * t) + 3.0 + 0.1 * t
    window = VitalWindow([series, np.full(280, 5.0)])
    assert repr(window) == "VitalWindow(n_features=1, n_samples=280)"
    assert window.features.mean() == pytest.approx(0, abs=1e-9)
    assert not window.features.flags.writeable
    assert VitalWindow(np.empty((0, 0))).n_samples == 0
    assert VitalWindow(np.empty((3, 0))).n_features == 0
    for bad in (np.nan, np.inf, 1e7):
        with pytest.raises(ValueError, match="features: expected finite numbers below 1e6"):
            VitalWindow([[0.0, bad]])
    with pytest.raises(ValueError, match="features: expected 2 dimensions, found 1"):
        VitalWindow([1.0])


def test_the_waveform_is_the_breath() -> None:
    monitor = VitalsMonitor()
    assert monitor.window() is None
    csi = breathing_room(40)
    monitor.push(csi, sample_rate_hz=RATE_HZ)
    window = monitor.window()
    assert window is not None
    wave = window.waveform(BPM)
    assert wave.shape == (280,)
    likeness = np.abs(np.exp(-2j * np.pi * BPM / 60 * np.arange(280) / 10) @ wave) / np.linalg.norm(wave) / 280**0.5
    assert likeness > 0.65  # 0.71 of a pure sine
    for rate in (3.9, 32.0, np.nan):
        with pytest.raises(ValueError, match=r"rate_bpm: expected 4 to 31\.5"):
            window.waveform(rate)
    with pytest.raises(ValueError, match="of a window of 280 samples"):
        VitalWindow([[0.0, 1.0]]).waveform(BPM)


def test_heart_rate_of_a_made_window() -> None:
    t = np.arange(280) / 10
    noise = np.random.default_rng(3).normal(scale=0.1, size=(16, 280))
    beat = VitalWindow(np.sin(2 * np.pi * 70 / 60 * t) + noise)
    found = HeartRateExtractor().estimate(beat)
    assert found.rate_bpm == pytest.approx(70, abs=1.5)
    assert found.status == VitalStatus.Degraded
    assert found.confidence <= 0.5
    assert HeartRateExtractor().estimate(VitalWindow([[1.0, 2.0]])).status == VitalStatus.Unavailable
    for bad in (0.0, -3.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="breathing_bpm"):
            HeartRateExtractor().estimate(beat, bad)


def second_by_second(detector: VitalAnomalyDetector, start: int, seconds: int, rate: float) -> list[AnomalyAlert]:
    breathing = VitalEstimate(rate, 0.9, VitalStatus.Valid)
    none = VitalEstimate(None, 0.0, VitalStatus.Unavailable)
    found: list[AnomalyAlert] = []
    for second in range(start, start + seconds):
        found = detector.update(float(second), breathing, none)
    return found


def test_anomalies_are_personal_and_survive_storage() -> None:
    detector = VitalAnomalyDetector()
    assert second_by_second(detector, 0, 320, 13.0) == []
    alone = second_by_second(copy.deepcopy(detector), 320, 12, 20.0)
    assert [(alert.kind, alert.since_s, alert.rate_bpm) for alert in alone] == [(AnomalyKind.Tachypnea, 329.0, 20.0)]
    assert second_by_second(VitalAnomalyDetector(), 320, 12, 20.0) == [], "usual for others"
    for restored in (VitalAnomalyDetector.from_json(detector.to_json()), pickle.loads(pickle.dumps(detector))):
        assert second_by_second(restored, 320, 12, 20.0) == alone
    with pytest.raises(ValueError, match="text: expected JSON that to_json gave"):
        VitalAnomalyDetector.from_json("{}")
    with pytest.raises(ValueError, match="timestamp_s"):
        second_by_second(detector, 2**34, 1, 20.0)


def test_apnea() -> None:
    detector = VitalAnomalyDetector()
    second_by_second(detector, 0, 30, 14.0)
    none = VitalEstimate(None, 0.0, VitalStatus.Unavailable)
    found: list[AnomalyAlert] = []
    for second in range(30, 42):
        found = detector.update(float(second), none, none, breath_stopped=True)
    assert [alert.kind for alert in found] == [AnomalyKind.Apnea]


def test_store() -> None:
    store = VitalSignStore(retention_s=60.0, capacity=10)
    none = VitalEstimate(None, 0.0, VitalStatus.Unavailable)
    assert len(store) == 0
    assert store.statistics(VitalKind.Breathing, 10.0, 60.0) is None
    for second, rate in enumerate([10.0, None, 14.0, 12.0]):
        breathing = none if rate is None else VitalEstimate(rate, 0.9, VitalStatus.Valid)
        store.push(VitalReading(float(second), breathing, none))
    assert len(store) == 4
    assert store.statistics(VitalKind.HeartRate, 3.0, 60.0) is None
    for kept in (store, pickle.loads(pickle.dumps(store)), VitalSignStore.from_json(store.to_json())):
        found = kept.statistics(VitalKind.Breathing, 3.0, 60.0)
        assert isinstance(found, VitalStatistics)
        assert (found.count, found.coverage, found.min, found.max, found.mean) == (3, 0.75, 10.0, 14.0, 12.0)
        assert found.percentiles == (10.0, 12.0, 14.0)
        assert found.std == pytest.approx(np.std([10, 12, 14]), abs=1e-5)
        assert found.to_dict() == {name: getattr(found, name) for name in found.to_dict()} | {
            "percentiles": [10.0, 12.0, 14.0]
        }
    for second in range(10, 40):
        store.push(VitalReading(float(second), none, none))
    assert len(store) == 10
    for bad in (-1.0, np.nan, np.inf, 1e300):
        with pytest.raises(ValueError, match="retention_s"):
            VitalSignStore(bad)
        with pytest.raises(ValueError, match="span_s"):
            store.statistics(VitalKind.Breathing, 0.0, bad)


def test_threads_may_share_a_monitor() -> None:
    csi = breathing_room(60)
    monitor = VitalsMonitor()
    failures: list[BaseException] = []

    def push(node: int) -> None:
        try:
            for at in range(0, len(csi), 40):
                monitor.push(csi[at : at + 40], timestamps_s=(np.arange(at, at + 40) + node * 0.1) / RATE_HZ)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=push, args=(node,)) for node in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert monitor.push([]) == []


def test_the_interpreter_is_free_meanwhile() -> None:
    csi, found = breathing_room(3000), list[VitalReading]()
    worker = threading.Thread(target=lambda: found.extend(process(csi, sample_rate_hz=RATE_HZ)))
    worker.start()
    turns = 0
    while worker.is_alive():
        turns += 1
    # None while C code holds the interpreter: it cannot be interrupted.
    assert turns > 1000
    assert len(found) == 2999


@with_recordings
@pytest.mark.parametrize(
    ("file", "label"),
    [("breath_esp32_pulse/resp_6rpm", 6.0), *((f"breath_phantom_atheros/BPM{bpm:02}", bpm) for bpm in (8, 14, 22, 30))],
)
def test_recorded_breath_has_its_label(file: str, label: float) -> None:
    with np.load(RECORDINGS / f"{file}.npz") as recording:
        readings = process(recording["iq"], timestamps_s=recording["t"])
    published = [rate for rate in rates(readings) if rate is not None]
    assert len(published) >= len(readings) // 3
    assert max(abs(rate - label) for rate in published) < 2


@with_recordings
@pytest.mark.parametrize("file", ["breath_esp32_pulse/resp_vacio", "breath_esp32_abtest/abtest_1786834131_control"])
def test_a_recorded_empty_room_has_none(file: str) -> None:
    with np.load(RECORDINGS / f"{file}.npz") as recording:
        readings = process(recording["iq"], timestamps_s=recording["t"])
    assert len(readings) > 50
    assert set(rates(readings)) == {None}
