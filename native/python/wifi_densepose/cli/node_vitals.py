"""What a recording says of one node's vital signs, and in which words."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..recording import CsiBatch
from ..signal import MotionDetector
from ..vitals import VitalReading, VitalsMonitor, VitalStatus
from .waveform import Waveform

WINDOW_S = 30
_MIN_RATE_HZ = 3
_GAP_S = 2.0
_PIECE = 16
_LATER_THAN_1990 = 631_152_000


class NodeVitals:
    """Follows one node through a recording, in memory that grows by one reading a second."""

    def __init__(self, number: int, *, experimental_heart_rate: bool, keep_waveform: bool) -> None:
        """Of node `number`; with `keep_waveform` what is needed to draw its channel is kept too."""
        self.number = number
        self.readings: list[VitalReading] = []
        self.n_frames = 0
        self.from_s = self.to_s = self.longest_gap_s = 0.0
        self._monitor = VitalsMonitor(experimental_heart_rate=experimental_heart_rate)
        self._shapes: Counter[tuple[int, int]] = Counter()
        self._detector = MotionDetector()
        self._judged_s = self._moving_s = 0
        self.waveform = Waveform() if keep_waveform else None

    def push(self, batch: CsiBatch) -> None:
        """Takes in the next frames of the node."""
        times = batch.timestamps_s
        if not self.n_frames:
            self.from_s = self.to_s = float(times[0])
        self.longest_gap_s = max(self.longest_gap_s, float(np.diff(times, prepend=self.to_s).max()))
        self.to_s = float(times[-1])
        self.n_frames += len(times)
        for shape in batch.shapes:
            self._shapes[shape] += len(batch.of_shape(*shape))
        motion = [score.motion for score in self._detector.push(batch) if score.motion is not None]
        self._judged_s += len(motion)
        self._moving_s += sum(motion)
        if self.waveform is None:
            self.readings += self._monitor.push(batch)
        else:
            self._push_slowly(batch, self.waveform)

    def _push_slowly(self, batch: CsiBatch, waveform: Waveform) -> None:
        """Takes in frames in pieces, so that what is looked at is what was read from."""
        waveform.push(batch)
        for start in range(0, len(batch), _PIECE):
            readings = self._monitor.push(batch[start : start + _PIECE])
            self.readings += readings
            if readings:
                waveform.read(readings[-1], self._monitor)

    @property
    def seconds(self) -> float:
        """How long the node was heard, from its first frame to its last."""
        return self.to_s - self.from_s

    @property
    def rate_hz(self) -> float:
        """Frames a second of the shape that comes most often: the one that is followed."""
        _, frames = self._shapes.most_common(1)[0]
        return frames / self.seconds if self.seconds > 0 else 0.0

    @property
    def published(self) -> list[VitalReading]:
        """The readings with a breathing rate."""
        return [reading for reading in self.readings if reading.breathing.rate_bpm is not None]

    def typical(self) -> VitalReading | None:
        """The reading with the median breathing rate; `None` where none was published."""
        by_rate = sorted(self.published, key=lambda reading: reading.breathing.rate_bpm or 0.0)
        return by_rate[(len(by_rate) - 1) // 2] if by_rate else None

    def why_none(self) -> str:
        """Why there is no breathing rate."""
        if self.seconds < WINDOW_S:
            return f"{self.seconds:.0f} s were recorded; a rate needs {WINDOW_S} s"
        if self.rate_hz < _MIN_RATE_HZ:
            return f"{self.rate_hz:.1f} frames/s of one shape; a rate needs {_MIN_RATE_HZ}"
        if self.longest_gap_s > _GAP_S and not any(reading.breathing.confidence for reading in self.readings):
            return (
                f"gaps of up to {self.longest_gap_s:.0f} s; a rate needs {WINDOW_S} s without a gap of {_GAP_S:.0f} s"
            )
        if 2 * self._moving_s > self._judged_s:
            return f"somebody moves in {self._moving_s} of {self._judged_s} s"
        unclear = sum(reading.breathing.status == VitalStatus.Unreliable for reading in self.readings)
        if unclear:
            return (
                f"something periodic in {unclear} of {len(self.readings)} s, but not enough of it: "
                "somebody moves, several are there, or the breath is weak"
            )
        return "nothing that breathes is seen: nobody is there, somebody moves, or the breath is held"

    def line(self) -> str:
        """One line for a person."""
        typical = self.typical()
        if typical is None:
            return f"node {self.number}: no breathing rate: {self.why_none()}"
        of, rates = typical.breathing, [reading.breathing.rate_bpm or 0.0 for reading in self.published]
        return (
            f"node {self.number}: {of.rate_bpm:.1f} breaths/min, confidence {of.confidence:.2f} ({of.status}), "
            f"in the {WINDOW_S} s before {self.moment(typical.timestamp_s)}; "
            f"a rate in {len(rates)} of {len(self.readings)} s, {min(rates):.1f} to {max(rates):.1f}"
        )

    def heart_rate_line(self) -> str:
        """One line for whoever asked for the experiment."""
        rates = self._heart_rates()
        found = f"median {statistics.median(rates):.0f} beats/min over {len(rates)} s" if rates else "no heart rate"
        return f"node {self.number}: {found} (experimental: no measurement, it does not beat guessing)"

    def _heart_rates(self) -> list[float]:
        rates = (reading.heart_rate.rate_bpm for reading in self.readings)
        return [rate for rate in rates if rate is not None]

    def moment(self, timestamp_s: float) -> str:
        """A time as the recording's clock has it: of the day where that is known, else since its beginning."""
        if self.from_s > _LATER_THAN_1990:
            return f"{datetime.fromtimestamp(timestamp_s, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
        return f"{timestamp_s - self.from_s:.0f} s"

    def document(self, *, heart_rate: bool, readings: bool) -> dict[str, Any]:
        """The same as a dict that JSON can hold. Times are seconds on the recording's clock."""
        typical = self.typical()
        document: dict[str, Any] = {
            "node": self.number,
            "n_frames": self.n_frames,
            "frames_per_s": round(self.rate_hz, 2),
            "from_s": self.from_s,
            "to_s": self.to_s,
            "seconds_read": len(self.readings),
            "seconds_with_rate": len(self.published),
            "breathing": None,
            "why_none": self.why_none() if typical is None else None,
        }
        if typical is not None:
            rates = [reading.breathing.rate_bpm or 0.0 for reading in self.published]
            of = typical.breathing.to_dict()
            window = {"window_from_s": typical.timestamp_s - WINDOW_S, "window_to_s": typical.timestamp_s}
            document["breathing"] = of | window | {"min_bpm": min(rates), "max_bpm": max(rates)}
        if heart_rate:
            rates = self._heart_rates()
            median = statistics.median(rates) if rates else None
            document["experimental_heart_rate"] = {"median_bpm": median, "seconds_with_rate": len(rates)}
        if readings:
            document["readings"] = [reading.to_dict() for reading in self.readings]
        return document
