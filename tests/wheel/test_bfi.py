"""Beamforming feedback as values, and what is computed from it."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wifi_densepose import BfldFrame, BfldKind, BfldReport
from wifi_densepose.bfi import BfiFeatures, BfiWindow

MAC = "98:de:d0:48:92:66"
COMPRESSED = {20: "CompressedHE20", 40: "CompressedHE40", 80: "CompressedHE80", 160: "CompressedHE160"}
UNCOMPRESSED = {20: "UncompressedHT20", 40: "UncompressedHT40"}
KINDS = [getattr(BfldKind, name) for name in [*COMPRESSED.values(), *UNCOMPRESSED.values()]]


def matrix(rows: int, cols: int, tones: int, seed: int = 0) -> npt.NDArray[np.complex64]:
    """Random V: orthonormal columns at every tone."""
    chance = np.random.default_rng(seed)
    channel = chance.normal(size=(tones, rows, cols)) + 1j * chance.normal(size=(tones, rows, cols))
    v: npt.NDArray[np.complex64] = np.linalg.qr(channel)[0].transpose(1, 2, 0).astype(np.complex64)
    return v


def frame(v: npt.ArrayLike, at_ms: int = 0, mac: str = MAC, bandwidth_mhz: int = 20) -> BfldFrame:
    return BfldFrame.from_compressed_feedback(at_ms, 0, mac, bandwidth_mhz, np.shape(v)[-1], v)


shapes = st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 40)).filter(lambda shape: shape[1] <= shape[0])
macs = st.binary(min_size=6, max_size=6).map(lambda octets: octets.hex(":"))


@st.composite
def frames(draw: st.DrawFn) -> BfldFrame:
    rows, cols, tones = draw(shapes)
    v = matrix(rows, cols, tones, draw(st.integers(0, 1000)))
    about = (draw(st.integers(0, 2**64 - 1)), draw(st.integers(0, 2**32 - 1)), draw(macs))
    if draw(st.booleans()):
        return BfldFrame.from_compressed_feedback(*about, draw(st.sampled_from([20, 40, 80, 160])), tones, v)
    return BfldFrame.from_uncompressed_v(*about, draw(st.sampled_from([20, 40])), tones, v)


@given(frames())
def test_frames_round_trip(one: BfldFrame) -> None:
    for again in (BfldFrame.from_dict(json.loads(json.dumps(one.to_dict()))), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert hash(again) == hash(one)
        assert again.sta_mac == one.sta_mac
        assert again.feedback_matrix.dtype == np.complex64
    rows, cols, tones = one.feedback_matrix.shape
    assert (one.n_rows, one.n_cols, one.n_subcarriers) == (rows, cols, tones)


def test_what_a_frame_says() -> None:
    v = matrix(4, 2, 64)
    one = BfldFrame.from_compressed_feedback(1_700_000_000_123, 7, MAC, 80, 64, v)
    assert (one.timestamp_ms, one.sounding_index, one.sta_mac) == (1_700_000_000_123, 7, MAC)
    assert (one.bandwidth_mhz, one.n_subcarriers, one.n_rows, one.n_cols) == (80, 64, 4, 2)
    assert one.kind == BfldKind.CompressedHE80
    np.testing.assert_array_equal(one.feedback_matrix, v)
    assert repr(one) == (
        "BfldFrame(kind=CompressedHE80, timestamp_ms=1700000000123, sounding_index=7, sta_mac='**:**:**:**:**:66', "
        "n_rows=4, n_cols=2, n_subcarriers=64)"
    )


def test_an_address_is_the_same_however_it_is_written() -> None:
    v = matrix(2, 1, 3)
    one, other = frame(v, mac="98:de:d0:48:92:66"), frame(v, mac="98-DE-D0-48-92-66")
    assert one == other
    assert hash(one) == hash(other)
    assert other.sta_mac == "98-DE-D0-48-92-66"


@pytest.mark.parametrize(
    "changed",
    [
        {"timestamp_ms": 1},
        {"sounding_index": 1},
        {"sta_mac": "98:de:d0:48:92:67"},
        {"bandwidth_mhz": 40},
        {"feedback_matrix": matrix(2, 1, 3, seed=1)},
    ],
)
def test_frames_differ_in_everything_that_they_say(changed: dict[str, Any]) -> None:
    said: dict[str, Any] = {
        "timestamp_ms": 0,
        "sounding_index": 0,
        "sta_mac": MAC,
        "bandwidth_mhz": 20,
        "n_subcarriers": 3,
        "feedback_matrix": matrix(2, 1, 3),
    }
    one, other = BfldFrame.from_compressed_feedback(**said), BfldFrame.from_compressed_feedback(**(said | changed))
    assert one != other
    assert one != BfldFrame.from_uncompressed_v(**said)
    assert one != "a frame"


@pytest.mark.parametrize(
    ("changed", "error", "field"),
    [
        ({"timestamp_ms": "now"}, TypeError, "timestamp_ms"),
        ({"sta_mac": 0x98DED0489266}, TypeError, "sta_mac"),
        ({"sta_mac": "98:de:d0:48:92"}, ValueError, "sta_mac"),
        ({"sta_mac": "98:de:d0:48:92:6g"}, ValueError, "sta_mac"),
        ({"bandwidth_mhz": 30}, ValueError, "bandwidth_mhz"),
        ({"n_subcarriers": 0}, ValueError, "n_subcarriers"),
        ({"n_subcarriers": 2049}, ValueError, "n_subcarriers"),
        ({"n_subcarriers": 4}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": matrix(2, 1, 3)[0]}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.zeros((2, 1, 0))}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.zeros((0, 0, 3))}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.full((1, 2, 3), 1.0)}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.full((9, 1, 3), 1 / 3)}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.zeros((2, 1, 3))}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": matrix(2, 1, 3) * 1.001}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.full((2, 1, 3), np.nan)}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.full((2, 1, 3), np.inf * 1j)}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": "V"}, TypeError, "feedback_matrix"),
        ({"feedback_matrix": None}, TypeError, "feedback_matrix"),
        ({"feedback_matrix": [[[1], [1, 2]]]}, ValueError, "feedback_matrix"),
        ({"feedback_matrix": np.array([[[object()]]])}, TypeError, "feedback_matrix"),
    ],
)
def test_bad_arguments_are_named(changed: dict[str, Any], error: type[Exception], field: str) -> None:
    said: dict[str, Any] = {
        "timestamp_ms": 0,
        "sounding_index": 0,
        "sta_mac": MAC,
        "bandwidth_mhz": 20,
        "n_subcarriers": 3,
        "feedback_matrix": matrix(2, 1, 3),
    }
    with pytest.raises(error) as raised:
        BfldFrame.from_compressed_feedback(**(said | changed))
    # PyO3 names the argument of a plain type in a note, which exceptions have since Python 3.11.
    if sys.version_info >= (3, 11) or error is not TypeError:
        assert field in "".join([str(raised.value), *getattr(raised.value, "__notes__", [])])


def test_an_error_about_an_address_does_not_print_it() -> None:
    with pytest.raises(ValueError, match="sta_mac") as raised:
        frame(matrix(2, 1, 3), mac="98:de:d0:48:92:6")
    assert "92" not in str(raised.value)


def test_uncompressed_feedback_is_as_coarse_as_its_numbers() -> None:
    v = matrix(4, 2, 56)
    coarse = np.round(v.real * 8) / 8 + 1j * np.round(v.imag * 8) / 8
    assert BfldFrame.from_uncompressed_v(0, 0, MAC, 20, 56, coarse).kind == BfldKind.UncompressedHT20
    with pytest.raises(ValueError, match="feedback_matrix: expected columns of length 1"):
        frame(coarse)
    with pytest.raises(ValueError, match="bandwidth_mhz: expected 20 or 40, found 80"):
        BfldFrame.from_uncompressed_v(0, 0, MAC, 80, 56, coarse)


def test_arrays_come_in_and_out() -> None:
    v = matrix(3, 2, 52)
    read_only = v.copy()
    read_only.setflags(write=False)
    strided = np.asfortranarray(v)
    reversed_twice = v[::-1][::-1]
    for given_array in (v, v.astype(np.complex128), read_only, strided, reversed_twice, v.tolist(), v.astype(">c8")):
        one = frame(given_array)
        np.testing.assert_array_equal(one.feedback_matrix, v)
        assert not one.feedback_matrix.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            one.feedback_matrix[0, 0, 0] = 0
    assert frame(read_only).feedback_matrix is read_only
    one = frame(v)
    v[:] = 0
    assert np.any(one.feedback_matrix != 0), "what the caller does to the array later changes nothing"


def test_the_largest_frame() -> None:
    v = matrix(8, 8, 2048)
    one = frame(v, bandwidth_mhz=160)
    assert one.feedback_matrix.shape == (8, 8, 2048)


def test_real_numbers_are_numbers() -> None:
    assert frame(np.ones((1, 1, 4), dtype=np.int8)).n_subcarriers == 4


def test_dicts_that_say_nonsense_are_refused() -> None:
    said = frame(matrix(2, 1, 3)).to_dict()
    for changed in ({"kind": "CompressedVHT20"}, {"kind": 3}, {"kind": None}, {"feedback_matrix": [[[1.0]]]}):
        field = next(iter(changed))
        with pytest.raises((ValueError, TypeError), match=field):
            BfldFrame.from_dict(said | changed)
    with pytest.raises((ValueError, TypeError), match="feedback_matrix"):
        BfldFrame.from_dict(said | {"feedback_matrix": [[[[1.0, 0.0, 0.0]]]]})
    del said["sta_mac"]
    with pytest.raises(TypeError, match="sta_mac"):
        BfldFrame.from_dict(said)


def test_kinds() -> None:
    assert len({*KINDS, *KINDS}) == len(KINDS) == 6
    assert {kind: pickle.loads(pickle.dumps(kind)) for kind in KINDS} == {kind: kind for kind in KINDS}
    for names, is_compressed in ((COMPRESSED, True), (UNCOMPRESSED, False)):
        for bandwidth_mhz, name in names.items():
            kind: BfldKind = getattr(BfldKind, name)
            assert (kind.bandwidth_mhz, kind.is_compressed) == (bandwidth_mhz, is_compressed)
            assert repr(kind) == f"BfldKind.{name}"


def test_a_frozen_channel_is_coherent_and_a_random_one_is_not() -> None:
    v = matrix(4, 1, 52)
    turned = [frame(v * np.exp(1j * at), at_ms=at) for at in range(100)]
    report = BfldReport(turned)
    assert (report.n_frames, report.timestamp_first, report.timestamp_last) == (100, 0, 99)
    assert report.coherence_score == pytest.approx(1.0, abs=1e-5), "a column's phase means nothing"
    np.testing.assert_allclose(report.mean_amplitude_per_subcarrier, np.abs(v).mean(axis=(0, 1)), rtol=1e-5)

    report = BfldReport([frame(matrix(4, 1, 52, seed=at), at_ms=at) for at in range(1000)])
    assert report.coherence_score == pytest.approx(0.5, abs=0.02), "1/sqrt(n_rows)"
    assert BfldReport([frame(np.ones((1, 1, 4)))]).coherence_score == 1.0


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.randoms())
def test_reports_round_trip_and_know_no_order_of_times(seeds: list[int], chance: Any) -> None:
    each = [frame(matrix(3, 2, 5, seed), at_ms=seed) for seed in seeds]
    report = BfldReport(each)
    for again in (BfldReport.from_dict(json.loads(json.dumps(report.to_dict()))), pickle.loads(pickle.dumps(report))):
        assert again == report
        assert hash(again) == hash(report)
    chance.shuffle(each)
    shuffled = BfldReport(each)
    assert (shuffled.timestamp_first, shuffled.timestamp_last) == (min(seeds), max(seeds))
    assert shuffled.coherence_score == pytest.approx(report.coherence_score, abs=1e-5)
    assert not report.mean_amplitude_per_subcarrier.flags.writeable


def test_reports_are_of_one_station_and_shape() -> None:
    first = frame(matrix(3, 1, 5))
    for other in (
        frame(matrix(3, 1, 6)),
        frame(matrix(3, 2, 5)),
        frame(matrix(3, 1, 5), mac="98:de:d0:48:92:67"),
        frame(matrix(3, 1, 5), bandwidth_mhz=40),
    ):
        with pytest.raises(ValueError, match=r"frames\[1\]"):
            BfldReport([first, other])
    with pytest.raises(ValueError, match="frames: expected at least one frame"):
        BfldReport([])
    with pytest.raises(TypeError):
        BfldReport([first, "frame"])  # type: ignore[list-item]


def _walk(step: float) -> list[BfldFrame]:
    """Frames of a channel that turns by a step in each of 1.7 s."""
    angles = [at * step for at in range(40)]
    columns = [np.array([np.cos(angle), np.sin(angle)]) for angle in angles]
    return [frame(np.repeat(column, 8).reshape(2, 1, 8), at_ms=at * 1700) for at, column in enumerate(columns)]


def test_features_tell_a_still_channel_from_a_moving_one() -> None:
    still, moving = BfiWindow(), BfiWindow()
    assert still.features() is None
    for one, other in zip(_walk(0.0), _walk(0.05), strict=True):
        still.push(one)
        moving.push(other)
    assert still.is_full
    at_rest, in_motion = still.features(), moving.features()
    assert at_rest is not None
    assert in_motion is not None
    assert at_rest.path_stability == pytest.approx(1.0, abs=1e-5)
    assert in_motion.mean_angle_delta == pytest.approx(0.05, abs=1e-3)
    assert in_motion.path_stability < at_rest.path_stability
    for features in (at_rest, in_motion):
        again = BfiFeatures.from_dict(json.loads(json.dumps(features.to_dict())))
        assert again == features == pickle.loads(pickle.dumps(features))
        assert len(features.to_dict()) == 9
    assert at_rest != in_motion
    with pytest.raises(ValueError, match="doppler_proxy"):
        BfiFeatures.from_dict({"mean_angle_delta": 0.0, "subcarrier_variance": 0.0, "temporal_entropy": 0.0})


def test_a_window_starts_anew_with_another_shape() -> None:
    window = BfiWindow()
    for one in _walk(0.0):
        window.push(one)
    window.push(frame(matrix(4, 1, 8), at_ms=100_000))
    assert not window.is_full
    with pytest.raises(ValueError, match="frame: expected 2 to 8 antennas"):
        window.push(frame(np.ones((1, 1, 4))))


def test_a_window_may_be_used_by_several_threads() -> None:
    window = BfiWindow()
    each = _walk(0.0)

    def push() -> None:
        for _ in range(200):
            window.push(each[0])

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert window.is_full
