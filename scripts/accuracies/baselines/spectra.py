"""The naive breathing rates: the highest peak of the best subcarrier's spectrum, and of all of them averaged."""

from dataclasses import dataclass

import numpy as np

from accuracies.samples import Floats, Samples

WINDOW_S = 30
STEP_S = 1
_BAND_HZ = (0.1, 0.6)
_RATE_HZ = 10.0
_POINTS = 4096


@dataclass(frozen=True, slots=True)
class NaiveRates:
    """Rates per minute, one a window."""

    best: list[float]
    averaged: list[float]


def naive_rates(samples: Samples, *, phase: bool) -> NaiveRates | None:
    """Return the rates from amplitudes, or from the phases between antennas; None where there is one antenna only.

    Windows of 30 s every second, resampled to 10 Hz, without their line, under a Hann window. The best subcarrier is
    the one with the greatest share of its power in its highest peak; the average weighs each by its whole power.
    """
    series = samples.phases() if phase else samples.shapes()
    if series is None:
        return None
    clock = np.arange(samples.t[0], samples.t[-1], 1 / _RATE_HZ)
    resampled = np.stack([np.interp(clock, samples.t, one) for one in series.T], axis=1)
    length = int(WINDOW_S * _RATE_HZ)
    frequencies = np.fft.rfftfreq(_POINTS, 1 / _RATE_HZ)
    band = (frequencies >= _BAND_HZ[0]) & (frequencies <= _BAND_HZ[1])
    best, averaged = [], []
    for start in range(0, len(clock) - length + 1, int(STEP_S * _RATE_HZ)):
        power = _spectra(resampled[start : start + length])
        share = power[band] / np.maximum(power.sum(axis=0), 1e-12)
        winner = int(share.max(axis=0).argmax())
        best.append(60 * float(frequencies[band][share[:, winner].argmax()]))
        averaged.append(60 * float(frequencies[band][share.mean(axis=1).argmax()]))
    return NaiveRates(best, averaged)


def _spectra(window: Floats) -> Floats:
    length = len(window)
    line = np.linspace(-1, 1, length)[:, None]
    centred = window - window.mean(axis=0)
    centred = centred - line * (line * centred).sum(axis=0) / (line * line).sum()
    spectrum: Floats = np.abs(np.fft.rfft(centred * np.hanning(length)[:, None], _POINTS, axis=0)) ** 2
    return spectrum
