"""Capture files: what others decoded is decoded the same, and nothing that a file holds does harm."""

from __future__ import annotations

import contextlib
import json
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import captured
import numpy as np
import numpy.typing as npt
import pytest
from captured import recording, write
from hypothesis import given, settings
from hypothesis import strategies as st
from wifi_densepose import WireError
from wifi_densepose.bfi import BeamformingReport, BfldKind, MimoControl, read_capture
from wifi_densepose.capture import CaptureCounts, NexmonCsi, read_csi

SMALL = MimoControl("VHT", 2, 1, 20, 4, 0, "SU")
N_TONES = {("VHT", 1): [52, 108, 234, 468], ("HE", 4): [64, 122, 250, 500], ("HE", 16): [20, 32, 64, 128]}
BANDWIDTHS = [20, 40, 80, 160]


def controls() -> st.SearchStrategy[MimoControl]:
    """Single-user reports of any shape."""
    sides = st.tuples(st.integers(1, 8), st.integers(1, 8)).filter(lambda sides: sides[1] <= sides[0])
    phys = st.tuples(st.just("VHT"), st.sampled_from([1, 2, 4])) | st.tuples(st.just("HE"), st.sampled_from([4, 16]))
    return st.builds(
        lambda phy, sides, mhz, codebook, token: MimoControl(
            phy[0], sides[0], sides[1], mhz, phy[1], codebook, "SU", token
        ),
        phys,
        sides,
        st.sampled_from([20, 40, 80]),
        st.integers(0, 1),
        st.integers(0, 63),
    )


