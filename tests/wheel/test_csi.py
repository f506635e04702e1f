"""CSI frames, their metadata, and privacy classes."""

from __future__ import annotations

import copy
import json
import math
import pickle
import sys
import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import wifi_densepose
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from wifi_densepose import CsiFrame, CsiMetadata, PrivacyClass, allows_hap, allows_matter, allows_network

CLASSES = [PrivacyClass.Raw, PrivacyClass.Derived, PrivacyClass.Anonymous, PrivacyClass.Restricted]

metadata = st.builds(
    CsiMetadata,
    st.integers(0, 255),
    st.none() | st.integers(-128, 127),
    st.none() | st.integers(-128, 127),
    st.none() | st.integers(0, 2**32 - 1),
    st.none() | st.integers(0, 2**32 - 1),
)


@st.composite
def frames(draw: st.DrawFn) -> CsiFrame:
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 40)) | st.tuples(st.integers(1, 40)))
    amplitudes = draw(hnp.arrays(np.float64, shape, elements=st.floats(0, 1e30)))
    phases = draw(hnp.arrays(np.float64, shape, elements=st.floats(-1e6, 1e6)))
    index, rate = draw(st.integers(0, 2**64 - 1)), draw(st.floats(1e-3, 1e9))
    return CsiFrame(amplitudes, phases, shape[-1], index, rate, draw(metadata))


def frame(**changes: Any) -> CsiFrame:
    arguments: dict[str, Any] = {
        "amplitudes": [1.0] * 56,
        "phases": [0.0] * 56,
        "n_subcarriers": 56,
        "sample_index": 0,
        "sample_rate_hz": 100.0,
    }
    return CsiFrame(**arguments | changes)


def test_version() -> None:
    assert wifi_densepose.__version__ == "2.0.0"


def test_repr() -> None:
    assert repr(frame()) == "CsiFrame(n_subcarriers=56, sample_index=0, sample_rate_hz=100.0)"
    two = CsiFrame(np.ones((2, 3)), np.zeros((2, 3)), 3, 7, 12.5)
    assert repr(two) == "CsiFrame(n_antennas=2, n_subcarriers=3, sample_index=7, sample_rate_hz=12.5)"
    assert repr(CsiMetadata(3, -40)) == (
        "CsiMetadata(node=3, rssi_dbm=-40, noise_floor_dbm=None, frequency_mhz=None, seq=None)"
    )


@given(frames() | metadata)
def test_values_survive_every_way_out_and_back(value: CsiFrame | CsiMetadata) -> None:
    ways = [
        pickle.loads(pickle.dumps(value)),
        copy.copy(value),
        copy.deepcopy(value),
        type(value).from_dict(value.to_dict()),
        type(value).from_dict(json.loads(json.dumps(value.to_dict()))),
    ]
    for back in ways:
        assert back == value
        assert hash(back) == hash(value)
        assert repr(back) == repr(value)
        assert back.to_dict() == value.to_dict()


@given(frames())
def test_a_frame_is_what_it_was_made_of(one: CsiFrame) -> None:
    assert one.csi.dtype == np.complex64
    assert one.csi.shape == one.amplitudes.shape == one.phases.shape
    assert one.n_subcarriers == one.amplitudes.shape[-1]
    assert one.n_antennas == (1 if one.amplitudes.ndim == 1 else len(one.amplitudes))
    assert one.timestamp_s == one.sample_index / one.sample_rate_hz
    expected = one.amplitudes * np.exp(1j * one.phases)
    assert np.allclose(one.csi, expected, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(expected).max()))


@given(hnp.arrays(np.complex128, st.integers(1, 60), elements=st.complex_numbers(max_magnitude=1e6)))
def test_complex_samples_come_back(samples: npt.NDArray[np.complex128]) -> None:
    one = CsiFrame.from_complex(samples, 1, 10.0)
    assert np.allclose(one.csi, samples, rtol=1e-5, atol=1e-3)
    assert one.amplitudes.min() >= 0


@pytest.mark.parametrize(
    "changes",
    [
        {"amplitudes": [2.0] * 56},
        {"phases": [0.1] * 56},
        {"sample_index": 1},
        {"sample_rate_hz": 50.0},
        {"metadata": CsiMetadata(1)},
        {"amplitudes": np.ones((1, 56)), "phases": np.zeros((1, 56))},
    ],
)
def test_frames_differ_where_they_differ(changes: dict[str, Any]) -> None:
    assert frame() != frame(**changes)
    assert len({frame(), frame(**changes), frame()}) == 2


