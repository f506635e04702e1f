"""WiFi sensing for Python: CSI and beamforming feedback, vital signs, motion, and clients of a RuView server.

The algorithms are the engine's own, compiled: `wifi_densepose.vitals`, `.signal`, `.bfi` and `.engine`. Clients of a
server that runs elsewhere are in `wifi_densepose.client`.
"""

from importlib.metadata import version as _version

from ._core import (
    BfldFrame,
    BfldKind,
    BfldReport,
    CsiFrame,
    CsiMetadata,
    PrivacyClass,
    WireError,
    allows_hap,
    allows_matter,
    allows_network,
)
from .pose import BoundingBox, Confidence, Keypoint, KeypointType, PersonPose, PoseEstimate

__version__ = _version("wifi-densepose")

__all__ = [
    "BfldFrame",
    "BfldKind",
    "BfldReport",
    "BoundingBox",
    "Confidence",
    "CsiFrame",
    "CsiMetadata",
    "Keypoint",
    "KeypointType",
    "PersonPose",
    "PoseEstimate",
    "PrivacyClass",
    "WireError",
    "__version__",
    "allows_hap",
    "allows_matter",
    "allows_network",
]