def by_the_book(control: MimoControl, angles: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """V of one tone by the standard's formula (IEEE 802.11-2020, 19.3.12.3.6), with whole matrices."""
    rows, cols = control.n_rows, control.n_cols
    of = dict(zip(control.angle_names, angles.tolist(), strict=True))
    v = np.eye(rows, dtype=complex)
    for i in range(1, min(cols, rows - 1) + 1):
        phases = [0.0] * (i - 1) + [of[f"phi{row}{i}"] for row in range(i, rows)] + [0.0]
        v = v @ np.diag(np.exp(1j * np.array(phases)))
        for row in range(i + 1, rows + 1):
            psi = of[f"psi{row}{i}"]
            turn = np.eye(rows)
            turn[i - 1, i - 1] = turn[row - 1, row - 1] = np.cos(psi)
            turn[i - 1, row - 1], turn[row - 1, i - 1] = np.sin(psi), -np.sin(psi)
            v = v @ turn.T
    return v[:, :cols]


@pytest.mark.parametrize(
    ("capture", "decoded"),
    [
        ("cbfr/11ac_SU_3x1_40.pcapng", "cbfr/vht_su_3x1_40_wibfi.npz"),
        ("cbfr/beefi_bfi.pcap", "cbfr/he_su_4x2_20_beefi.npz"),
    ],
)
def test_reports_are_what_others_decoded(capture: str, decoded: str) -> None:
    theirs = np.load(recording(decoded))
    reader = read_capture(recording(capture))
    ours = list(reader)
    assert reader.counts.packets == reader.counts.reports == len(ours) == len(theirs["ts_ns"])
    assert (reader.counts.rejected, reader.counts.incomplete_reports) == ({}, 0)

    names = theirs["order"].tolist()
    phis = [at for at, name in enumerate(names) if name.startswith("phi")]
    psis = [at for at, name in enumerate(names) if name.startswith("psi")]
    for at, report in enumerate(ours):
        assert report.timestamp_ns == theirs["ts_ns"][at]
        assert (report.beamformee, report.beamformer) == (theirs["ta"][at], theirs["ra"][at])
        assert (report.bssid, report.sequence) == (theirs["bssid"][at], theirs["seq"][at])
        assert (report.rssi_dbm, report.fcs_checked) == (theirs["rssi"][at], bool(theirs["fcs_ok"][at]))
        control = report.control
        said = [control.phy, control.n_rows, control.n_cols, control.bandwidth_mhz, control.grouping]
        assert said == [theirs[name] for name in ("phy", "nr", "nc", "bw", "ng")]
        assert (control.feedback, control.token) == (theirs["feedback"], theirs["token"][at])
        assert (control.phi_bits, control.psi_bits) == (theirs["bphi"], theirs["bpsi"])
        assert control.angle_names == names
        np.testing.assert_array_equal(report.tones, theirs["scidx"])
        np.testing.assert_array_equal(report.codes[:, phis], theirs["phi"][at])
        np.testing.assert_array_equal(report.codes[:, psis], theirs["psi"][at])
        np.testing.assert_array_equal(report.snr_db, 22 + theirs["snr_raw"][at] / 4)
        radians = np.pi * (2 * theirs["phi"][at] + 1.0) / 2 ** int(theirs["bphi"])
        np.testing.assert_allclose(report.angles[:, phis], radians, rtol=1e-12)
        radians = np.pi * (2 * theirs["psi"][at] + 1.0) / 2 ** (int(theirs["bpsi"]) + 2)
        np.testing.assert_allclose(report.angles[:, psis], radians, rtol=1e-12)
    for row, v in zip(theirs["v_rows"], theirs["v"], strict=True):
        np.testing.assert_allclose(ours[row].v, v, atol=1e-6)


@settings(max_examples=60)
@given(controls(), st.lists(st.integers(-128, 127), min_size=8, max_size=8), st.integers(0, 1000))
def test_what_is_sent_is_read(
    tmp_path_factory: pytest.TempPathFactory, control: MimoControl, snr: list[int], seed: int
) -> None:
    codes = captured.random_codes(control, seed)
    packets = captured.report(control, snr[: control.n_cols], codes)
    path = write(tmp_path_factory.mktemp("capture") / "one.pcap", captured.pcap(packets))
    [report] = read_capture(path)
    assert report.control == control
    assert (report.timestamp_s, report.beamformee) == (captured.START_S, captured.BEAMFORMEE)
    np.testing.assert_array_equal(report.codes, codes)
    np.testing.assert_array_equal(report.snr_db, 22 + np.array(snr[: control.n_cols]) / 4)
    np.testing.assert_array_equal(report.tones, control.tones())
    for tone in (0, len(codes) // 2, len(codes) - 1):
        np.testing.assert_allclose(report.v[tone], by_the_book(control, report.angles[tone]), atol=1e-6)
    for again in (
        BeamformingReport.from_dict(json.loads(json.dumps(report.to_dict()))),
        pickle.loads(pickle.dumps(report)),
    ):
        assert again == report
        np.testing.assert_array_equal(again.v, report.v)


@pytest.mark.parametrize("phy", N_TONES)
def test_tones_are_the_standards(phy: tuple[str, int]) -> None:
    name, grouping = phy
    counts = [len(MimoControl(name, 2, 1, mhz, grouping, 0, "SU").tones()) for mhz in BANDWIDTHS]
    assert counts == N_TONES[phy]


def test_the_largest_report(tmp_path: Path) -> None:
    control = MimoControl("HE", 8, 8, 160, 4, 1, "SU", token=63)
    packets = captured.report(control, [0] * 8, captured.random_codes(control, 1), segments=8)
    [report] = read_capture(write(tmp_path / "a.pcap", captured.pcap(packets)))
    assert report.v.shape == (500, 8, 8)
    gram = np.einsum("trc,trd->tcd", report.v.conj(), report.v)
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(8), gram.shape), atol=1e-5)


def test_a_report_is_a_frame(tmp_path: Path) -> None:
    control = MimoControl("HE", 4, 2, 80, 4, 1, "SU", token=9)
    packets = captured.report(control, [0, 0], captured.random_codes(control, 1))
    [report] = read_capture(write(tmp_path / "a.pcap", captured.pcap(packets)))
    frame = report.frame()
    assert (frame.kind, frame.sta_mac) == (BfldKind.CompressedHE80, captured.BEAMFORMEE)
    assert (frame.timestamp_ms, frame.sounding_index) == (captured.START_S * 1000, 9)
    np.testing.assert_array_equal(frame.feedback_matrix, report.v.transpose(1, 2, 0))


