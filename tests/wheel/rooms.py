"""Simulated CSI with a known truth, and where the recordings are that others made."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from wifi_densepose import CsiFrame

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "data"
with_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"there are no recordings at {RECORDINGS}")

RATE_HZ = 20.0
BPM = 15.0

Complex = npt.NDArray[np.complex64]


def breathing_room(seconds: float, *, bpm: float = BPM, n_antennas: int = 1, rate_hz: float = RATE_HZ) -> Complex:
    """Simulate CSI `[N, n_antennas, 56]` of a room in which a chest moves, with noise that is the same each time."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return room(0.4 * np.sin(2 * np.pi * bpm / 60 * t), n_antennas=n_antennas)


def room(swing: npt.NDArray[np.float64], *, n_antennas: int = 1, seed: int = 7) -> Complex:
    """Simulate CSI `[N, n_antennas, 56]` of a room whose reflections swing, with noise that is the same each time."""
    shape = np.sin(np.arange(56) / 9)[None, None, :] * (1 + np.arange(n_antennas))[None, :, None]
    noise = np.random.default_rng(seed).normal(scale=0.1, size=(len(swing), n_antennas, 56, 2))
    csi = 20 + swing[:, None, None] * shape + noise[..., 0] + 1j * noise[..., 1]
    return np.asarray(csi, dtype=np.complex64)


def frames_of(csi: Complex) -> list[CsiFrame]:
    """Give one frame for each sample of an array."""
    return [CsiFrame.from_complex(samples, index, RATE_HZ) for index, samples in enumerate(csi)]
