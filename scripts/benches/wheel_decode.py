"""How long captures take from Python, from file to numpy arrays: the release wheel, and csiread in the same process.

Nexmon CSI is read from a recording repeated into a longer file, so that neither starting up nor the clock count; both
read it whole, from opening the file to the last sample, in turns. csiread gives complex128, we complex64. Where csiread
reads again into arrays that are there, that is shown too. Beamforming reports have no peer that installs next to us:
Wi-BFI's and BeeFI's published times are of other machines.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from devkit.paths import RECORDINGS
from devkit.wheel import built_wheel

_CSIREAD_VERSION = "1.4.1"
# The newest that csiread has wheels for. Ours is the same file for all.
_PYTHON = "3.13"
_PCAP_HEADER_LEN = 24
_NEXMON = RECORDINGS / "nexmon/example_43455c0.pcap"
_REPORTS = RECORDINGS / "cbfr/11ac_SU_3x1_40.pcapng"


def _python(name: str, wheel: Path) -> Path:
    """Return the Python of an environment with csiread and this wheel; it is kept for the next time."""
    python = Path(os.environ["RUVIEW_CACHE"]) / f"venv-csiread-{_CSIREAD_VERSION}-wheel" / "bin/python"
    if not python.is_file():
        subprocess.run(["uv", "venv", "--quiet", "--python", name, python.parent.parent], check=True)
    install: list[str | Path] = ["uv", "pip", "install", "--quiet", "--python", python]
    subprocess.run([*install, f"csiread=={_CSIREAD_VERSION}"], check=True)
    subprocess.run([*install, "--reinstall-package", "wifi-densepose", wheel], check=True)
    return python


def _repeated(recording: Path, times: int, folder: Path) -> Path:
    """Return a longer file: the records of a pcap file so many times, or a pcapng file, whose sections may repeat."""
    octets = recording.read_bytes()
    header = _PCAP_HEADER_LEN if recording.suffix == ".pcap" else 0
    path = folder / f"long{recording.suffix}"
    with path.open("wb") as file:
        file.write(octets[:header])
        for _ in range(times):
            file.write(octets[header:])
    return path


def _measured(python: Path, what: str, path: Path, rounds: int) -> dict[str, Any]:
    program = Path(__file__).parent / "wheel_peers/decode_with_csiread.py"
    command: list[str | Path] = [python, program, what, path, str(rounds)]
    said: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return said


def _row(what: str, ns: float, ratio: float | None = None) -> None:
    print(f"{what:62s} {ns / 1e3:8.2f} µs" + ("" if ratio is None else f"   ratio {ratio:.2f}"))


def _bench(python: Path, rounds: int, times: int) -> None:
    with tempfile.TemporaryDirectory(prefix="ruview-bench-") as folder:
        path = _repeated(_NEXMON, times, Path(folder))
        csi = _measured(python, "csi", path, rounds)
        frames, octets = csi["frames"], path.stat().st_size
        print(f"{frames} frames of Nexmon CSI, 256 bins, {octets / 1e6:.0f} MB; a frame, median of {rounds}")
        ours, theirs = csi["ours_ns"], csi["csiread_ns"]
        _row("read_csi, from the file to an array", ours)
        _row(f"csiread {csi['csiread']}, from the file to an array", theirs, ours / theirs)
        _row("csiread, once more into arrays that are there", csi["csiread_again_ns"], ours / csi["csiread_again_ns"])
        print(f"the same samples: {csi['equal']}; work of two threads against one: {csi['threads']:.2f}")

        path = _repeated(_REPORTS, max(times // 10, 1), Path(folder))
        reports = _measured(python, "reports", path, rounds)
        print(f"{reports['reports']} VHT reports, 3x1, 108 tones; a report, median of {rounds}")
        _row("read_capture, codes and V", reports["ours_ns"])
        _row("read_capture, codes, V and angles in rad", reports["with_angles_ns"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="a built wheel (default: build one)")
    parser.add_argument("--python", default=_PYTHON, help="version or path of a Python (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="times that each is measured (default: %(default)s)")
    parser.add_argument("--times", type=int, default=100, help="repetitions of the recording (default: %(default)s)")
    options = parser.parse_args()
    for recording in (_NEXMON, _REPORTS):
        if not recording.is_file():
            sys.exit(f"there is no recording {recording}")
    with tempfile.TemporaryDirectory(prefix="ruview-wheel-") as folder:
        wheel = options.wheel or built_wheel(Path(folder))
        _bench(_python(options.python, wheel), options.rounds, options.times)


if __name__ == "__main__":
    main()