def test_no_address_is_shown_by_accident(tmp_path: Path) -> None:
    [report] = read_capture(write(tmp_path / "a.pcap", captured.pcap(captured.some_reports(1))))
    assert report.beamformer == captured.BEAMFORMER
    assert captured.BEAMFORMER not in repr(report)
    assert captured.BEAMFORMEE not in repr(report)
    assert "beamformee='**:**:**:**:**:9c'" in repr(report)


def test_damage_is_counted(tmp_path: Path) -> None:
    [good] = captured.some_reports(1)
    bad = bytes([*good[:-9], good[-9] ^ 1, *good[-8:]])
    cut = good[:-12]
    other = b"\0\0\x08\0\0\0\0\0" + captured.BEACON
    empty = captured.action(SMALL, b"")
    packets = [good, bad, good, cut, other, empty, good]
    reader = read_capture(write(tmp_path / "a.pcap", captured.pcap(packets)))
    assert len(list(reader)) == 3
    counts = reader.counts
    assert (counts.packets, counts.reports) == (7, 3)
    assert (counts.first_ns, counts.last_ns) == (captured.START_S * 10**9, captured.START_S * 10**9 + 6_000_000)
    assert counts.kinds == {
        "VHT report, 2x1, 20 MHz, Ng 4, SU, 16 tones": 3,
        "other 802.11 management frame, subtype 8": 1,
    }
    assert counts.rejected["bad_crc"] == 1
    assert sum(counts.rejected.values()) == 3
    assert counts.first_rejected["bad_crc"].startswith("packet 2: 802.11 frame: checksum at octet")
    assert counts != read_capture(tmp_path / "a.pcap").counts
    for again in (
        CaptureCounts.from_dict(json.loads(json.dumps(counts.to_dict()))),
        pickle.loads(pickle.dumps(counts)),
    ):
        assert again == counts


def test_parts_of_reports_are_joined(tmp_path: Path) -> None:
    control = MimoControl("VHT", 4, 2, 80, 1, 1, "SU", token=3)
    codes = captured.random_codes(control, 0)
    parts = captured.report(control, [1, 2], codes, segments=3)
    lost = captured.report(MimoControl("VHT", 4, 2, 80, 1, 1, "SU", token=4), [1, 2], codes, segments=3)[:2]
    reader = read_capture(write(tmp_path / "a.pcap", captured.pcap([*lost, *parts])))
    [report] = reader
    np.testing.assert_array_equal(report.codes, codes)
    assert (reader.counts.segments, reader.counts.incomplete_reports, reader.counts.reports) == (4, 1, 1)


def test_a_file_may_break_off_anywhere(tmp_path: Path) -> None:
    packets = captured.some_reports(3)
    whole = captured.pcap(packets)
    ends = [24]
    for packet in packets:
        ends.append(ends[-1] + 16 + len(packet))
    for length in range(4, len(whole)):
        reader = read_capture(write(tmp_path / "a.pcap", whole[:length]))
        before = sum(end <= length for end in ends[1:])
        reports: list[BeamformingReport] = []
        error = None
        try:
            reports.extend(reader)
        except WireError as raised:
            error = raised
        assert len(list(reader)) == 0, "it has ended"
        if length in ends:
            assert error is None
            assert len(reports) == before
            continue
        assert error is not None
        assert str(tmp_path / "a.pcap") in str(error)
        assert (error.layer, error.offset) == ("pcap", max([0, *(end for end in ends if end <= length)]))
        assert reader.counts.reports == before


def test_reports_before_a_break_are_given(tmp_path: Path) -> None:
    whole = captured.pcap(captured.some_reports(300))
    reader = read_capture(write(tmp_path / "a.pcap", whole[:-5]))
    reports: list[BeamformingReport] = []
    with pytest.raises(WireError, match="found the end of the file after"):
        reports.extend(reader)
    # extend keeps what came before the error.
    assert len(reports) == 299


