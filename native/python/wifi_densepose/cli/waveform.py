"""What a picture of one node's breathing needs beside the readings: the channel over time, and the breath itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ..recording import CsiBatch
from ..signal import CsiProcessor
from ..vitals import VitalReading, VitalsMonitor

_WINDOW_S = 28.0

Floats = npt.NDArray[np.float64]


class Waveform:
    """Collects both, at ten samples a second."""

    def __init__(self) -> None:
        """Before the first frame."""
        self.breaths: list[tuple[Floats, Floats]] = []
        """Times `[280]` in seconds, and the breath, with standard deviation 1: windows of 28 s that do not overlap."""
        self._channels: dict[tuple[int, int], _Channel] = {}
        self._frames: Counter[tuple[int, int]] = Counter()

    def push(self, batch: CsiBatch) -> None:
        """Takes in the next frames."""
        for shape in batch.shapes:
            of_shape = batch.of_shape(*shape)
            self._frames[shape] += len(of_shape)
            self._channels.setdefault(shape, _Channel()).push(of_shape)

    def read(self, reading: VitalReading, monitor: VitalsMonitor) -> None:
        """Takes in the last reading of a monitor: the breath that it was read from, once a window."""
        rate, at = reading.breathing.rate_bpm, reading.timestamp_s
        window = monitor.window()
        if rate is None or window is None or (self.breaths and at - _WINDOW_S < self.breaths[-1][0][-1]):
            return
        wave = window.waveform(rate)
        times = at - _WINDOW_S + _WINDOW_S * np.arange(len(wave)) / len(wave)
        self.breaths.append((times, wave / (wave.std() or 1.0)))

    def channel(self) -> tuple[Floats, npt.NDArray[np.float32]]:
        """Times `[M]` in seconds, and relative amplitudes `[M, n_features]` of the shape that comes most often."""
        if not self._frames:
            return np.empty(0), np.empty((0, 0), np.float32)
        shape, _ = self._frames.most_common(1)[0]
        return self._channels[shape].arrays()


class _Channel:
    """The frames of one shape on a uniform clock."""

    def __init__(self) -> None:
        self._processor = CsiProcessor()
        self._times: list[Floats] = []
        self._samples: list[npt.NDArray[np.float32]] = []

    def push(self, batch: CsiBatch) -> None:
        times, samples = self._processor.push(batch)
        if len(times):
            self._times.append(times)
            self._samples.append(samples)

    def arrays(self) -> tuple[Floats, npt.NDArray[np.float32]]:
        if not self._times:
            return np.empty(0), np.empty((0, 0), np.float32)
        return np.concatenate(self._times), np.concatenate(self._samples)
