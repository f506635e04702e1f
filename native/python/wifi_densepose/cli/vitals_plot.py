"""A picture of breathing over time: the rate with its confidence, and the channel from which it was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._extra import load
from ..vitals import VitalStatus

if TYPE_CHECKING:
    from .node_vitals import NodeVitals

_WIDTH_IN, _NODE_IN = 11.0, 6.0
_PANELS = (1.2, 0.7, 1.1)
_BAND_BPM = (0, 34)
# What published rates have: `BreathingExtractor` claims no less and no more.
_CONFIDENCE = (0.8, 0.98)
_STATES = {
    VitalStatus.Unreliable: ("#f0c674", "something periodic, no rate"),
    VitalStatus.Unavailable: ("#d9d9d9", "no rate"),
}
# A breath lasts 15 s at most: what is slower is drift.
_DRIFT_S, _SMOOTH_S = 20.0, 0.5
_COLUMNS = 2000
_MINUTES_FROM_S = 600

Floats = npt.NDArray[np.float64]


def draw(nodes: list[NodeVitals], title: str, path: Path) -> None:
    """Draws three panels for each node into a PNG at `path`. `ImportError` says how to get matplotlib."""
    load("matplotlib", "plot").use("Agg")
    pyplot = load("matplotlib.pyplot", "plot")
    figure, grid = pyplot.subplots(
        len(_PANELS) * len(nodes),
        1,
        figsize=(_WIDTH_IN, 0.6 + _NODE_IN * len(nodes)),
        squeeze=False,
        layout="constrained",
        gridspec_kw={"height_ratios": _PANELS * len(nodes)},
    )
    figure.suptitle(f"Breathing in {title}", fontsize=13)
    for node, panels in zip(nodes, grid[:, 0].reshape(-1, len(_PANELS)), strict=True):
        _NodePicture(node, figure, panels).draw()
    try:
        figure.savefig(path, dpi=130)
    finally:
        pyplot.close(figure)


class _NodePicture:
    """The panels of one node, one below the other, over the same time."""

    def __init__(self, node: NodeVitals, figure: Any, panels: Any) -> None:  # noqa: ANN401  # matplotlib has no types
        self._node, self._figure = node, figure
        self._rate, self._breath, self._channel = panels
        in_minutes = node.seconds > _MINUTES_FROM_S
        self._unit_s, self._clock = (60.0, "minutes") if in_minutes else (1.0, "seconds")

    def draw(self) -> None:
        self._draw_rate()
        self._draw_breath()
        self._draw_channel()
        for panel in (self._rate, self._breath, self._channel):
            panel.set_xlim(0, max(self._node.seconds, 1.0) / self._unit_s)
        for panel in (self._rate, self._breath):
            panel.tick_params(labelbottom=False)
        self._channel.set_xlabel(f"{self._clock} from the recording's beginning")

    def _since(self, times_s: Floats) -> Floats:
        return (times_s - self._node.from_s) / self._unit_s

    def _draw_rate(self) -> None:
        axes, published, typical = self._rate, self._node.published, self._node.typical()
        at = self._since(np.array([reading.timestamp_s for reading in published]))
        rates = [reading.breathing.rate_bpm for reading in published]
        confidence = [reading.breathing.confidence for reading in published]
        low, high = _CONFIDENCE
        points = axes.scatter(at, rates, c=confidence, cmap="viridis_r", vmin=low, vmax=high, s=22, zorder=3)
        self._figure.colorbar(points, ax=axes, label="confidence", pad=0.01)
        for state, (colour, label) in _STATES.items():
            times = np.array([r.timestamp_s for r in self._node.readings if r.breathing.status == state])
            if len(times):
                bars = {"width": -1 / self._unit_s, "align": "edge", "color": colour, "alpha": 0.45, "zorder": 0}
                axes.bar(self._since(times), _BAND_BPM[1], label=label, **bars)
        if typical is None:
            self._say(axes, f"no rate: {self._node.why_none()}")
        else:
            rate = typical.breathing.rate_bpm
            axes.axhline(rate, color="#444444", lw=0.8, ls="--", zorder=2, label=f"median {rate:.1f}/min")
        axes.set(ylim=_BAND_BPM, ylabel="breaths/min", title=f"node {self._node.number}")
        axes.grid(axis="y", alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper left", fontsize=8, ncols=3)

    def _draw_breath(self) -> None:
        axes, waveform = self._breath, self._node.waveform
        axes.set(ylabel="breath", yticks=[], ylim=(-3, 3))
        if waveform is None or not waveform.breaths:
            self._say(axes, "no breath to draw")
            return
        for times, wave in waveform.breaths:
            axes.plot(self._since(times), wave, color="#2a6f97", lw=1.2)
            axes.axvline(self._since(times)[0], color="#cccccc", lw=0.8, zorder=0)

    def _draw_channel(self) -> None:
        axes, waveform = self._channel, self._node.waveform
        axes.set(ylabel="subcarrier group")
        times, samples = waveform.channel() if waveform is not None else (np.empty(0), np.empty((0, 0)))
        if len(times) <= 1:
            self._say(axes, "too few frames of one shape")
            return
        rate_hz = 1 / float(np.median(np.diff(times)))
        swings = _columns(_without_drift(100 * samples.astype(np.float64), rate_hz))
        first, last = self._since(times[[0, -1]])
        limit = float(np.percentile(np.abs(swings), 98)) or 1.0
        image = axes.imshow(
            swings.T,
            aspect="auto",
            origin="lower",
            extent=(first, last, 0, samples.shape[1]),
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            interpolation="nearest",
        )
        self._figure.colorbar(image, ax=axes, label="amplitude, %", pad=0.01)

    @staticmethod
    def _say(axes: Any, text: str) -> None:  # noqa: ANN401
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "#bbbbbb"}
        axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", bbox=box)


def _without_drift(samples: Floats, rate_hz: float) -> Floats:
    """What is between drift and noise: means over half a second less means over twenty."""
    return _means(samples, round(_SMOOTH_S * rate_hz)) - _means(samples, round(_DRIFT_S * rate_hz))


def _means(samples: Floats, width: int) -> Floats:
    """Means over `width` samples around each, of fewer at the ends."""
    sums = np.cumsum(np.pad(samples, ((1, 0), (0, 0))), axis=0)
    at = np.arange(len(samples))
    first, last = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, len(samples))
    means: Floats = (sums[last] - sums[first]) / (last - first)[:, None]
    return means


def _columns(samples: Floats) -> Floats:
    """No more rows than can be seen: every so many are averaged."""
    step = -(-len(samples) // _COLUMNS)
    whole = len(samples) // step * step
    columns: Floats = samples[:whole].reshape(-1, step, samples.shape[1]).mean(axis=1)
    return columns
