"""The command `wifi-densepose vitals`, judged by what is known of the recordings."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rooms import BPM, RATE_HZ, RECORDINGS, Complex, breathing_room, with_recordings
from wifi_densepose.cli import main
from wifi_densepose.cli.progress import Progress

PNG = b"\x89PNG\r\n\x1a\n"


def saved(path: Path, csi: Complex, rate_hz: float = RATE_HZ) -> Path:
    np.savez(path, t=np.arange(len(csi)) / rate_hz, iq=csi)
    return path


def document(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> Any:
    assert main(["vitals", "--file", str(path), "--json", *options]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def test_one_line_says_rate_confidence_and_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vitals", "--file", str(saved(tmp_path / "a.npz", breathing_room(45)))]) == 0
    said = re.fullmatch(
        r"node 0: ([\d.]+) breaths/min, confidence ([\d.]+) \((valid|degraded)\), in the 30 s before (\d+) s; "
        r"a rate in (\d+) of 44 s, ([\d.]+) to ([\d.]+)\n",
        capsys.readouterr().out,
    )
    assert said is not None
    rate, confidence, _, at, seconds, low, high = said.groups()
    assert float(low) <= float(rate) <= float(high)
    assert float(rate) == pytest.approx(BPM, abs=0.5)
    assert 0.8 <= float(confidence) <= 0.98
    assert 30 <= int(at) <= 44
    assert 10 < int(seconds) < 20


@pytest.mark.parametrize(
    ("csi", "rate_hz", "why"),
    [
        (breathing_room(12), RATE_HZ, "12 s were recorded; a rate needs 30 s"),
        (breathing_room(40, bpm=0), RATE_HZ, "nothing that breathes is seen"),
        (breathing_room(40)[::10], 2.0, "2.0 frames/s of one shape; a rate needs 3"),
    ],
)
def test_no_rate_has_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], csi: Complex, rate_hz: float, why: str
) -> None:
    path = saved(tmp_path / "a.npz", csi, rate_hz)
    assert main(["vitals", "--file", str(path)]) == 0
    assert why in capsys.readouterr().out
    [node] = document(capsys, path)["nodes"]
    assert node["breathing"] is None
    assert why in node["why_none"]


def test_gaps_are_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csi = breathing_room(60)
    times = np.arange(len(csi)) / RATE_HZ + np.arange(len(csi)) // 400 * 9.0
    np.savez(tmp_path / "a.npz", t=times, iq=csi)
    [node] = document(capsys, tmp_path / "a.npz")["nodes"]
    assert node["why_none"].startswith("gaps of up to 9 s")


def test_json_says_the_same_and_every_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path / "a.npz", breathing_room(45))
    [node] = document(capsys, path, "--readings", "--experimental-heart-rate", "--node", "7")["nodes"]
    assert (node["node"], node["n_frames"], node["frames_per_s"]) == (7, 900, pytest.approx(RATE_HZ, abs=0.1))
    of = node["breathing"]
    assert of["rate_bpm"] == pytest.approx(BPM, abs=0.5)
    assert of["window_to_s"] - of["window_from_s"] == 30
    assert of["min_bpm"] <= of["rate_bpm"] <= of["max_bpm"]
    assert len(node["readings"]) == node["seconds_read"] == 44
    assert (
        sum(reading["breathing"]["rate_bpm"] is not None for reading in node["readings"]) == node["seconds_with_rate"]
    )
    assert set(node["experimental_heart_rate"]) == {"median_bpm", "seconds_with_rate"}
    [without] = document(capsys, path)["nodes"]
    assert "readings" not in without
    assert "experimental_heart_rate" not in without


def test_what_was_refused_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"timestamp": 1_700_000_000, "node_id": 1, "type": "raw_csi", "subcarriers": 1, "iq_hex": "0102"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\nno record\n")
    assert main(["vitals", "--file", str(path)]) == 0
    printed = capsys.readouterr()
    assert printed.out == "node 1: no breathing rate: 0 s were recorded; a rate needs 30 s\n"
    assert printed.err.startswith("1 refused, the first: line 2: recording line: JSON")
    assert document(capsys, path)["notes"] == [printed.err.strip()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "no CSI frames"),
        (b"nothing\n", "no CSI frames; 1 refused, the first: line 1"),
        (b"PK\x03\x04", "expected arrays t and iq"),
    ],
)
def test_what_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, message: str
) -> None:
    path = tmp_path / "a"
    if content is not None:
        path.write_bytes(content)
    assert main(["vitals", "--file", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("wifi-densepose: ")
    assert message in printed.err


@pytest.mark.parametrize("csi", [breathing_room(45), breathing_room(700), breathing_room(3)], ids=["s", "min", "short"])
def test_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str], csi: Complex) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "out.png"
    path = saved(tmp_path / "a.npz", csi)
    plain = document(capsys, path)
    assert document(capsys, path, "--plot", str(picture)) == plain
    assert picture.read_bytes().startswith(PNG)


def test_without_matplotlib_the_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = saved(tmp_path / "a.npz", breathing_room(3))
    assert main(["vitals", "--file", str(path), "--plot", str(tmp_path / "out.png")]) == 2
    assert 'pip install "wifi-densepose[plot]"' in capsys.readouterr().err


def test_a_command_of_its_own(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", breathing_room(3))
    command = [sys.executable, "-m", "wifi_densepose.cli", "vitals", "--file", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout == "node 0: no breathing rate: 3 s were recorded; a rate needs 30 s\n"
    assert run.stderr == ""


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_progress_is_for_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("wifi_densepose.cli.progress.time.monotonic", lambda: now)
    terminal, file = Terminal(), io.StringIO()
    with Progress(200, "reading", terminal) as shown, Progress(200, "reading", file) as hidden:
        for done in (50, 100, 200):
            shown.update(done)
            hidden.update(done)
            now += 0.6
    assert re.findall(r"\d+%", terminal.getvalue()) == ["50%", "100%"]
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert file.getvalue() == ""
    nothing = Terminal()
    with Progress(0, "reading", nothing) as bar:
        bar.update(0)
    assert nothing.getvalue() == ""


LABELS = {
    "breath_esp32_pulse/resp_6rpm": 6.0,
    "breath_intel5300_gyro/4_19_sn1": 14.6,
    "breath_intel5300_music/abc_breath24bpm": 24.0,
    **{f"breath_phantom_atheros/BPM{bpm:02}": float(bpm) for bpm in range(6, 31, 2)},
}


@with_recordings
@pytest.mark.parametrize(("file", "label"), LABELS.items())
def test_recorded_breath_has_its_label(capsys: pytest.CaptureFixture[str], file: str, label: float) -> None:
    [node] = document(capsys, RECORDINGS / f"{file}.npz")["nodes"]
    assert node["breathing"]["rate_bpm"] == pytest.approx(label, abs=1.0)
    assert node["breathing"]["confidence"] >= 0.8


@with_recordings
@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("breath_esp32_pulse/resp_vacio", "nothing that breathes is seen"),
        ("breath_esp32_abtest/abtest_1786834131_control", "nothing that breathes is seen"),
        ("presence_esp32_pulse/mov_01", "somebody moves in"),
        ("hr_sdr_ecg/dataset_20260304_191839", "14 s were recorded"),
    ],
)
def test_recordings_without_breath_have_a_reason(capsys: pytest.CaptureFixture[str], file: str, why: str) -> None:
    [node] = document(capsys, RECORDINGS / f"{file}.npz")["nodes"]
    assert node["breathing"] is None
    assert why in node["why_none"]


@with_recordings
def test_several_nodes_have_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    path = RECORDINGS / "esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz"
    assert main(["vitals", "--file", str(path), "--plot", str(tmp_path / "out.png")]) == 0
    printed = capsys.readouterr()
    assert [line[:8] for line in printed.out.splitlines()] == ["node 1: ", "node 2: "]
    assert (tmp_path / "out.png").read_bytes().startswith(PNG)
    assert [node["n_frames"] for node in document(capsys, path)["nodes"]] == [2659, 2650]
