"""The logbook's lines can be read by people."""

from types import MappingProxyType
from typing import Any

import pytest
from homeassistant.components import logbook as core_logbook  # noqa: F401 - the module under test needs it
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.bus import EVENT_KEYS
from custom_components.ruview.const import DOMAIN, EVENT_RUVIEW
from custom_components.ruview.logbook import async_describe_events

from .home import NODE_ID
from .test_init import device_of

LINES = [
    ("unknown_presence", {"person_aware": True}, "somebody came while none of the persons linked to the room was home"),
    ("unknown_presence", {"person_aware": False}, "somebody came; who is home is not known here"),
    (
        "unexpected_occupancy",
        {"schedule_aware": True},
        "somebody has been there for a while although the room's schedule expects nobody",
    ),
    ("unexpected_occupancy", {}, "somebody has been there for a while; the room has no schedule"),
    ("unrecognized_activity_pattern", {}, "the room is used in a way that is unusual at this hour"),
    ("fall_detected", {}, "a movement looked like a fall"),
    ("bed_exit", {}, "somebody who slept got up"),
    ("transition", {"from": "a", "to": "b"}, "somebody went from a to b"),
    ("transition", {}, "somebody went from one room to another"),
    ("fall_risk_elevated", {"fall_risk_elevated": 73}, "the fall risk rose to 73 %"),
    ("fall_risk_elevated", {}, "the fall risk rose to its threshold"),
    ("something_new", {}, "something new"),
]


def line(hass: HomeAssistant, **data: object) -> dict[str, Any]:
    """Return the line of an event."""
    lines: list[dict[str, Any]] = []

    @callback
    def _describe(domain: str, event_type: str, describe: Any) -> None:  # noqa: ANN401 - a function of the logbook's
        assert (domain, event_type) == (DOMAIN, EVENT_RUVIEW)
        lines.append(describe(Event(event_type, data)))

    async_describe_events(hass, _describe)
    return lines[0]


def test_every_event_has_a_line() -> None:
    assert {event_type for event_type, *_ in LINES} == EVENT_KEYS.keys() | {"something_new"}


@pytest.mark.parametrize(("event_type", "data", "message"), LINES)
async def test_line(
    hass: HomeAssistant, entry: MockConfigEntry, event_type: str, data: dict[str, Any], message: str
) -> None:
    node = device_of(hass, entry, NODE_ID)
    assert node is not None
    said = line(hass, type=event_type, device_id=node.id, entity_id="event.node_1_activity", data=data)
    assert said == {"name": "Node 1", "message": message, "entity_id": "event.node_1_activity"}
    dr.async_get(hass).async_update_device(node.id, name_by_user="Küche")
    assert line(hass, type=event_type, device_id=node.id, data=data) == {"name": "Küche", "message": message}


async def test_line_without_a_device(hass: HomeAssistant) -> None:
    """A device that was removed since, or an event that somebody else fired."""
    said = line(hass, type="fall_detected", device_id="gone", entity_id=None)
    assert said == {"name": "RuView", "message": "a movement looked like a fall"}
    assert line(hass) == {"name": "RuView", "message": ""}


async def test_rooms_are_called_as_their_user_calls_them(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A room that is none of his keeps the name that the server has for it."""
    kitchen = {"nodes": ["node_9"]}
    subentry = ConfigSubentry(data=MappingProxyType(kitchen), subentry_type="room", title="Küche", unique_id="kuche")
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    device = device_of(hass, entry, entry.runtime_data.coordinator.server.server_id)
    assert device is not None
    said = line(hass, type="transition", device_id=device.id, data={"from": "kuche", "to": "study"})
    assert said == {"name": "RuView", "message": "somebody went from Küche to study"}
