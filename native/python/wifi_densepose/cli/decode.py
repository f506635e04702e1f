"""Say what a capture file holds: beamforming reports of whom, Nexmon CSI, and what could not be read.

Reads pcap and pcapng, plain or gzip, once from front to back, in constant memory.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .failure import CommandError
from .progress import Progress

if TYPE_CHECKING:
    import argparse

    from ..bfi import BeamformingReport, CaptureReader
    from .survey import Survey


_EVERY_S = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("capture", type=Path, help="a pcap or pcapng file, plain or gzip, whatever its name")
    parser.add_argument("--json", action="store_true", help="one JSON object a line: each report, then the counts")
    parser.add_argument("--limit", type=_count, metavar="N", help="stop after so many reports")
    parser.add_argument("--full-addresses", action="store_true", help="show whole addresses, which follow people")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw |V| of the busiest pair, or Nexmon CSI")


def run(options: argparse.Namespace) -> int:
    """Print what the file holds, and draw it if that is asked for."""
    from ..bfi import read_capture
    from .survey import Survey

    try:
        with read_capture(options.capture, limit=options.limit) as reader:
            survey = Survey(options.capture, reader, full_addresses=options.full_addresses)
            with _shown(reader):
                for report in _noted(survey, options.limit):
                    if options.json:
                        print(json.dumps(_line(report, survey)))
        print(json.dumps({"type": "counts", **survey.to_dict()}) if options.json else survey.render())
        if options.plot:
            from .decode_plot import draw

            draw(survey, options.plot, options.limit)
    except BrokenPipeError:
        raise
    except (ImportError, OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    return 0


@contextmanager
def _shown(reader: CaptureReader) -> Iterator[None]:
    """Show how far the file is read, also where no report comes for long."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_S):
            progress.update(reader.position)

    with Progress(reader.size, "reading") as progress:
        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _noted(survey: Survey, limit: int | None) -> Iterator[BeamformingReport]:
    """Give the reports, and keep why there are no more."""
    try:
        for report in survey.reader:
            survey.note(report)
            yield report
    except (OSError, ValueError) as error:
        survey.fault = error
    survey.stopped = survey.reader.counts.reports == limit


def _line(report: BeamformingReport, survey: Survey) -> dict[str, Any]:
    said = report.to_dict()
    for name in ("beamformer", "beamformee", "bssid"):
        said[name] = survey.shown(said[name])
    return {"type": "report", **said, "snr_db": report.snr_db.tolist()}


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count