def test_equal_values_are_equal_whatever_they_came_from() -> None:
    assert frame(phases=[-0.0] * 56) == frame()
    assert hash(frame(phases=[-0.0] * 56)) == hash(frame())
    assert frame(amplitudes=np.ones(56, np.int8), phases=np.zeros(56, np.float32)) == frame()
    assert frame(metadata=CsiMetadata()) == frame()
    assert frame() != "frame"
    assert CsiMetadata(1) != CsiMetadata(1, -40)
    assert CsiMetadata(1) != 1


def test_read_only_arrays_go_in_and_out_without_a_copy() -> None:
    amplitudes, phases = np.ones(56), np.zeros(56)
    for array in (amplitudes, phases):
        array.flags.writeable = False
    kept = frame(amplitudes=amplitudes, phases=phases)
    assert kept.amplitudes is amplitudes
    assert kept.phases is phases
    made = frame()
    assert made.amplitudes is made.amplitudes


def test_what_others_can_write_to_is_copied() -> None:
    writable = np.ones(56)
    of_writable = frame(amplitudes=writable)
    view = writable[:]
    view.flags.writeable = False
    of_view = frame(amplitudes=view)
    writable[:] = 5
    assert of_writable == of_view == frame()
    for one in (of_writable, of_view):
        assert not one.amplitudes.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            one.amplitudes[0] = 3


@pytest.mark.parametrize(
    "array",
    [
        np.repeat(np.arange(56.0), 2)[::2],
        np.arange(56.0)[::-1][::-1],
        np.arange(56, dtype=">f8"),
        np.arange(56, dtype=np.uint8),
        np.arange(56, dtype=np.float16),
        list(range(56)),
        tuple(range(56)),
        np.frombuffer(np.arange(56.0).tobytes()),
    ],
    ids=["strided", "reversed twice", "big endian", "uint8", "float16", "list", "tuple", "buffer"],
)
def test_every_layout_of_the_same_numbers_is_the_same(array: npt.ArrayLike) -> None:
    one = frame(amplitudes=array)
    assert one.amplitudes.tolist() == [float(at) for at in range(56)]
    assert one.amplitudes.flags.c_contiguous
    assert one.amplitudes.dtype == np.float64


def test_columns_first_is_as_good_as_rows_first() -> None:
    rows = np.arange(6.0).reshape(2, 3)
    assert CsiFrame(np.asfortranarray(rows), rows * 0, 3, 0, 1.0) == CsiFrame(rows, rows * 0, 3, 0, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amplitudes": [1.0] * 55}, r"amplitudes: expected shape \[56\] or \[n_antennas, 56\] .*, found \[55\]"),
        ({"amplitudes": []}, r"amplitudes: expected shape .*, found \[0\]"),
        ({"amplitudes": 1.0}, r"amplitudes: expected shape .*, found \[1?\]"),
        ({"amplitudes": np.ones((0, 56))}, r"amplitudes: expected shape .*, found \[0, 56\]"),
        ({"amplitudes": np.ones((256, 56))}, r"amplitudes: expected shape .*, found \[256, 56\]"),
        ({"amplitudes": np.ones((1, 1, 56))}, r"amplitudes: expected shape .*, found \[1, 1, 56\]"),
        ({"phases": [0.0] * 55}, r"phases: expected the amplitudes' shape \[56\], found \[55\]"),
        ({"phases": np.zeros((1, 56))}, r"phases: expected the amplitudes' shape \[56\], found \[1, 56\]"),
        ({"amplitudes": [], "phases": [], "n_subcarriers": 0}, "n_subcarriers: expected 1 to 65535, found 0"),
        ({"amplitudes": [1.0, -1.0] * 28}, "amplitudes: expected finite numbers of 0 and above, found -1 at 1"),
        ({"amplitudes": [math.nan] * 56}, "amplitudes: expected finite numbers of 0 and above, found NaN at 0"),
        ({"amplitudes": [math.inf] * 56}, "amplitudes: expected finite numbers of 0 and above, found inf at 0"),
        ({"phases": [0.0] * 55 + [math.nan]}, "phases: expected finite numbers, found NaN at 55"),
        ({"phases": [-math.inf] * 56}, "phases: expected finite numbers, found -inf at 0"),
        ({"sample_rate_hz": 0.0}, "sample_rate_hz: expected a finite number above 0, found 0"),
        ({"sample_rate_hz": math.nan}, "sample_rate_hz: expected a finite number above 0, found NaN"),
        ({"sample_rate_hz": math.inf}, "sample_rate_hz: expected a finite number above 0, found inf"),
        ({"amplitudes": [[1.0], [1.0, 2.0]]}, "amplitudes: "),
    ],
)
def test_values_that_do_not_fit_name_their_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        frame(**changes)


