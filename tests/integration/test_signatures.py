"""Signed events: what is believed, and what is not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.ruview.api.errors import RefusedEventError
from custom_components.ruview.api.signatures import Verifier

from .mqtt_home import KEY, OTHER_KEY, encode, event, public, sent_at, signed

NOW = datetime(2026, 11, 26, 13, 32, 16, tzinfo=UTC)

# What `ruview-server simulate` has sent.
OF_A_SERVER = (
    '{"data":{"confidence":1.0,"person_aware":false,"reason":["presence=on","linked_person=none"]},'
    '"device_id":"node_1","entity_id":"event.node_1_activity","event_type":"unknown_presence",'
    '"id":"01a2180e-8a44-7326-a702-52caef0aff60","privacy_class":2,'
    '"public_key":"eC6aYjSNhTibSNDWnSLAZD6CxAo5xhtn-Zbzv1n-PU8",'
    '"server_id":"3d3b7658-9c14-49a2-a019-f6854faee5d2",'
    '"sig":"eRcYJGSP6QV_vKMyoJAs4MQU2XmbW8D3X4DJUsTVyxObT1Nf8GAPCyXrLWI1lL4dd5wN_t11QTc3XjQiM8iKBg",'
    '"time_fired":"2026-11-26T13:32:15.812785Z"}'
)


def refusal(verifier: Verifier, event: dict[str, Any], now: datetime = NOW) -> str:
    """Return why an event is not believed."""
    with pytest.raises(RefusedEventError) as refused:
        verifier.check(event, now)
    return str(refused.value)


def test_what_a_server_has_signed_is_believed_once() -> None:
    event = json.loads(OF_A_SERVER)
    verifier = Verifier(event["public_key"])
    assert "signature" in refusal(verifier, {**event, "device_id": "node_2"})
    assert "signature" in refusal(verifier, {**event, "more": 1})
    verifier.check(event, NOW)
    assert "seen before" in refusal(verifier, event)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sig": None}, "not signed"),
        ({"sig": 7}, "not signed"),
        ({"sig": ""}, "signature"),
        ({"sig": "no base64!"}, "signature"),
        ({"sig": "é"}, "signature"),
        ({"sig": encode(b"0" * 64)}, "signature"),
        ({"public_key": public(OTHER_KEY)}, "another key"),
        ({"public_key": None}, "another key"),
        ({"data": {"confidence": 0.6}}, "signature"),
        ({"data": float("nan")}, "signature"),
        ({"data": "\ud800"}, "signature"),
    ],
)
def test_what_is_changed_or_not_signed_is_refused(changes: dict[str, Any], why: str) -> None:
    good = signed(event(id=sent_at(NOW)))
    assert why in refusal(Verifier(public(KEY)), {**good, **changes})


def test_another_key_is_refused_whatever_it_signs() -> None:
    assert "another key" in refusal(Verifier(public(KEY)), signed(event(id=sent_at(NOW)), OTHER_KEY))


@pytest.mark.parametrize("key", ["", "AAAA", "no key"])
def test_a_server_without_a_key_is_not_believed(key: str) -> None:
    assert "signature" in refusal(Verifier(key), {**signed(event(id=sent_at(NOW))), "public_key": key})


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (None, "no id"),
        ("x", "no id"),
        ("5ec33c46-11cf-4a6f-9e8b-0e7b3f3f4b55", "does not tell"),
        (sent_at(NOW - timedelta(minutes=16)), "another time"),
        (sent_at(NOW + timedelta(minutes=16)), "another time"),
    ],
)
def test_what_was_sent_at_another_time_is_no_news(sent: str | None, why: str) -> None:
    assert why in refusal(Verifier(public(KEY)), signed(event(id=sent)))


def test_what_was_forgotten_does_not_come_back() -> None:
    verifier = Verifier(public(KEY))
    events = [signed(event(id=sent_at(NOW + timedelta(seconds=number), number))) for number in range(8)]
    with patch("custom_components.ruview.api.signatures.REMEMBERED", 4):
        for each in events:
            verifier.check(each, NOW)
        for each in events:
            assert "seen before" in refusal(verifier, each)
        # Two events of one moment are two events.
        verifier.check(signed(event(id=sent_at(NOW + timedelta(seconds=7), 99))), NOW)
