"""Lines of the logbook: what happened and to which room, as one person would tell it to another."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, CONF_TYPE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import ATTR_DATA, DOMAIN, EVENT_RUVIEW
from .rooms import rooms_of

# By the event's type, and by whether the server knew the context. Home Assistant's own lines of this kind are English.
_MESSAGES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "unknown_presence": lambda data: (
        "somebody came while none of the persons linked to the room was home"
        if data.get("person_aware")
        else "somebody came; who is home is not known here"
    ),
    "unexpected_occupancy": lambda data: (
        "somebody has been there for a while although the room's schedule expects nobody"
        if data.get("schedule_aware")
        else "somebody has been there for a while; the room has no schedule"
    ),
    "unrecognized_activity_pattern": lambda _: "the room is used in a way that is unusual at this hour",
    "fall_detected": lambda _: "a movement looked like a fall",
    "bed_exit": lambda _: "somebody who slept got up",
    "transition": lambda data: f"somebody went from {data.get('from', 'one room')} to {data.get('to', 'another')}",
    "fall_risk_elevated": lambda data: (
        f"the fall risk rose to {data.get('fall_risk_elevated', 'its threshold')}"
        + (" %" if "fall_risk_elevated" in data else "")
    ),
}

# What of an event's data is the id of a room.
_ROOMS: Final = frozenset({"from", "to"})


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, Any]]], None],
) -> None:
    """Describe what is told on the bus."""

    @callback
    def _describe(event: Event) -> dict[str, Any]:
        event_type = str(event.data.get(CONF_TYPE, ""))
        device = dr.async_get(hass).async_get(event.data.get(ATTR_DEVICE_ID) or "")
        describe = _MESSAGES.get(event_type)
        names = _room_names(hass, device)
        data = {
            name: names.get(value, value) if name in _ROOMS else value
            for name, value in (event.data.get(ATTR_DATA) or {}).items()
        }
        line = {
            LOGBOOK_ENTRY_NAME: (device and (device.name_by_user or device.name)) or "RuView",
            LOGBOOK_ENTRY_MESSAGE: describe(data) if describe else event_type.replace("_", " "),
        }
        if entity_id := event.data.get(ATTR_ENTITY_ID):
            line[LOGBOOK_ENTRY_ENTITY_ID] = entity_id
        return line

    async_describe_event(DOMAIN, EVENT_RUVIEW, _describe)


def _room_names(hass: HomeAssistant, device: dr.AnyDeviceEntry | None) -> dict[str, str]:
    """Return the names of a server's rooms as its user gave them, by id."""
    entry = hass.config_entries.async_get_entry(device.config_entry_id) if device else None
    return {room.id: room.name for room in rooms_of(entry)} if entry else {}
