"""Poses, as estimators of poses report them to a RuView server: keypoints of persons, and how sure each is.

Plain values: nothing here estimates a pose.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from enum import Enum
from functools import total_ordering
from typing import Any


class KeypointType(Enum):
    """The seventeen keypoints of COCO, with their numbers there (Lin et al., Microsoft COCO, ECCV 2014)."""

    NOSE = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    LEFT_EAR = 3
    RIGHT_EAR = 4
    LEFT_SHOULDER = 5
    RIGHT_SHOULDER = 6
    LEFT_ELBOW = 7
    RIGHT_ELBOW = 8
    LEFT_WRIST = 9
    RIGHT_WRIST = 10
    LEFT_HIP = 11
    RIGHT_HIP = 12
    LEFT_KNEE = 13
    RIGHT_KNEE = 14
    LEFT_ANKLE = 15
    RIGHT_ANKLE = 16


@total_ordering
@dataclass(frozen=True)
class Confidence:
    """How sure something is, in [0, 1]. `ValueError` for anything else."""

    value: float

    def __post_init__(self) -> None:
        """Check the range."""
        if not 0.0 <= self.value <= 1.0:
            raise _refusal("value", "a number in [0, 1]", self.value)

    def __lt__(self, other: Confidence) -> bool:
        """Compare how sure they are."""
        return self.value < other.value if isinstance(other, Confidence) else NotImplemented

    def __float__(self) -> float:
        """Give the number itself."""
        return self.value


@dataclass(frozen=True)
class BoundingBox:
    """A rectangle around a person, in the estimator's coordinates: `x` to the right, `y` downwards, sizes >= 0."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        """Check that every number is finite and no size negative."""
        for name in ("x", "y", "width", "height"):
            _check_finite(name, getattr(self, name))
        for name in ("width", "height"):
            if getattr(self, name) < 0:
                raise _refusal(name, "0 or more", getattr(self, name))

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def iou(self, other: BoundingBox) -> float:
        """Intersection over union with another box, in [0, 1]; 0 for two empty boxes."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(across, 0.0) * max(down, 0.0)
        union = self.area + other.area - shared
        return min(shared / union, 1.0) if union > 0 else 0.0


@dataclass(frozen=True)
class Keypoint:
    """One point of a body, in the estimator's coordinates; `z` where it knows the depth."""

    type: KeypointType
    x: float
    y: float
    confidence: Confidence
    z: float | None = None

    def __post_init__(self) -> None:
        """Check that every number is finite."""
        for name in ("x", "y", "z"):
            value = getattr(self, name)
            if value is not None:
                _check_finite(name, value)


@dataclass(frozen=True)
class PersonPose:
    """The keypoints of one person: at most one of a type."""

    keypoints: tuple[Keypoint, ...]
    confidence: Confidence
    bounding_box: BoundingBox | None = None
    person_id: int | None = None

    def __post_init__(self) -> None:
        """Check that no type comes twice."""
        object.__setattr__(self, "keypoints", tuple(self.keypoints))
        types = [keypoint.type for keypoint in self.keypoints]
        twice = next((kind for kind in types if types.count(kind) > 1), None)
        if twice is not None:
            raise _refusal("keypoints", "at most one of a type", f"two {twice.name}")

    def keypoint(self, kind: KeypointType) -> Keypoint | None:
        """Give the keypoint of a type, if the estimator saw it."""
        return next((keypoint for keypoint in self.keypoints if keypoint.type is kind), None)


@dataclass(frozen=True)
class PoseEstimate:
    """What an estimator saw at one moment: nobody, or some persons."""

    timestamp_ms: int
    persons: tuple[PersonPose, ...] = field(default=())

    def __post_init__(self) -> None:
        """Keep the persons so that nobody can change them."""
        object.__setattr__(self, "persons", tuple(self.persons))

    def to_dict(self) -> dict[str, Any]:
        """Give it as a dict that JSON can hold."""
        data = asdict(self)
        for person, source in zip(data["persons"], self.persons, strict=True):
            person["confidence"] = source.confidence.value
            person["keypoints"] = list(person["keypoints"])
            for keypoint, point in zip(person["keypoints"], source.keypoints, strict=True):
                keypoint["type"] = point.type.name.lower()
                keypoint["confidence"] = point.confidence.value
        data["persons"] = list(data["persons"])
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PoseEstimate:
        """Make it of what `to_dict` gave. `KeyError` names what is missing, `ValueError` what makes no sense."""
        return cls(data["timestamp_ms"], tuple(_person(person) for person in data.get("persons", ())))


def _person(data: dict[str, Any]) -> PersonPose:
    box = data.get("bounding_box")
    return PersonPose(
        keypoints=tuple(_keypoint(point) for point in data["keypoints"]),
        confidence=Confidence(data["confidence"]),
        bounding_box=None if box is None else BoundingBox(**box),
        person_id=data.get("person_id"),
    )


def _keypoint(data: dict[str, Any]) -> Keypoint:
    try:
        kind = KeypointType[data["type"].upper()]
    except KeyError:
        raise _refusal("type", "the name of a COCO keypoint", data.get("type")) from None
    return Keypoint(kind, data["x"], data["y"], Confidence(data["confidence"]), data.get("z"))


def _check_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise _refusal(name, "a finite number", value)


def _refusal(name: str, expected: str, found: object) -> ValueError:
    return ValueError(f"{name}: expected {expected}, found {found}")
