"""Breathing, heart rate and what is unusual about them, from CSI, in four stages.

In four lines, from complex samples `[N, n_subcarriers]` or `[N, n_antennas, n_subcarriers]` and their times:

    from wifi_densepose.vitals import process

    for reading in process(csi, timestamps_s=times):
        print(reading.timestamp_s, reading.breathing.rate_bpm, reading.breathing.confidence)

No rate is better than a wrong one: an empty room, a walking person and held breath have none, and the first is said
after 30 s. The heart rate is `Unavailable` unless it is asked for as an experiment: on recordings with a known heart
rate no method that was tried beats guessing.

`CsiVitalPreprocessor` -> `BreathingExtractor` -> `HeartRateExtractor` -> `VitalAnomalyDetector` are the stages one by
one, `VitalsMonitor` is all of them for a stream that goes on, `VitalSignStore` keeps what they said.
"""

from ._core import (
    AnomalyAlert,
    AnomalyKind,
    BreathingExtractor,
    CsiVitalPreprocessor,
    HeartRateExtractor,
    VitalAnomalyDetector,
    VitalEstimate,
    VitalKind,
    VitalReading,
    VitalSignStore,
    VitalsMonitor,
    VitalStatistics,
    VitalStatus,
    VitalWindow,
    process,
)

__all__ = [
    "AnomalyAlert",
    "AnomalyKind",
    "BreathingExtractor",
    "CsiVitalPreprocessor",
    "HeartRateExtractor",
    "VitalAnomalyDetector",
    "VitalEstimate",
    "VitalKind",
    "VitalReading",
    "VitalSignStore",
    "VitalStatistics",
    "VitalStatus",
    "VitalWindow",
    "VitalsMonitor",
    "process",
]
