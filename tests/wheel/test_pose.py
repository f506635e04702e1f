"""Values of poses."""

from __future__ import annotations

import json
import operator
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wifi_densepose import BoundingBox, Confidence, Keypoint, KeypointType, PersonPose, PoseEstimate

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
sizes = st.floats(0, 1e6)
confidences = st.builds(Confidence, st.floats(0, 1))
boxes = st.builds(BoundingBox, numbers, numbers, sizes, sizes)
keypoints = st.builds(Keypoint, st.sampled_from(KeypointType), numbers, numbers, confidences, st.none() | numbers)
persons = st.builds(
    PersonPose,
    st.lists(keypoints, unique_by=lambda point: point.type).map(tuple),
    confidences,
    st.none() | boxes,
    st.none() | st.integers(0, 1000),
)
estimates = st.builds(PoseEstimate, st.integers(0, 2**53), st.lists(persons, max_size=4).map(tuple))


@given(estimates)
def test_round_trips(estimate: PoseEstimate) -> None:
    assert PoseEstimate.from_dict(json.loads(json.dumps(estimate.to_dict()))) == estimate
    again = pickle.loads(pickle.dumps(estimate))
    assert again == estimate
    assert hash(again) == hash(estimate)
    assert eval(repr(Confidence(0.5)), {"Confidence": Confidence}) == Confidence(0.5)


@given(boxes, boxes)
def test_intersection_over_union(one: BoundingBox, other: BoundingBox) -> None:
    assert 0.0 <= one.iou(other) <= 1.0
    assert one.iou(other) == other.iou(one)


def test_intersection_over_union_of_known_boxes() -> None:
    box = BoundingBox(0, 0, 2, 2)
    assert box.iou(box) == 1.0
    assert box.iou(BoundingBox(1, 0, 2, 2)) == pytest.approx(1 / 3)
    assert box.iou(BoundingBox(2, 0, 2, 2)) == 0.0
    assert BoundingBox(0, 0, 0, 0).iou(BoundingBox(0, 0, 0, 0)) == 0.0


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Confidence(1.1), "value"),
        (lambda: Confidence(float("nan")), "value"),
        (lambda: BoundingBox(0, 0, -1, 0), "width"),
        (lambda: BoundingBox(0, float("inf"), 0, 0), "y"),
        (lambda: Keypoint(KeypointType.NOSE, float("nan"), 0, Confidence(1)), "x"),
        (lambda: PersonPose((Keypoint(KeypointType.NOSE, 0, 0, Confidence(1)),) * 2, Confidence(1)), "keypoints"),
        (lambda: PoseEstimate.from_dict(with_keypoint_type("TAIL")), "type"),
    ],
)
def test_what_makes_no_sense_is_named(make: Any, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: expected "):
        make()


def with_keypoint_type(name: str) -> dict[str, Any]:
    point = {"type": name, "x": 0.0, "y": 0.0, "confidence": 1.0}
    return {"timestamp_ms": 0, "persons": [{"keypoints": [point], "confidence": 1.0}]}


def test_a_keypoint_is_found_by_its_type() -> None:
    nose = Keypoint(KeypointType.NOSE, 1.0, 2.0, Confidence(0.5))
    person = PersonPose((nose,), Confidence(0.5))
    assert person.keypoint(KeypointType.NOSE) is nose
    assert person.keypoint(KeypointType.LEFT_EYE) is None
    assert float(nose.confidence) == 0.5


def test_confidences_have_an_order() -> None:
    assert Confidence(0.2) < Confidence(0.3) <= Confidence(0.3)
    assert max(Confidence(0.4), Confidence(0.5)) == Confidence(0.5)
    with pytest.raises(TypeError):
        operator.lt(Confidence(0.2), 0.3)
