"""What was found in a capture file, in the words of `ruview-server decode`.

Its size depends on how many different things there are, never on how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ..bfi import BeamformingReport, CaptureReader
from .table import table

# More than any site has; with addresses that change for every frame the rest is counted together.
_MAX_PAIRS = 4096
# Of many pairs most are passers-by.
_SHOWN_PAIRS = 20


class Pair(NamedTuple):
    """Between whom, and in which shape, the channel was reported."""

    beamformer: str
    beamformee: str
    phy: str
    n_rows: int
    n_cols: int
    bandwidth_mhz: int
    n_tones: int

    @staticmethod
    def of(report: BeamformingReport) -> Pair:
        """The pair of a report."""
        control = report.control
        shape = (control.phy, control.n_rows, control.n_cols, control.bandwidth_mhz, len(report.codes))
        return Pair(report.beamformer, report.beamformee, *shape)

    def made(self, report: BeamformingReport) -> bool:
        """Whether a report is one of this pair's."""
        return self == Pair.of(report)

    def shape(self) -> str:
        """The shape in words."""
        return f"{self.phy}, {self.n_rows}x{self.n_cols}, {self.bandwidth_mhz} MHz, {self.n_tones} tones"


@dataclass
class Heard:
    """How often a pair was heard, and between which times."""

    reports: int = 0
    first_ns: int | None = None
    last_ns: int | None = None

    def note(self, at_ns: int | None) -> None:
        """Count a report."""
        self.reports += 1
        if at_ns is not None:
            self.first_ns = at_ns if self.first_ns is None else min(self.first_ns, at_ns)
            self.last_ns = at_ns if self.last_ns is None else max(self.last_ns, at_ns)

    @property
    def per_second(self) -> float | None:
        """Reports a second; `None` for one that tells none."""
        if self.first_ns is None or self.last_ns is None or self.first_ns == self.last_ns:
            return None
        return (self.reports - 1) * 1e9 / (self.last_ns - self.first_ns)


class Survey:
    """What is known of a file so far. `stopped` says that there may be more, `fault` why there is not."""

    def __init__(self, path: Path, reader: CaptureReader, *, full_addresses: bool) -> None:
        """Begin with nothing."""
        self.path = path
        self.reader = reader
        self.pairs: dict[Pair, Heard] = {}
        self.fault: Exception | None = None
        self.stopped = False
        self._full_addresses = full_addresses
        self._others = 0

    def note(self, report: BeamformingReport) -> None:
        """Take in a report."""
        pair = Pair.of(report)
        heard = self.pairs.get(pair)
        if heard is None:
            if len(self.pairs) == _MAX_PAIRS:
                self._others += 1
                return
            heard = self.pairs[pair] = Heard()
        heard.note(report.timestamp_ns)

    def shown(self, address: str) -> str:
        """An address as far as it is shown."""
        return address if self._full_addresses else "**:**:**:**:**:" + address[-2:]

    def busiest(self) -> list[tuple[Pair, Heard]]:
        """The pairs, most reports first."""
        return sorted(self.pairs.items(), key=lambda item: -item[1].reports)

    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
        return {
            "file": str(self.path),
            "file_octets": self.reader.size,
            "whole": self.fault is None,
            "fault": None if self.fault is None else str(self.fault),
            "stopped": self.stopped,
            **self.reader.counts.to_dict(),
            "pairs": [
                {
                    **pair._asdict(),
                    "beamformer": self.shown(pair.beamformer),
                    "beamformee": self.shown(pair.beamformee),
                    "reports": heard.reports,
                    "reports_per_s": heard.per_second,
                }
                for pair, heard in self.busiest()
            ],
            "reports_of_other_pairs": self._others,
        }

    def render(self) -> str:
        """For people."""
        counts = self.reader.counts
        head = [f"{self.path}: {self.reader.size} octets"]
        if self.fault is not None:
            head.append(f"warning: the file breaks off; what came before is counted: {self.fault}")
        if self.stopped:
            head.append(f"stopped after {counts.reports} reports, of which there may be more")
        if counts.first_ns is None or counts.last_ns is None:
            head.append(f"{counts.packets} packets without times")
        else:
            duration_s = (counts.last_ns - counts.first_ns) / 1e9
            times = f"{_utc(counts.first_ns)} to {_utc(counts.last_ns)}"
            head.append(f"{counts.packets} packets from {times}, {duration_s:.3f} s")
        incomplete = counts.incomplete_reports
        parts = [
            "\n".join(head),
            table(("kind", "packets"), [(kind, str(packets)) for kind, packets in counts.kinds.items()], {1}),
            self._pairs(),
            f"{incomplete} reports of which a part is missing" if incomplete else "",
            table(
                ("error", "packets", "first"),
                [(name, str(packets), counts.first_rejected[name]) for name, packets in counts.rejected.items()],
                {1},
            ),
        ]
        return "\n\n".join(filter(None, parts))

    def _pairs(self) -> str:
        pairs = self.busiest()
        rows = [
            (
                self.shown(pair.beamformer),
                self.shown(pair.beamformee),
                pair.shape(),
                str(heard.reports),
                "" if heard.per_second is None else f"{heard.per_second:.3g}",
            )
            for pair, heard in pairs[:_SHOWN_PAIRS]
        ]
        others = self._others + sum(heard.reports for _, heard in pairs[_SHOWN_PAIRS:])
        if others:
            rows.append(("others", "", "", str(others), ""))
        return table(("beamformer", "beamformee", "reports as", "reports", "per second"), rows, {3, 4})


def _utc(at_ns: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=at_ns // 1000)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
