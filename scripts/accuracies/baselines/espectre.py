"""ESPectre's motion detector (MVS), written anew from its description.

https://github.com/francescopace/espectre/blob/main/micro-espectre/ALGORITHMS.md (April 2026): the turbulence of a
packet is the spread of the amplitudes of 12 subcarriers; somebody moves while its variance over 75 packets is above a
threshold, 1.1 times the 95th percentile of that variance during calibration. NBVI chooses the subcarriers: those that
vary least, relative to their mean, in the quietest stretch of the calibration.

Where this deviates: it takes the coefficient of variation (spread by mean) as turbulence, which the description
prescribes where the gain was not locked, because the files do not say whether it was; recordings are calibrated with
the packets that there are, which are fewer than the 750 that it asks for in the shortest of them; the default
subcarriers as a last resort (`hint band`) are left out; for other than 64 bins, all bins but the empty ones are
candidates.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from accuracies.samples import Floats, Samples, at_each_second

WINDOW = 75
_BAND = 12
_ALPHA = 0.75
_QUIETEST = 5
_STRETCH, _STRETCH_STEP = 200, 50
_NOISE_GATE = 15
_CLUSTER = 5
_THRESHOLD_PERCENTILE, _THRESHOLD_FACTOR = 95, 1.1
_FALSE_ALARMS = 0.05
_HAMPEL_WINDOW, _HAMPEL_SIGMAS, _MAD = 7, 5.0, 1.4826
_HT20_BINS, _HT20_FIRST, _HT20_LAST, _HT20_DC = 64, 11, 52, 32


@dataclass(frozen=True, slots=True)
class Detector:
    """A calibrated detector."""

    bins: tuple[int, ...]
    threshold: float
    normalised: bool

    def variances(self, samples: Samples) -> Floats:
        """Return the moving variance after each packet, 0 until a window is full."""
        return _moving_variance(_hampel(_turbulence(_first_antenna(samples)[:, list(self.bins)], self.normalised)))

    def motion(self, samples: Samples) -> list[bool]:
        """Return whether somebody moves at the end of each second."""
        above = self.variances(samples) > self.threshold
        ends = at_each_second(samples.t, float(samples.t[-1] - samples.t[0]))
        return [bool(above[end - 1]) for end in ends]


def calibrate(quiet: Samples, *, normalised: bool = True) -> Detector:
    """Choose subcarriers and threshold from a quiet recording."""
    amplitudes = _first_antenna(quiet)
    candidates = _candidates(amplitudes)
    best: tuple[float, tuple[int, ...], float] | None = None
    for stretch in _quiet_stretches(amplitudes[:, candidates], normalised):
        for bins in _bands(amplitudes[stretch], candidates):
            variances = _moving_variance(_hampel(_turbulence(amplitudes[:, list(bins)], normalised)))[WINDOW - 1 :]
            if not len(variances):
                continue
            threshold = _THRESHOLD_FACTOR * float(np.percentile(variances, _THRESHOLD_PERCENTILE))
            alarms = float((variances > threshold).mean())
            if best is None or alarms < best[0]:
                best = (alarms, bins, threshold)
            if alarms <= _FALSE_ALARMS:
                break
    if best is None:
        return Detector(tuple(candidates[:_BAND]), np.inf, normalised)
    return Detector(best[1], best[2], normalised)


def _first_antenna(samples: Samples) -> Floats:
    amplitudes: Floats = np.abs(samples.channel[:, 0])
    return amplitudes


def _candidates(amplitudes: Floats) -> list[int]:
    filled = [int(k) for k in np.flatnonzero(amplitudes.mean(axis=0) > 0)]
    if amplitudes.shape[1] != _HT20_BINS:
        return filled
    inner = [k for k in filled if _HT20_FIRST <= k <= _HT20_LAST and k != _HT20_DC]
    return inner if len(inner) >= _BAND else filled


def _turbulence(amplitudes: Floats, normalised: bool) -> Floats:
    spread: Floats = amplitudes.std(axis=1)
    return spread / np.maximum(amplitudes.mean(axis=1), 1e-12) if normalised else spread


def _hampel(values: Floats) -> Floats:
    """Replace outliers by the median of the last packets."""
    if len(values) < _HAMPEL_WINDOW:
        return values
    windows = np.lib.stride_tricks.sliding_window_view(values, _HAMPEL_WINDOW)
    medians = np.median(windows, axis=1)
    spreads = np.median(np.abs(windows - medians[:, None]), axis=1)
    last = values[_HAMPEL_WINDOW - 1 :]
    outlier = np.abs(last - medians) > _HAMPEL_SIGMAS * _MAD * spreads
    return np.concatenate([values[: _HAMPEL_WINDOW - 1], np.where(outlier, medians, last)])


def _moving_variance(values: Floats) -> Floats:
    if len(values) < WINDOW:
        return np.zeros(len(values))
    variances = np.lib.stride_tricks.sliding_window_view(values, WINDOW).var(axis=1)
    return np.concatenate([np.zeros(WINDOW - 1), variances])


def _quiet_stretches(amplitudes: Floats, normalised: bool) -> list[slice]:
    """Return the stretches of the calibration whose turbulence varies least."""
    turbulence = _turbulence(amplitudes, normalised)
    starts = range(0, max(len(turbulence) - _STRETCH, 0) + 1, _STRETCH_STEP)
    stretches = [slice(start, start + _STRETCH) for start in starts]
    variances = [float(turbulence[stretch].var()) for stretch in stretches]
    limit = float(np.percentile(variances, _QUIETEST))
    return [stretch for stretch, variance in zip(stretches, variances, strict=True) if variance <= limit]


def _bands(stretch: Floats, candidates: list[int]) -> list[tuple[int, ...]]:
    """Return the bands that the four strategies choose from a quiet stretch."""
    inside = stretch[:, candidates]
    means = inside.mean(axis=0)
    strong = means >= np.percentile(means, _NOISE_GATE)
    classic = _index(means, inside.std(axis=0))
    robust = _index(means, _MAD * np.median(np.abs(inside - np.median(inside, axis=0)), axis=0))
    informed = classic / np.maximum(0.5, np.array([_entropy(column) for column in inside.T]))

    def ranked(score: Floats, choose: Callable[[list[int]], list[int]]) -> tuple[int, ...]:
        order = [candidates[k] for k in np.argsort(score, kind="stable") if strong[k]]
        return tuple(choose(order))

    return [
        ranked(informed, lambda order: _spaced(order, free=0)),
        ranked(robust, lambda order: _spaced(order, free=_CLUSTER)),
        ranked(classic, lambda order: _spaced(order, free=0)),
        ranked(classic, lambda order: _spaced(order, free=_CLUSTER)),
    ]


def _index(means: Floats, spreads: Floats) -> Floats:
    safe = np.maximum(means, 1e-12)
    index: Floats = _ALPHA * spreads / safe**2 + (1 - _ALPHA) * spreads / safe
    return index


def _entropy(values: Floats) -> float:
    counts, _ = np.histogram(values, bins=10)
    shares = counts[counts > 0] / max(len(values), 1)
    return float(-(shares * np.log2(shares)).sum())


def _spaced(order: list[int], *, free: int) -> list[int]:
    """Take the first of `order`; after the `free` first ones, those without a chosen neighbour come first."""
    chosen = order[: min(free, _BAND)]
    for k in order[len(chosen) :]:
        if len(chosen) < _BAND and all(abs(k - other) > 1 for other in chosen):
            chosen.append(k)
    rest = [k for k in order if k not in chosen]
    return sorted(chosen + rest[: _BAND - len(chosen)])
