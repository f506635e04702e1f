"""The picture of `wifi-densepose decode --plot`: a heat map of amplitudes over time and tones."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._extra import load
from ..bfi import read_capture
from ..capture import read_csi
from .failure import CommandError

if TYPE_CHECKING:
    from .survey import Survey

# More columns than a picture has pixels tell nothing.
_COLUMNS = 1500
_CSI_FRAMES = 100_000
# What is alone is drawn as wide as this share of the picture.
_LEAST_VISIBLE = 500
_INCHES_WIDE, _INCHES_A_PANEL, _DPI = 12.0, 2.4, 100


@dataclass(frozen=True)
class Picture:
    """What is drawn: panels one above the other, `[n_times, n_tones]` each."""

    title: str
    unit: str
    greatest: float
    times_s: npt.NDArray[np.float64]
    tones: npt.NDArray[np.int16]
    panels: dict[str, npt.NDArray[np.float32]]


def draw(survey: Survey, png: Path, limit: int | None) -> None:
    """Draw the busiest pair's reports, or Nexmon CSI where there are none."""
    figure = load("matplotlib.figure", "plot")
    if survey.pairs:
        picture = _of_reports(survey, limit)
    elif survey.reader.counts.csi:
        picture = _of_csi(survey.path, limit)
    else:
        raise CommandError(f"nothing to draw: {survey.path} holds neither beamforming reports nor Nexmon CSI")
    _paint(figure.Figure, picture).savefig(png, dpi=_DPI)


def _of_reports(survey: Survey, limit: int | None) -> Picture:
    pair, heard = survey.busiest()[0]
    step = -(-heard.reports // _COLUMNS)
    times: list[float] = []
    amplitudes, tones = [], np.zeros(0, dtype=np.int16)
    # What is wrong with the file the survey has said.
    with read_capture(survey.path, limit=limit) as reader, contextlib.suppress(OSError, ValueError):
        of_pair = (report for report in reader if pair.made(report))
        for report in islice(of_pair, 0, None, step):
            times.append(len(times) if report.timestamp_s is None else report.timestamp_s)
            amplitudes.append(np.abs(report.v[:, :, 0]))
            tones = report.tones
    v = np.stack(amplitudes)
    who = f"{survey.shown(pair.beamformer)} from {survey.shown(pair.beamformee)}"
    return Picture(
        title=f"{survey.path.name}: feedback to {who}, {pair.shape()}, first stream",
        unit="|V|",
        greatest=1.0,
        times_s=np.array(times) - times[0],
        tones=tones,
        panels={f"antenna {row + 1}": v[:, :, row] for row in range(pair.n_rows)},
    )


def _of_csi(path: Path, limit: int | None) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        csi = read_csi(path, limit=min(limit or _CSI_FRAMES, _CSI_FRAMES))
    chosen = slice(None, None, -(-len(csi) // _COLUMNS))
    amplitudes = np.abs(csi.csi[chosen])
    amplitudes[:, ~csi.usable] = np.nan
    # Gain control rescales all tones of a frame together.
    amplitudes /= np.nanmean(amplitudes, axis=1, keepdims=True)
    order = np.argsort(csi.tones)
    return Picture(
        title=f"{path.name}: CSI, {csi.chip}, {csi.bandwidth_mhz} MHz, {len(csi)} frames",
        unit="amplitude / mean of its frame",
        greatest=float(np.nanpercentile(amplitudes, 99.5)),
        times_s=(csi.timestamp_ns[chosen] - csi.timestamp_ns[0]) / 1e9,
        tones=csi.tones[order],
        panels={"": amplitudes[:, order]},
    )


def _paint(figure: Any, picture: Picture) -> Any:  # noqa: ANN401  # matplotlib has no types
    count = len(picture.panels)
    drawn = figure(
        figsize=(_INCHES_WIDE, 1.2 + _INCHES_A_PANEL * count * (1.0 if count > 1 else 2.0)), layout="constrained"
    )
    axes = drawn.subplots(count, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axis, (name, values) in zip(axes, picture.panels.items(), strict=True):
        edges_s, columns = _held(picture.times_s, values)
        mesh = axis.pcolormesh(
            edges_s, _edges(picture.tones), columns.T, vmin=0.0, vmax=picture.greatest, rasterized=True
        )
        axis.set_ylabel(f"{name}\ntone" if name else "tone")
    axes[0].set_title(picture.title)
    axes[-1].set_xlabel("time, s")
    drawn.colorbar(mesh, ax=list(axes), label=picture.unit)
    return drawn


def _held(
    times_s: npt.NDArray[np.float64], values: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Hold each row until the next, but not across pauses, which stay empty: edges in time, and what lies between."""
    order = np.argsort(times_s, kind="stable")
    times_s, values = times_s[order], values[order]
    gaps = np.diff(times_s)
    longest = 1.0
    if len(gaps) and times_s[-1] > times_s[0]:
        longest = max(2.0 * float(np.percentile(gaps, 80, method="lower")), (times_s[-1] - times_s[0]) / _LEAST_VISIBLE)
    ends = np.append(np.minimum(times_s[1:], times_s[:-1] + longest), times_s[-1] + longest)
    edges_s = np.stack([times_s, ends], axis=1).ravel()
    columns = np.full((len(edges_s) - 1, values.shape[1]), np.nan, dtype=np.float32)
    columns[::2] = values
    return edges_s, columns


def _edges(tones: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """Bound tones half-way to their neighbours."""
    middle = (tones[1:] + tones[:-1]) / 2
    return np.concatenate([[tones[0] - (middle[0] - tones[0])], middle, [tones[-1] + (tones[-1] - middle[-1])]])
