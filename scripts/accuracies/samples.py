"""The arrays of a recording, for the baselines and peers that do not come with an engine."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Complexes = npt.NDArray[np.complex128]

UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)
"""What numpy raises for files that are no recordings."""
_NULL_SHARE = 0.05
"""A bin whose mean amplitude is below this share of the median bin's carries no channel: a guard, null or pilot gap."""


class SamplesError(Exception):
    """The file is no recording."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Times in seconds, [N], and the channel, [N, antennas, subcarriers]."""

    t: Floats
    channel: Complexes

    def cut(self, from_s: float, to_s: float | None) -> Samples:
        """Return what was recorded from `from_s` on and before `to_s`."""
        inside = (self.t >= from_s) & (self.t < (np.inf if to_s is None else to_s))
        return Samples(self.t[inside], self.channel[inside])

    def amplitudes(self) -> Floats:
        """Return the amplitudes of all bins that carry a channel, as they are: [N, bins of all antennas]."""
        amplitude: Floats = np.abs(self.channel).reshape(len(self.t), -1).astype(np.float64)
        mean = amplitude.mean(axis=0)
        carries = mean > _NULL_SHARE * np.median(mean[mean > 0]) if (mean > 0).any() else mean > 0
        kept: Floats = amplitude[:, carries]
        return kept

    def shapes(self) -> Floats:
        """Return the amplitudes, each packet divided by its mean: gain steps are gone."""
        amplitude = self.amplitudes()
        shapes: Floats = amplitude / np.maximum(amplitude.mean(axis=1, keepdims=True), 1e-12)
        return shapes

    def phases(self) -> Floats | None:
        """Return the phases between each two antennas, unwrapped in time; None with one antenna."""
        antennas = self.channel.shape[1]
        pairs = [(i, j) for i in range(antennas) for j in range(i)]
        if not pairs:
            return None
        products = [self.channel[:, i] * self.channel[:, j].conj() for i, j in pairs]
        phases: Floats = np.unwrap(np.angle(np.concatenate(products, axis=1)), axis=0).astype(np.float64)
        return phases


@lru_cache(maxsize=8)
def load(path: Path) -> Samples:
    """Read a recording."""
    try:
        with np.load(path) as arrays:
            t, iq = arrays["t"].astype(np.float64), arrays["iq"].astype(np.float64)
        if iq.shape[0] != t.shape[0] or iq.ndim != 4 or iq.shape[3] != 2:  # noqa: PLR2004 - real and imaginary part
            message = f"t has the shape {t.shape}, iq {iq.shape}"
            raise SamplesError(message)
    except UNREADABLE as error:
        message = f"{path.name}: {error}"
        raise SamplesError(message) from error
    known = np.isfinite(t)
    t, iq = np.maximum.accumulate(t[known]), iq[known]
    return Samples(t, iq[..., 0] + 1j * iq[..., 1])


def fault(path: Path) -> str | None:
    """Return why a file is no recording, None for one that lasts some time."""
    try:
        with np.load(path) as arrays:
            t = arrays["t"]
            return None if len(t) > 1 and "iq" in arrays and t[-1] > t[0] else f"{path}: nothing is recorded in it"
    except UNREADABLE as error:
        return f"{path}: {error}"


def length_s(path: Path) -> float:
    """Return how long a recording lasts; 0 for a file that is none."""
    if fault(path):
        return 0.0
    with np.load(path) as arrays:
        t = arrays["t"]
        return float(t[-1] - t[0])


def at_each_second(t: Floats, length_s: float) -> list[int]:
    """Return, for each second that was recorded to nine tenths, the number of packets up to its end."""
    seconds = int(length_s + 0.1)
    return [int(np.searchsorted(t, t[0] + second, side="right")) for second in range(1, seconds + 1)]
