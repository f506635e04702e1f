"""How much each station's channel moves, from overheard beamforming feedback: `python feedback.py monitor.pcapng`."""

from __future__ import annotations

import sys
from collections import defaultdict

from wifi_densepose.bfi import BfiWindow, read_capture


def main(path: str) -> None:
    """Print the features of the last 32 reports of each station; its address is not printed in full."""
    windows: defaultdict[str, BfiWindow] = defaultdict(BfiWindow)
    reader = read_capture(path)
    for report in reader:
        windows[report.beamformee].push(report.frame())
    for station, window in windows.items():
        features = window.features()
        if features is not None:
            print(f"…{station[-2:]}  motion {features.burst_motion_score:.3f}  stability {features.path_stability:.3f}")
    print(reader.counts)


if __name__ == "__main__":
    main(*sys.argv[1:])