def test_damaged_compression(tmp_path: Path) -> None:
    octets = captured.pcap(captured.some_reports(300))
    path = write(tmp_path / "a.pcap.gz", octets, compressed=True)
    assert len(list(read_capture(path))) == 300
    path.write_bytes(path.read_bytes()[:-2000])
    reports: list[BeamformingReport] = []
    with pytest.raises(OSError, match=r"a\.pcap\.gz: after"):
        reports.extend(read_capture(path))
    assert 0 < len(reports) < 300
    with pytest.raises(ValueError, match="damaged gzip header"):
        read_capture(write(tmp_path / "b", b"\x1f\x8b\xff\xff\xff\xff"))


@pytest.mark.parametrize("octets", [b"", b"a", b"no capture at all", b'{"type": "raw_csi"}', b"\x93NUMPY\x01\x00"])
def test_what_is_no_capture_is_said_at_once(tmp_path: Path, octets: bytes) -> None:
    path = write(tmp_path / "a.pcap", octets)
    for read in (read_capture, read_csi):
        with pytest.raises(WireError) as raised:
            read(path)
        assert (raised.value.layer, raised.value.offset) == ("capture file", 0)
        assert str(path) in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for read in (read_capture, read_csi):
        with pytest.raises(FileNotFoundError) as raised:
            read(tmp_path / "missing.pcap")
        assert raised.value.filename == str(tmp_path / "missing.pcap")
        with pytest.raises(ValueError, match="is no regular file"):
            read(tmp_path)
        with pytest.raises(TypeError):
            read(7)  # type: ignore[arg-type]
    path = write(tmp_path / "a.pcap", captured.pcap([]))
    assert list(read_capture(str(path))) == []


@settings(max_examples=200)
@given(st.binary(max_size=3000), st.booleans())
def test_arbitrary_octets_do_no_harm(tmp_path_factory: pytest.TempPathFactory, octets: bytes, ng: bool) -> None:
    starts = (captured.pcap([]), b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0" + b"\xff" * 8 + b"\x1c\0\0\0")
    path = write(tmp_path_factory.mktemp("capture") / "a", starts[ng] + octets)
    reader = read_capture(path)
    with contextlib.suppress(WireError):
        list(reader)
    assert reader.counts.reports <= reader.counts.packets


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(24, 10_000), st.integers(0, 255)), max_size=20))
def test_damaged_files_do_no_harm(tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]) -> None:
    octets = bytearray(captured.pcap(captured.some_reports(20)))
    for at, octet in damage:
        octets[at % len(octets)] = octet
    reader = read_capture_of(tmp_path_factory.mktemp("capture") / "a.pcap", bytes(octets))
    if reader is None:
        return
    try:
        reports = list(reader)
    except WireError:
        return
    assert len(reports) == reader.counts.reports


def read_capture_of(path: Path, octets: bytes) -> Any:
    try:
        return read_capture(write(path, octets))
    except WireError:
        return None


