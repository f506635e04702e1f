"""Breaths per minute of a recording, once every ten seconds: `python breathing.py recording.csi.jsonl.gz`."""

from __future__ import annotations

import sys

from wifi_densepose.recording import read_recording
from wifi_densepose.vitals import process


def main(path: str) -> None:
    """Print what the engine says, and that it says nothing where it does not know."""
    for reading in process(read_recording(path, node=1))[9::10]:
        breathing = reading.breathing
        rate = "no rate" if breathing.rate_bpm is None else f"{breathing.rate_bpm:.1f} breaths/min"
        print(f"{reading.timestamp_s:8.1f} s  {rate:<17} confidence {breathing.confidence:.2f}  {breathing.status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
