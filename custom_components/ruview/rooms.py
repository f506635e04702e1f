"""The rooms of a home: a user describes each in a subentry, and the server is told all of them."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final, Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.util import slugify

from .api.catalog import DEFAULT_HOLD_S, DEFAULT_SENSITIVITY, MAX_ID, MAX_NAME, MEASURING_KINDS, NODE_KINDS, ROOM_PREFIX

SUBENTRY_ROOM: Final = "room"

CONF_ADJACENT: Final = "adjacent"
CONF_AREA_ID: Final = "area_id"
CONF_BATHROOM: Final = "bathroom"
CONF_BED: Final = "bed"
CONF_HOLD_TIME: Final = "hold_time"
CONF_NODES: Final = "nodes"
CONF_PERSONS: Final = "persons"
CONF_SCHEDULE: Final = "schedule"
CONF_SENSITIVITY: Final = "sensitivity"
CONF_TAGS: Final = "tags"
CONF_THRESHOLDS: Final = "thresholds"
CONF_ZONES: Final = "zones"

# What a room can be; the server knows what is special about the first two.
TAGS: Final = ("bedroom", "bathroom", "living_room", "kitchen", "office", "hallway")
# The tags of zones that mean something.
ZONE_TAGS: Final = (CONF_BED, CONF_BATHROOM)

# An id that is taken gets a number, for which this much is left.
_MAX_STEM: Final = MAX_ID - 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room as its owner describes it."""

    subentry_id: str | None
    id: str
    name: str
    nodes: tuple[str, ...]
    area_id: str | None
    tags: tuple[str, ...]
    zones: tuple[Mapping[str, Any], ...]
    persons: tuple[str, ...]
    schedule: str | None
    sensitivity: str
    hold_s: int
    thresholds: Mapping[str, Any]
    adjacent: tuple[str, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any], *, room_id: str, name: str, subentry_id: str | None = None) -> Self:
        """Read what a form was filled in with."""
        return cls(
            subentry_id=subentry_id,
            id=room_id,
            # Home Assistant lets users give a subentry any title.
            name=clean_name(name) or room_id,
            nodes=tuple(data[CONF_NODES]),
            area_id=data.get(CONF_AREA_ID),
            tags=tuple(data.get(CONF_TAGS, ())),
            zones=tuple(data.get(CONF_ZONES, ())),
            persons=tuple(data.get(CONF_PERSONS, ())),
            schedule=data.get(CONF_SCHEDULE),
            sensitivity=data.get(CONF_SENSITIVITY, DEFAULT_SENSITIVITY),
            hold_s=int(data.get(CONF_HOLD_TIME, DEFAULT_HOLD_S)),
            thresholds=data.get(CONF_THRESHOLDS, {}),
            adjacent=tuple(data.get(CONF_ADJACENT, ())),
        )

    @classmethod
    def of(cls, subentry: ConfigSubentry) -> Self:
        """Read a subentry; its unique id names the room for ever, whatever it is called."""
        return cls.parse(
            subentry.data,
            room_id=subentry.unique_id or subentry.subentry_id.lower(),
            name=subentry.title,
            subentry_id=subentry.subentry_id,
        )

    @property
    def device_id(self) -> str:
        """Return the id of the device that the room has when it has several nodes."""
        return f"{ROOM_PREFIX}{self.id}"

    @property
    def is_fused(self) -> bool:
        """Return whether the server makes a device for it: where several nodes measure the channel."""
        return sum(node.split("_")[0] in MEASURING_KINDS for node in self.nodes) > 1


def rooms_of(entry: ConfigEntry[Any]) -> list[Room]:
    """Return the rooms of a server, in the order in which they were made."""
    return [Room.of(subentry) for subentry in entry.subentries.values() if subentry.subentry_type == SUBENTRY_ROOM]


def described(rooms: Iterable[Room]) -> list[dict[str, Any]]:
    """Return the rooms as the server reads them: whoever can go there can come back, and not to a room that is gone."""
    by_id = {room.id: room for room in rooms}
    return [
        {
            "id": room.id,
            "name": room.name,
            "tags": list(room.tags),
            "nodes": list(room.nodes),
            "zones": _described_zones(room.zones),
            "sensitivity": room.sensitivity,
            "hold_s": room.hold_s,
            "thresholds": dict(room.thresholds),
            "adjacent": neighbours(room, by_id.values()),
        }
        for room in by_id.values()
    ]


def neighbours(room: Room, rooms: Iterable[Room]) -> list[str]:
    """Return the ids of the rooms that are next to a room, whichever of the two says so."""
    return [
        other.id for other in rooms if other.id != room.id and (other.id in room.adjacent or room.id in other.adjacent)
    ]


def clean_name(name: str) -> str:
    """Return a name that the server takes: not too long, and nothing in it that cannot be seen."""
    visible = "".join(character for character in name if unicodedata.category(character) != "Cc")
    return visible.strip()[:MAX_NAME].strip()


def new_id(name: str, taken: Iterable[str]) -> str:
    """Return an id for something of this name, which no other one has and which is not that of a node."""
    stem = slugify(name)[:_MAX_STEM].strip("_")
    if stem.split("_")[0] in NODE_KINDS:
        stem = f"{ROOM_PREFIX}{stem}"[:_MAX_STEM].strip("_")
    others = set(taken)
    numbered = (f"{stem}_{number}" for number in count(2))
    return next(found for found in chain((stem,), numbered) if found not in others)


def _described_zones(zones: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return zones as the server reads them; their ids follow from their names, so that they stay as they are."""
    found: dict[str, dict[str, Any]] = {}
    for zone in zones:
        zone_id = new_id(zone[CONF_NAME], found)
        found[zone_id] = {
            "id": zone_id,
            "name": clean_name(zone[CONF_NAME]),
            "tags": [tag for tag in ZONE_TAGS if zone.get(tag)],
            "nodes": list(zone[CONF_NODES]),
        }
    return list(found.values())
