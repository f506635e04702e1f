"""The command `wifi-densepose decode`: what it says of captures, and what it draws."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import captured
import numpy as np
import pytest
from captured import recording, write
from wifi_densepose.bfi import BeamformingReport, MimoControl, read_capture
from wifi_densepose.cli import main
from wifi_densepose.cli.decode_plot import _held
from wifi_densepose.cli.table import table

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Make a file of reports, a beacon and damage."""
    reports = captured.some_reports(10)
    damaged = bytes([*reports[0][:-9], reports[0][-9] ^ 1, *reports[0][-8:]])
    beacon = b"\0\0\x08\0\0\0\0\0" + captured.BEACON
    return write(tmp_path / "a.pcap", captured.pcap([*reports[:5], damaged, beacon, *reports[5:]]))


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["decode", *map(str, arguments)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(capsys, *arguments, "--json").splitlines()]


def test_a_file_in_words(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        said(capsys, capture)
        == f"""{capture}: {capture.stat().st_size} octets
12 packets from 2023-11-14T22:13:20.000000Z to 2023-11-14T22:13:20.011000Z, 0.011 s

kind                                         packets
VHT report, 2x1, 20 MHz, Ng 4, SU, 16 tones       10
other 802.11 management frame, subtype 8           1

beamformer         beamformee         reports as                  reports  per second
**:**:**:**:**:63  **:**:**:**:**:9c  VHT, 2x1, 20 MHz, 16 tones       10         818

error    packets  first
bad_crc        1  packet 6: 802.11 frame: checksum at octet 50: expected {_checksums(capture)}
"""
    )


def _checksums(capture: Path) -> str:
    reader = read_capture(capture)
    list(reader)
    return reader.counts.first_rejected["bad_crc"].split("expected ")[1]


