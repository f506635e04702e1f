"""The naive motion detector: how much the channel varied in the last second, against twice its greatest in quiet."""

from dataclasses import dataclass

import numpy as np

from accuracies.samples import Floats, Samples, at_each_second

_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Detector:
    """A calibrated detector."""

    threshold: float

    def motion(self, samples: Samples) -> list[bool]:
        """Return whether somebody moves at the end of each second."""
        return [variance > self.threshold for variance in _each_second(samples)]


def calibrate(quiet: Samples) -> Detector:
    """Take the threshold from a quiet recording."""
    variances = _each_second(quiet)
    return Detector(_FACTOR * max(variances, default=np.inf))


def _each_second(samples: Samples) -> list[float]:
    """Return the variance of each second, averaged over subcarriers."""
    shapes: Floats = samples.shapes()
    length = float(samples.t[-1] - samples.t[0])
    ends = at_each_second(samples.t, length)
    if not ends:
        return [float(shapes.var(axis=0).mean())]
    seconds = [shapes[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return [float(second.var(axis=0).mean()) if len(second) else 0.0 for second in seconds]
