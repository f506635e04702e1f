"""The messages of the stream `/ws/sensing`: once a second, what is known. None is what is not known, or may not leave.

docs/ws-sensing.md is their reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ._json import Value, decode_object, text_of
from .messages import UnknownMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeVitals(Value):
    """What a live node knows. Rates per minute; `presence_score` 0 to 1; `rssi` in dBm; `fall_detected` for 5 s."""

    TYPE: ClassVar[str] = "edge_vitals"

    node_id: str
    presence: bool | None
    fall_detected: bool
    motion: bool | None
    breathing_rate_bpm: float | None
    heartrate_bpm: float | None
    n_persons: int | None
    motion_energy: float | None
    presence_score: float | None
    rssi: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUpdate(Value):
    """A live node. `rssi` in dBm."""

    node_id: str
    rssi: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Features(Value):
    """Of the node that sees most motion. `motion_level` in percent."""

    motion_level: float | None
    motion_energy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification(Value):
    """What all nodes together say. `motion_level` is `absent`, `present_still` or `active`; `confidence` 0 to 1."""

    presence: bool | None
    motion_level: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns(Value):
    """Of the node that is surest. Rates per minute, confidences 0 to 1."""

    breathing_rate_bpm: float | None
    breathing_confidence: float | None
    heartrate_bpm: float | None
    heartrate_confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneUpdate(Value):
    """A zone, and whether somebody is in it."""

    zone: str
    zone_occupancy: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensingUpdate(Value):
    """What all live nodes know together.

    `timestamp` in s of the Unix epoch; `source` is `live`, `replay` or `simulated`; `tick` counts seconds.
    """

    TYPE: ClassVar[str] = "sensing_update"

    timestamp: float
    source: str
    tick: int
    nodes: tuple[NodeUpdate, ...]
    features: Features
    classification: Classification
    vital_signs: VitalSigns | None = None
    zones: tuple[ZoneUpdate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Value):
    """A person that an external estimator sees: 17 points of COCO as (x, y, confidence), and where, as (x, y, z)."""

    track_id: int
    keypoints: tuple[tuple[float, ...], ...]
    position: tuple[float, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseData(Value):
    """The poses that an external estimator feeds in at a node. `timestamp` in s of the Unix epoch."""

    TYPE: ClassVar[str] = "pose_data"

    node_id: str
    timestamp: float
    persons: tuple[Person, ...]


SensingMessage = EdgeVitals | SensingUpdate | PoseData

_KINDS: dict[str, type[SensingMessage]] = {kind.TYPE: kind for kind in (EdgeVitals, SensingUpdate, PoseData)}


def parse_sensing(text: str | bytes) -> SensingMessage | UnknownMessage:
    """Read a frame of the stream. Raises MessageError, naming the first field that is wrong."""
    data = decode_object(text, "frame")
    kind = text_of(data, "type", "frame")
    known = _KINDS.get(kind)
    return UnknownMessage(kind, data) if known is None else known.from_dict(data)