def test_a_reader_can_be_shared_and_closed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", captured.pcap(captured.some_reports(1000)))
    reader = read_capture(path)
    seen: list[int | None] = []
    threads = [threading.Thread(target=lambda: seen.extend(report.timestamp_ns for report in reader)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(at for at in seen if at is not None) == [captured.START_S * 10**9 + n * 10**6 for n in range(1000)]
    assert reader.position == reader.size == path.stat().st_size

    for limit in (0, 1, 63, 64, 65, 1000, 1001):
        reader = read_capture(path, limit=limit)
        assert len(list(reader)) == reader.counts.reports == min(limit, 1000)
    with read_capture(path) as reader:
        next(reader)
    assert list(reader) == []
    assert repr(reader) == f"CaptureReader('{path}')"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in KiB on Linux")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    control = MimoControl("VHT", 8, 8, 160, 1, 1, "SU")
    packets = captured.report(control, [0] * 8, captured.random_codes(control, 0), segments=4)
    one = captured.pcap(packets)
    with path.open("wb") as file:
        file.write(one)
        for _ in range(60_000_000 // len(one)):
            file.write(one[24:])
    program = (
        "import resource, sys; from wifi_densepose.bfi import read_capture\n"
        "for n, report in enumerate(read_capture(sys.argv[1])):\n"
        "    if n == 100: before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    run = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    last, grown_kb = map(int, run.stdout.split())
    assert last > 1000
    assert grown_kb < 10_000


def samples(n_frames: int, n_subcarriers: int = 64, seed: int = 0) -> npt.NDArray[np.int16]:
    chance = np.random.default_rng(seed)
    return chance.integers(-(2**15), 2**15, (n_frames, n_subcarriers, 2), dtype=np.int16)


def nexmon_file(path: Path, each: npt.NDArray[np.int16], **about: int) -> Path:
    return write(path, captured.pcap([captured.nexmon(one, **about) for one in each], captured.ETHERNET))


def test_csi_is_what_others_decoded() -> None:
    theirs = np.load(recording("nexmon/nexmon_example_43455c0.npz"))
    ours = read_csi(recording("nexmon/example_43455c0.pcap"))
    assert (ours.chip, ours.bandwidth_mhz, ours.fault) == ("43455c0", 80, None)
    assert ours.csi.shape == (566, 256)
    assert ours.counts.csi == ours.counts.packets == len(ours) == 566
    expected = theirs["csi_i16"][..., 0] + 1j * theirs["csi_i16"][..., 1]
    np.testing.assert_array_equal(ours.csi[:, ours.usable], expected[:, ours.usable])
    for name, other in (
        ("timestamp_ns", "ts_ns"),
        ("rssi_dbm", "rssi"),
        ("sequence", "seq"),
        ("core", "core"),
        ("stream", "spatial"),
        ("frame_control", "fc"),
        ("transmitter", "src"),
    ):
        np.testing.assert_array_equal(getattr(ours, name), theirs[other], err_msg=name)
    assert set(ours.channel) == {42}
    assert set(ours.frequency_mhz) == {5210}
    # Control frames, among others: 52 tones in each 20 MHz.
    assert ours.usable.sum() == 208
    assert abs(ours.csi[:, ours.usable]).max() < 2000 < abs(ours.csi[:, ~ours.usable]).max()


@given(st.integers(1, 5), st.sampled_from([64, 128, 256]), st.integers(0, 100), st.booleans())
def test_csi_is_what_was_sent(
    tmp_path_factory: pytest.TempPathFactory, n_frames: int, n_subcarriers: int, seed: int, compressed: bool
) -> None:
    each = samples(n_frames, n_subcarriers, seed)
    octets = captured.pcap([captured.nexmon(one) for one in each], captured.ETHERNET)
    csi = read_csi(write(tmp_path_factory.mktemp("capture") / "a", octets, compressed=compressed))
    np.testing.assert_array_equal(csi.csi, each[..., 0] + 1j * each[..., 1])
    assert csi.csi.dtype == np.complex64
    np.testing.assert_array_equal(csi.timestamp_ns, captured.START_S * 10**9 + np.arange(n_frames) * 10**6)
    assert csi.tones.tolist() == [*range(n_subcarriers // 2), *range(-n_subcarriers // 2, 0)]
    assert csi.usable.sum() == {64: 55, 128: 113, 256: 241}[n_subcarriers]
    again = pickle.loads(pickle.dumps(csi))
    assert again == csi
    assert again.counts == csi.counts


def test_csi_of_several_bandwidths(tmp_path: Path) -> None:
    packets = [captured.nexmon(one) for n in (64, 256, 64) for one in samples(1, n)]
    path = write(tmp_path / "a.pcap", captured.pcap([*packets, b"\0" * 60], captured.ETHERNET))
    first, wide = read_csi(path), read_csi(path, bandwidth_mhz=80)
    assert (first.csi.shape, first.bandwidth_mhz) == ((2, 64), 20)
    assert (wide.csi.shape, wide.bandwidth_mhz) == ((1, 256), 80)
    assert first.counts.kinds == {
        "Nexmon CSI, 43455c0, 20 MHz": 2,
        "Nexmon CSI, 43455c0, 80 MHz": 1,
        "other Ethernet": 1,
    }
    assert read_csi(path, limit=1).csi.shape == (1, 64)
    assert read_csi(path, limit=0).csi.shape == (0, 0)
    none = read_csi(path, bandwidth_mhz=40)
    assert (len(none), none.csi.shape, none.chip, none.bandwidth_mhz) == (0, (0, 0), None, None)
    with pytest.raises(ValueError, match="bandwidth_mhz: expected 20, 40 or 80, found 160"):
        read_csi(path, bandwidth_mhz=160)
    with pytest.raises(OverflowError):
        read_csi(path, limit=-1)
    assert first != wide
    assert first != "csi"
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_csi_of_a_file_that_breaks_off(tmp_path: Path) -> None:
    each = samples(5)
    path = nexmon_file(tmp_path / "a.pcap", each)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.warns(RuntimeWarning, match="what came before is read"):
        csi = read_csi(path)
    assert len(csi) == 4
    assert isinstance(csi.fault, WireError)
    assert csi.fault.offset == path.stat().st_size + 10 - (16 + len(captured.nexmon(each[0])))
    assert "fault=WireError" in repr(csi)


def test_csi_arrays_are_values(tmp_path: Path) -> None:
    csi = read_csi(nexmon_file(tmp_path / "a.pcap", samples(2), rssi=0x11, frame_control=0x11))
    assert np.isnan(csi.rssi_dbm).all(), "the old format knows no level"
    assert (csi.frame_control == -1).all()
    assert csi == read_csi(tmp_path / "a.pcap"), "NaN equals NaN"
    for name in ("csi", "usable", "timestamp_ns", "rssi_dbm", "transmitter"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(csi, name)[0] = 0
    with pytest.raises(AttributeError):
        csi.csi = csi.csi  # type: ignore[misc]
    assert isinstance(csi, NexmonCsi)


def test_csi_next_to_reports(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pcap", captured.pcap(captured.some_reports(2)))
    csi = read_csi(path)
    assert (len(csi), csi.counts.reports) == (0, 2)
    path = nexmon_file(tmp_path / "b.pcap", samples(2))
    reader = read_capture(path)
    assert list(reader) == []
    assert reader.counts.csi == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"phy": "HT"}, "phy"),
        ({"n_rows": 9}, "n_rows"),
        ({"n_cols": 3}, "n_cols"),
        ({"n_cols": 0}, "n_cols"),
        ({"bandwidth_mhz": 10}, "bandwidth_mhz"),
        ({"grouping": 3}, "grouping"),
        ({"grouping": 16}, "grouping"),
        ({"codebook": 2}, "codebook"),
        ({"feedback": "CQI"}, "feedback"),
        ({"token": 64}, "token"),
        ({"phy": "HE", "grouping": 1}, "grouping"),
        ({"phy": "HE", "grouping": 4, "rus": (0, 9)}, "unit"),
    ],
)
def test_controls_that_no_field_can_say(changed: dict[str, Any], field: str) -> None:
    said: dict[str, Any] = SMALL.to_dict() | changed
    with pytest.raises(ValueError, match=field):
        MimoControl.from_dict(said)


@given(controls())
def test_controls_are_values(control: MimoControl) -> None:
    for again in (
        MimoControl.from_dict(json.loads(json.dumps(control.to_dict()))),
        pickle.loads(pickle.dumps(control)),
    ):
        assert again == control
        assert hash(again) == hash(control)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"codes": [[0, 0]] * 15}, "codes"),
        ({"codes": [[0, 0, 0]] * 16}, "codes"),
        ({"codes": [[0, 99]] * 16}, "angle code"),
        ({"codes": [0]}, "codes"),
        ({"snr_codes": []}, "report"),
        ({"control": None}, "control"),
        ({"beamformee": "nobody"}, "beamformee"),
        ({"delta_snr_db": [1]}, "report"),
    ],
)
def test_reports_that_nobody_can_send(tmp_path: Path, changed: dict[str, Any], field: str) -> None:
    [report] = read_capture(write(tmp_path / "a.pcap", captured.pcap(captured.some_reports(1))))
    with pytest.raises((ValueError, TypeError), match=field):
        BeamformingReport.from_dict(report.to_dict() | changed)
    with pytest.raises(ValueError, match="bssid"):
        BeamformingReport.from_dict({name: value for name, value in report.to_dict().items() if name != "bssid"})