def test_addresses_are_shown_on_request_only(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([capture], [capture, "--json"]):
        text = said(capsys, *arguments)
        assert captured.BEAMFORMEE not in text
        assert captured.BEAMFORMER not in text
        text = said(capsys, *arguments, "--full-addresses")
        assert captured.BEAMFORMEE in text
        assert captured.BEAMFORMER in text


def test_a_real_recording_says_what_the_server_says(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, recording("cbfr/11ac_SU_3x1_40.pcapng"))
    # docs/decode.md shows the same of `ruview-server decode`.
    assert "631 packets from 2022-09-25T05:25:03.717958Z to 2022-09-25T05:38:38.827638Z, 815.110 s" in text
    assert "VHT report, 3x1, 40 MHz, Ng 1, SU, 108 tones      631" in text
    counts = [line.split()[-2] for line in text.splitlines() if line.startswith("**")]
    assert counts == ["323", "303", "5"]


def test_lines_of_json_are_the_reports(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    *reports, counts = lines(capsys, capture, "--full-addresses")
    assert [BeamformingReport.from_dict(line) for line in reports] == list(read_capture(capture))
    assert {line["type"] for line in reports} == {"report"}
    assert (counts["type"], counts["reports"], counts["packets"], counts["whole"]) == ("counts", 10, 12, True)
    assert counts["rejected"] == {"bad_crc": 1}
    [pair] = counts["pairs"]
    assert (pair["beamformee"], pair["reports"], pair["n_rows"]) == (captured.BEAMFORMEE, 10, 2)


def test_a_limit(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    *reports, counts = lines(capsys, capture, "--limit", 3)
    assert (len(reports), counts["stopped"]) == (3, True)
    assert "stopped after 3 reports" in said(capsys, capture, "--limit", 3)
    assert lines(capsys, capture, "--limit", 30)[-1]["stopped"] is False
    for limit in ("0", "-1", "many"):
        with pytest.raises(SystemExit) as exited:
            main(["decode", str(capture), "--limit", limit])
        assert exited.value.code == 2
    assert "--limit" in capsys.readouterr().err


def test_a_file_that_breaks_off(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture.write_bytes(capture.read_bytes()[:-7])
    text = said(capsys, capture)
    assert f"warning: the file breaks off; what came before is counted: {capture}: pcap: record at octet" in text
    assert "SU, 16 tones        9" in text
    counts = lines(capsys, capture)[-1]
    assert counts["whole"] is False
    assert "found the end of the file" in counts["fault"]


@pytest.mark.parametrize(
    ("name", "octets", "why"),
    [("missing.pcap", None, "No such file"), ("a.txt", b"no capture", "expected pcap or pcapng")],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, octets: bytes | None, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if octets is not None:
        write(tmp_path / name, octets)
    assert main(["decode", str(tmp_path / name)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("wifi-densepose: ")
    assert why in printed.err
    assert str(tmp_path / name) in printed.err


def test_many_stations_do_not_fill_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    control = MimoControl("VHT", 2, 1, 20, 4, 0, "SU")
    codes = captured.random_codes(control, 0)
    packets = [
        packet
        for n in range(30)
        for packet in captured.report(control, [0], codes, beamformee=f"02:00:00:00:00:{n:02x}")
    ]
    text = said(capsys, write(tmp_path / "a.pcap", captured.pcap(packets)))
    assert sum(line.startswith("**") for line in text.splitlines()) == 20
    others = next(line for line in text.splitlines() if line.startswith("others"))
    assert others.split()[-1] == "10"


def test_pictures(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    said(capsys, capture, "--plot", tmp_path / "v.png")
    assert (tmp_path / "v.png").read_bytes().startswith(PNG)
    samples = np.random.default_rng(0).integers(-500, 500, (20, 64, 2), dtype=np.int16)
    csi = write(tmp_path / "n.pcap", captured.pcap([captured.nexmon(one) for one in samples], captured.ETHERNET))
    said(capsys, csi, "--plot", tmp_path / "n.png")
    assert (tmp_path / "n.png").read_bytes().startswith(PNG)
    one = write(tmp_path / "one.pcap", captured.pcap(captured.some_reports(1)))
    said(capsys, one, "--plot", tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(PNG)

    empty = write(tmp_path / "e.pcap", captured.pcap([]))
    assert main(["decode", str(empty), "--plot", str(tmp_path / "e.png")]) == 2
    assert "nothing to draw" in capsys.readouterr().err
    assert main(["decode", str(capture), "--plot", str(tmp_path / "no" / "v.png")]) == 2
    assert "v.png" in capsys.readouterr().err


def test_a_picture_needs_matplotlib(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["decode", str(capture), "--plot", str(tmp_path / "v.png")]) == 2
    assert 'pip install "wifi-densepose[plot]"' in capsys.readouterr().err


def test_what_is_drawn_is_thinned_and_pauses_stay_empty() -> None:
    times = np.array([0.0, 1.0, 2.0, 3.0, 100.0, 101.0])
    values = np.arange(12, dtype=np.float32).reshape(6, 2)
    edges, columns = _held(times, values)
    assert (np.diff(edges) >= 0).all()
    np.testing.assert_array_equal(columns[::2], values)
    pause = columns[np.searchsorted(edges, 99.0) - 1]
    assert np.isnan(pause).all()


def test_a_pipe_that_closes(capture: Path) -> None:
    command = [sys.executable, "-m", "wifi_densepose.cli", "decode", str(capture), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
    process.stderr.close()


def test_a_bar_on_a_terminal_only(tmp_path: Path) -> None:
    """A file that is read too slowly to go unseen: standard error is a terminal."""
    pty = pytest.importorskip("pty")
    path = tmp_path / "long.pcap"
    control = MimoControl("VHT", 8, 8, 160, 1, 1, "SU")
    record = captured.pcap(captured.report(control, [0] * 8, captured.random_codes(control, 0), segments=4))[24:]
    with path.open("wb") as file:
        file.write(captured.pcap([]))
        for _ in range(150_000_000 // len(record)):
            file.write(record)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "wifi_densepose.cli", "decode", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    shown = io.BytesIO()
    try:
        while octets := os.read(master, 4096):
            shown.write(octets)
    except OSError:
        # The other end is gone.
        pass
    os.close(master)
    assert process.stdout is not None
    assert b"VHT report, 8x8" in process.stdout.read()
    process.stdout.close()
    assert process.wait() == 0
    assert "reading █".encode() in shown.getvalue()
    assert shown.getvalue().endswith(b"\r\x1b[K"), "it is wiped"


def test_tables() -> None:
    assert table(("a", "b"), [("long", "1"), ("s", "22")], {1}) == "a      b\nlong   1\ns     22"
    assert table(("a",), []) == ""
