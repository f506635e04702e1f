"""The naive fall detector: the energy of a clip's greatest burst of movement.

"Burst energy" can be meant in several ways, and which is best depends on the person. All are measured, so that
nothing is compared with the one that happens to be weak.
"""

from itertools import product

import numpy as np

from accuracies.samples import Samples

_STEPS_PER_S = 20.0
_WIDTHS_S = (0.5, 1.0, 2.0)
_RELATIVE_TO = ("nothing", "median", "mean")

VARIANTS: tuple[str, ...] = tuple(
    f"{width:g} s, relative to {what}" if what != "nothing" else f"{width:g} s, absolute"
    for what, width in product(_RELATIVE_TO, _WIDTHS_S)
)


def bursts(samples: Samples) -> dict[str, float]:
    """Return the energy of the strongest stretch of a clip, by variant.

    Energy is the mean squared change of the channel's shape from one twentieth of a second to the next.
    """
    if len(samples.t) < 2:  # noqa: PLR2004 - nothing changes in one packet
        return dict.fromkeys(VARIANTS, 0.0)
    clock = np.arange(samples.t[0], samples.t[-1], 1 / _STEPS_PER_S)
    shapes = samples.shapes()
    resampled = np.stack([np.interp(clock, samples.t, one) for one in shapes.T], axis=1)
    energy = (np.diff(resampled, axis=0) ** 2).mean(axis=1)
    found: list[float] = []
    for what, width_s in product(_RELATIVE_TO, _WIDTHS_S):
        width = int(width_s * _STEPS_PER_S)
        if len(energy) < width:
            found.append(0.0)
            continue
        smooth = np.convolve(energy, np.ones(width) / width, mode="valid")
        scale = {"nothing": 1.0, "median": float(np.median(smooth)), "mean": float(smooth.mean())}[what]
        found.append(float(smooth.max()) / max(scale, 1e-12))
    return dict(zip(VARIANTS, found, strict=True))
