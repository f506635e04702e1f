"""Recordings that the tests replay, made from what others recorded (shared/data; never part of this repository)."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .paths import RECORDINGS


def missing(*names: str) -> str | None:
    """Return why a test that needs these recordings cannot run, or None."""
    absent = [name for name in names if not (RECORDINGS / name).is_file()]
    return f"recordings not found below {RECORDINGS}: {', '.join(absent)}" if absent else None


def join_as_jsonl(names: Iterable[str], target: Path, *, node_id: int = 1, epoch_s: float = 1.7e9) -> float:
    """Write recordings (.npz, one chip) one after the other as one JSONL recording; return the duration in seconds."""
    offset = 0.0
    with gzip.open(target, "wt", compresslevel=1) as sink:
        for name in names:
            with np.load(RECORDINGS / name) as recording:
                times, samples = recording["t"], recording["iq"]
                rssi = recording["rssi"] if "rssi" in recording else np.zeros(len(times), dtype=np.int8)
            # The node's own order of octets: imaginary first, antenna-major.
            octets = samples[..., ::-1].astype(np.int8).reshape(len(times), -1)
            for t, row, strength in zip(times, octets, rssi, strict=True):
                line = {
                    "timestamp": epoch_s + offset + float(t),
                    "node_id": node_id,
                    "type": "raw_csi",
                    "rssi": int(strength),
                    "subcarriers": samples.shape[2],
                    "iq_hex": row.tobytes().hex(),
                }
                sink.write(json.dumps(line) + "\n")
            offset += float(times[-1]) + 0.01
    return offset