# PyO3 names the argument of a plain type in a note, which exceptions have since Python 3.11.
NOTED = "object" if sys.version_info < (3, 11) else ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amplitudes": ["1"] * 56}, "amplitudes: expected numbers that fit float64, found <U1"),
        ({"amplitudes": [None] * 56}, "amplitudes: expected numbers that fit float64, found object"),
        ({"amplitudes": [1j] * 56}, "amplitudes: expected numbers that fit float64, found complex128"),
        ({"phases": np.zeros(56, "datetime64[s]")}, "phases: expected numbers that fit float64"),
        ({"metadata": {"node": 1}}, NOTED or "metadata"),
        ({"n_subcarriers": "56"}, NOTED or "n_subcarriers"),
        ({"sample_index": 1.5}, NOTED or "sample_index"),
    ],
)
def test_types_that_do_not_fit_name_their_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        frame(**changes)


@pytest.mark.parametrize("changes", [{"n_subcarriers": 65536}, {"n_subcarriers": -1}, {"sample_index": 2**64}])
def test_numbers_too_great_for_their_field(changes: dict[str, Any]) -> None:
    with pytest.raises(OverflowError):
        frame(**changes)


def test_complex_samples_that_do_not_fit() -> None:
    with pytest.raises(TypeError, match="csi: expected numbers that fit complex128"):
        CsiFrame.from_complex(["a"], 0, 1.0)
    with pytest.raises(ValueError, match="csi: expected at most 65535 subcarriers, found 65536"):
        CsiFrame.from_complex(np.ones(65536), 0, 1.0)
    with pytest.raises(ValueError, match="n_subcarriers: expected 1 to 65535"):
        CsiFrame.from_complex([], 0, 1.0)
    with pytest.raises(ValueError, match="amplitudes: expected finite"):
        CsiFrame.from_complex([complex(math.nan, 0)], 0, 1.0)


def test_a_huge_frame() -> None:
    shape = (16, 65535)
    ones, zeros = np.ones(shape), np.zeros(shape)
    for array in (ones, zeros):
        array.flags.writeable = False
    tracemalloc.start()
    try:
        one = CsiFrame(ones, zeros, 65535, 0, 1.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < ones.nbytes / 10
    assert (one.n_antennas, one.n_subcarriers) == shape


def test_dicts_that_are_no_frame() -> None:
    good = frame().to_dict()
    with pytest.raises(TypeError, match="missing"):
        CsiFrame.from_dict({key: value for key, value in good.items() if key != "phases"})
    with pytest.raises(TypeError, match="unexpected"):
        CsiFrame.from_dict(good | {"colour": "red"})
    with pytest.raises(ValueError, match="metadata: expected a dict"):
        CsiFrame.from_dict(good | {"metadata": 3})
    assert CsiFrame.from_dict(good | {"metadata": None}) == frame()


@pytest.mark.parametrize(
    "changes",
    [{"node": 256}, {"node": -1}, {"rssi_dbm": 128}, {"frequency_mhz": 2**32}, {"seq": -1}],
)
def test_metadata_out_of_range(changes: dict[str, Any]) -> None:
    with pytest.raises(OverflowError):
        CsiMetadata(**changes)


def test_values_cannot_be_changed() -> None:
    for value, name in ((frame(), "amplitudes"), (frame(), "n_subcarriers"), (CsiMetadata(), "node")):
        with pytest.raises(AttributeError):
            setattr(value, name, 3)
        with pytest.raises(AttributeError):
            value.new = 3  # type: ignore[union-attr]


@pytest.mark.parametrize("privacy", CLASSES)
def test_privacy_classes_survive_every_way_out_and_back(privacy: PrivacyClass) -> None:
    for back in (
        pickle.loads(pickle.dumps(privacy)),
        copy.deepcopy(privacy),
        PrivacyClass.from_u8(privacy.as_u8),
        PrivacyClass.from_str(str(privacy)),
        PrivacyClass.from_str(str(privacy).upper()),
    ):
        assert back == privacy
        assert hash(back) == hash(privacy)
    assert int(privacy) == privacy.as_u8


def test_privacy_classes_are_ordered_and_gate() -> None:
    assert sorted(CLASSES) == CLASSES
    assert len(set(CLASSES)) == 4
    assert [privacy.as_u8 for privacy in CLASSES] == [0, 1, 2, 3]
    gates = [(one.allows_network, one.allows_matter, one.allows_hap) for one in CLASSES]
    assert gates == [(False, False, False), (True, False, False), (True, True, True), (True, True, True)]
    free = [(allows_network(one), allows_matter(one), allows_hap(one)) for one in CLASSES]
    assert free == gates
    with pytest.raises(ValueError, match="number: expected 0 to 3, found 4"):
        PrivacyClass.from_u8(4)
    with pytest.raises(ValueError, match="name: expected raw, derived, anonymous or restricted, found"):
        PrivacyClass.from_str("open")
    with pytest.raises(TypeError, match="name: expected str, found int"):
        PrivacyClass.from_str(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        allows_network(2)  # type: ignore[arg-type]
