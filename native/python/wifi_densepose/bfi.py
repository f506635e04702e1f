"""Beamforming feedback (BFI): what stations tell an access point about the channel between them, in the clear.

from wifi_densepose.bfi import BfiWindow, read_capture

window = BfiWindow()
for report in read_capture("monitor.pcapng"):
    if report.beamformee == "b0:b9:8a:63:3e:9c":
        window.push(report.frame())
        print(report.timestamp_s, abs(report.v[:, 0, 0]).mean(), window.features())
"""

from ._core import (
    BeamformingReport,
    BfiFeatures,
    BfiWindow,
    BfldFrame,
    BfldKind,
    BfldReport,
    CaptureReader,
    MimoControl,
    read_capture,
)

__all__ = [
    "BeamformingReport",
    "BfiFeatures",
    "BfiWindow",
    "BfldFrame",
    "BfldKind",
    "BfldReport",
    "CaptureReader",
    "MimoControl",
    "read_capture",
]
