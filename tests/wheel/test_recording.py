"""Recordings as batches of frames."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import RATE_HZ, RECORDINGS, breathing_room, with_recordings
from wifi_densepose import CsiFrame, CsiMetadata, WireError
from wifi_densepose.capture import read_csi
from wifi_densepose.recording import CsiBatch, RecordingParser, read_recording
from wifi_densepose.vitals import process

TWO_NODES = RECORDINGS / "esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz"


def line(at: float, node: int, iq: bytes = b"\x01\x02\x03\x04") -> bytes:
    record = {
        "timestamp": at,
        "node_id": node,
        "type": "raw_csi",
        "rssi": -40,
        "subcarriers": len(iq) // 2,
        "iq_hex": iq.hex(),
    }
    return json.dumps(record).encode() + b"\n"


def written(path: Path, octets: bytes) -> Path:
    path.write_bytes(octets)
    return path


LINES = b"".join(line(1000 + at / 10, 1 + at % 2) for at in range(20))


def test_a_batch_of_an_array() -> None:
    csi = breathing_room(2, n_antennas=2)
    batch = CsiBatch(csi, sample_rate_hz=RATE_HZ, node=3)
    assert repr(batch) == "CsiBatch(node=3, n_frames=40, shapes=[(2, 56)])"
    assert np.array_equal(batch.csi, csi)
    assert np.allclose(batch.timestamps_s, np.arange(40) / RATE_HZ)
    assert len(list(batch)) == len(batch) == 40
    assert batch[-1] == batch[39] == list(batch)[39]
    assert np.allclose(batch[1].csi, csi[1], atol=1e-5)
    assert batch[1].timestamp_s == 0.05
    assert batch[1].metadata == CsiMetadata(3)
    for bad in (40, -41, 2**62):
        with pytest.raises(IndexError, match="out of range"):
            batch[bad]
    assert not batch[0].amplitudes.flags.writeable
    for part in (slice(5, 9), slice(None, None, -3), slice(30, 90, 4), slice(9, 5)):
        assert np.array_equal(batch[part].timestamps_s, batch.timestamps_s[part])
        assert (batch[part].node, len(batch[part])) == (3, len(range(40)[part]))
    with pytest.raises(TypeError, match="index: expected int or slice, found str"):
        batch["a"]  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"csi: expected numpy.ndarray, found list"):
        CsiBatch([[1.0]], sample_rate_hz=1.0)  # type: ignore[arg-type]
    empty = CsiBatch(np.empty((0, 56)), sample_rate_hz=1.0)
    assert (len(empty), list(empty), empty.csi.shape) == (0, [], (0, 0, 0))


def test_a_frame_before_1970_is_no_csi_frame() -> None:
    with pytest.raises(ValueError, match="timestamp_s: expected 0 and above"):
        CsiBatch(np.ones((1, 4)), timestamps_s=[-1.0])[0]


def test_batches_go_where_frames_go() -> None:
    csi = breathing_room(35)
    expected = process(csi, sample_rate_hz=RATE_HZ)
    whole = CsiBatch(csi, sample_rate_hz=RATE_HZ)
    halves = [CsiBatch(csi[:300], sample_rate_hz=RATE_HZ)]
    halves.append(CsiBatch(csi[300:], timestamps_s=np.arange(300, len(csi)) / RATE_HZ))
    assert expected[-1].breathing.rate_bpm is not None
    assert process(whole) == process([whole]) == process(halves) == expected
    mixed: list[CsiBatch | CsiFrame] = [*halves[0], halves[1]]
    assert process(mixed)[-1].breathing.rate_bpm == pytest.approx(expected[-1].breathing.rate_bpm, abs=1e-3)
    with pytest.raises(ValueError, match=r"frames\[1\]: expected one node's frames: node 0, found node 2"):
        process([halves[0], CsiBatch(csi, sample_rate_hz=RATE_HZ, node=2)])


def test_lines_are_sorted_by_node(tmp_path: Path) -> None:
    with read_recording(written(tmp_path / "a.jsonl", LINES)) as reader:
        batches = list(reader)
    assert [(batch.node, len(batch)) for batch in batches] == [(1, 10), (2, 10)]
    assert batches[1].timestamps_s.tolist() == [1000.1 + 0.2 * at for at in range(10)] or np.allclose(
        batches[1].timestamps_s, 1000.1 + 0.2 * np.arange(10)
    )
    assert batches[0].csi.tolist()[0] == [[2 + 1j, 4 + 3j]]
    assert batches[0][0].metadata.rssi_dbm == -40
    assert (reader.n_frames, reader.n_others, reader.n_refused) == (20, 0, 0)
    assert reader.position == reader.size == len(LINES)
    only = list(read_recording(str(tmp_path / "a.jsonl"), node=2))
    assert [(batch.node, len(batch)) for batch in only] == [(2, 10)]


@pytest.mark.parametrize(
    "packed",
    [gzip.compress, lambda text: gzip.compress(text[:100]) + gzip.compress(text[100:]), lambda text: text],
    ids=["gzip", "two members", "plain"],
)
def test_every_packing_gives_the_same(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path / "a", packed(LINES))
    assert [len(batch) for batch in read_recording(path)] == [10, 10]


def test_what_is_refused_is_told_with_its_line(tmp_path: Path) -> None:
    text = LINES + b"no record\n" + line(2000, 1) + line(2001, 1)[:-9]
    path = written(tmp_path / "a.jsonl", text)
    with (
        pytest.raises(WireError, match=r"^line 21: recording line: JSON at octet") as raised,
        read_recording(path) as r,
    ):
        list(r)
    assert (raised.value.line, raised.value.layer) == (21, "recording line")
    told: list[ValueError] = []
    reader = read_recording(path, on_refused=told.append)
    assert sum(len(batch) for batch in reader) == 21
    assert [error.line for error in told if isinstance(error, WireError)] == [21, 23]
    assert reader.n_refused == 2


def test_lines_about_something_else_are_counted(tmp_path: Path) -> None:
    other = b'{"timestamp":1,"node_id":1,"type":"feature","features":[0,0,0,0,0,0,0,1],"seq":0}\n'
    unread = b'{"timestamp":1,"node_id":1,"magic":"0xC5110005","size":104,"rssi":0}\n'
    reader = read_recording(written(tmp_path / "a.jsonl", other + LINES + unread + b"\n \n"))
    assert sum(len(batch) for batch in reader) == 20
    assert (reader.n_others, reader.n_refused) == (2, 0)


@pytest.mark.parametrize("cut", [20, 60, -1])
def test_a_file_that_was_cut_gives_what_there_is(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "a.jsonl.gz", gzip.compress(LINES)[:cut])
    told: list[ValueError] = []
    frames = sum(len(batch) for batch in read_recording(path, on_refused=told.append))
    assert "the file ends before what was compressed does" in str(told[0])
    assert frames == (20 if cut == -1 else 0)
    with pytest.raises(ValueError, match="the file ends before"):
        list(read_recording(path))


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    octets = bytearray(gzip.compress(LINES))
    octets[12:40] = bytes(28)
    with pytest.raises(ValueError, match="damaged after"):
        list(read_recording(written(tmp_path / "a.jsonl.gz", bytes(octets))))
    with pytest.raises(FileNotFoundError):
        read_recording(tmp_path / "nothing")
    assert list(read_recording(written(tmp_path / "empty.jsonl", b""))) == []


def arrays(**content: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **content)  # type: ignore[arg-type]
    return file.getvalue()


def test_arrays(tmp_path: Path) -> None:
    csi = breathing_room(100)
    times = np.arange(len(csi)) / RATE_HZ
    parts = np.stack([csi.real, csi.imag], axis=-1)
    for iq in (csi, parts):
        reader = read_recording(written(tmp_path / "a.npz", arrays(t=times, iq=iq)), node=4)
        batches = list(reader)
        assert [(batch.node, len(batch)) for batch in batches] == [(4, 1024), (4, 976)]
        assert np.array_equal(np.concatenate([batch.csi for batch in batches]), csi)
        assert reader.position == reader.size
        assert reader.n_frames == 2000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (arrays(t=[1.0]), "expected arrays t and iq, found 'iq"),
        (arrays(t=[1.0], iq=np.ones((2, 1, 4, 2))), "expected a time for each frame, found 1 times of 2 frames"),
        (arrays(t=[1.0], iq=np.array([{}], dtype=object)), "expected arrays t and iq"),
        (arrays(t=[1.0], iq=np.ones((1, 1, 4, 3))), "csi: expected shape"),
        (b"PK\x03\x04 and nothing", "expected arrays t and iq"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(read_recording(written(tmp_path / "a.npz", content)))


@given(st.lists(st.integers(1, 200), max_size=20))
def test_a_parser_takes_pieces_of_any_length(lengths: list[int]) -> None:
    text = LINES + b"x\n" + line(3000, 1)
    parser, frames, refused = RecordingParser(), 0, 0
    for length in [*lengths, len(text)]:
        batches, errors = parser.push(text[:length])
        text = text[length:]
        frames += sum(map(len, batches))
        refused += len(errors)
    assert parser.finish() == ([], [])
    assert (frames, refused, parser.n_frames) == (21, 1, 21)


@given(st.binary(max_size=300))
def test_a_parser_refuses_nonsense_and_goes_on(octets: bytes) -> None:
    parser = RecordingParser()
    parser.push(octets)
    batches, _ = parser.push(b"\n" + line(1, 1))
    assert sum(map(len, batches)) == 1


@with_recordings
def test_a_recording_of_two_nodes() -> None:
    frames = {1: 0, 2: 0}
    with read_recording(TWO_NODES) as reader:
        for batch in reader:
            frames[batch.node] += len(batch)
            assert (np.diff(batch.timestamps_s) >= 0).all()
            assert len(batch.of_shape(1, 64)) > len(batch) / 2
            assert batch.of_shape(1, 64).csi.shape[1:] == (1, 64)
            with pytest.raises(ValueError, match=r"csi: frames of several shapes, \[\(1, 64\), \(1, 128\)"):
                _ = batch.csi
    assert frames == {1: 2133 + 503 + 23, 2: 1994 + 631 + 25}
    assert (reader.n_others, reader.n_refused) == (474, 0)


@with_recordings
def test_a_capture_gives_its_busiest_link() -> None:
    path = RECORDINGS / "nexmon/example_43455c0.pcap"
    found = read_csi(path)
    with read_recording(path, node=5) as reader:
        batches = list(reader)
    links = {(tuple(found.transmitter[at]), found.core[at], found.stream[at]) for at in range(len(found))}
    assert reader.n_frames + reader.n_others == len(found)
    assert reader.n_frames >= len(found) / len(links)
    assert {batch.node for batch in batches} == {5}
    first = batches[0].csi[0, 0]
    assert not first[~found.usable].any()
    assert first[found.usable].any()


@with_recordings
def test_a_capture_without_csi_says_so() -> None:
    with pytest.raises(ValueError, match="no Nexmon CSI in this capture"):
        list(read_recording(RECORDINGS / "cbfr/beefi_bfi.pcap"))
