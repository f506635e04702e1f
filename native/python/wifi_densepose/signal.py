"""Conditioning, features, motion and presence from CSI.

    from wifi_densepose.recording import read_recording
    from wifi_densepose.signal import MotionDetector

    for score in MotionDetector().push(read_recording("hall.jsonl.gz", node=1)):
        print(score.timestamp_s, score.motion, score.level_percent)

CSI is a noisy delta against what the detector learnt of the room, never an absolute truth: motion is `None` until the
detector found ten quiet seconds or was calibrated, and presence is `None` until it can tell.
"""

from ._core import (
    CsiFeatures,
    CsiProcessor,
    CsiProcessorConfig,
    FeatureExtractor,
    HampelFilter,
    HardwareNormalizer,
    MotionDetector,
    MotionScore,
    PhaseSanitizer,
)

__all__ = [
    "CsiFeatures",
    "CsiProcessor",
    "CsiProcessorConfig",
    "FeatureExtractor",
    "HampelFilter",
    "HardwareNormalizer",
    "MotionDetector",
    "MotionScore",
    "PhaseSanitizer",
]
