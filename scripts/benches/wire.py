"""How long frames take from octets to numbers, one core: our benchmarks, and beside them what peers take.

csiread runs here and now, on the same recording. Wi-BFI and BeeFI cannot be installed next to us; their published times
are of other machines, and are marked so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devkit.paths import RECORDINGS, ROOT

_CRATES = ("ruview-wire", "ruview-bfld")
_CSIREAD_VERSION = "1.4.1"
_NEXMON_RECORDING = RECORDINGS / "nexmon/example_43455c0.pcap"
_US = 1e3
_PUBLISHED = "published, other machine"


@dataclass(frozen=True, slots=True)
class Peer:
    """What another program takes for the same work."""

    name: str
    ns: float


@dataclass(frozen=True, slots=True)
class Timing:
    """The median time of one benchmark, for each of its frames."""

    name: str
    ns: float


_PUBLISHED_PEERS = {
    "recorded VHT 3x1 40 MHz: angles and V": Peer(f"Wi-BFI ({_PUBLISHED})", 6100 * _US),
    "recorded HE 4x2 20 MHz: angles": Peer(f"BeeFI ({_PUBLISHED})", 2.1 * _US),
    "recorded HE 4x2 20 MHz: angles and V": Peer(f"BeeFI ({_PUBLISHED})", 14 * _US),
    "HE 4x2 160 MHz: angles": Peer(f"BeeFI ({_PUBLISHED})", 17 * _US),
    "HE 4x2 160 MHz: angles and V": Peer(f"BeeFI ({_PUBLISHED})", 125 * _US),
}


def _timings(results: Path) -> Iterator[Timing]:
    """Read what criterion wrote."""
    for benchmark in sorted(results.rglob("new/benchmark.json")):
        about = json.loads(benchmark.read_text())
        estimates = json.loads((benchmark.parent / "estimates.json").read_text())
        frames = (about["throughput"] or {}).get("Elements", 1)
        yield Timing(f"{about['group_id']}: {about['function_id']}", estimates["median"]["point_estimate"] / frames)


def _measure_ours(seconds: float) -> list[Timing]:
    with tempfile.TemporaryDirectory(prefix="ruview-bench-") as folder:
        packages = [argument for crate in _CRATES for argument in ("--package", crate)]
        times = ["--warm-up-time", str(seconds / 2), "--measurement-time", str(seconds)]
        run = subprocess.run(
            ["cargo", "bench", "--locked", "--quiet", *packages, "--bench", "*", "--", "--quiet", *times],
            cwd=ROOT / "native",
            env={**os.environ, "CRITERION_HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        for line in run.stderr.splitlines():
            if line.startswith("skipped:"):
                print(line)
        return list(_timings(Path(folder)))


def _peer_python() -> Path:
    """Return the Python of an environment with csiread, made the first time; building csiread takes half a minute."""
    python = Path(os.environ["RUVIEW_CACHE"]) / f"venv-csiread-{_CSIREAD_VERSION}" / "bin/python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"csiread=={_CSIREAD_VERSION}"]
        subprocess.run([python, *install], check=True)
    return python


def _measure_csiread() -> Peer:
    program = Path(__file__).parent / "wire_peers/nexmon_with_csiread.py"
    command: list[str | Path] = [_peer_python(), program, _NEXMON_RECORDING]
    said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return Peer(f"csiread {said['version']}", said["ns"])


def _peers() -> dict[str, Peer]:
    if not _NEXMON_RECORDING.is_file():
        print(f"without csiread: there is no recording {_NEXMON_RECORDING}")
        return _PUBLISHED_PEERS
    try:
        return _PUBLISHED_PEERS | {"nexmon_recording: 43455c0": _measure_csiread()}
    except subprocess.CalledProcessError as error:
        print(f"without csiread: {error}")
        return _PUBLISHED_PEERS


def _time(ns: float) -> str:
    return f"{ns / _US:.2f} µs" if ns >= _US else f"{ns:.0f} ns"


def _bench(seconds: float) -> None:
    timings = _measure_ours(seconds)
    peers = _peers()
    width = max(len(timing.name) for timing in timings)
    print(f"{'':{width}}  {'a frame':>11}  {'peer':>11}  ratio")
    for timing in timings:
        row = f"{timing.name:{width}}  {_time(timing.ns):>11}"
        if peer := peers.get(timing.name):
            row += f"  {_time(peer.ns):>11}  {timing.ns / peer.ns:5.2f}  {peer.name}"
        print(row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2, help="time for each benchmark (default: 2)")
    _bench(parser.parse_args().seconds)
