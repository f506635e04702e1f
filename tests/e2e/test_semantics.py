"""What it means that somebody is there: every primitive, falls and the named events, driven true and false by a story.

Each story is played by a real server in simulated rooms, faster than life, through the whole engine into a real Home
Assistant; the tests ask afterwards what its entities went through. Stories repeat: what a beginning misses comes again.
"""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from devkit.diary import Diary, keep_diary
from devkit.hass import HomeAssistant
from devkit.server import RuViewServer

# So many stories are played at a time; more would only slow each other down on two cores.
_AT_A_TIME = 4
# How often the household repeats what it says: it is believed for a quarter of an hour of the story.
_SAY_EVERY_S = 2.0

ON, OFF = "on", "off"


@dataclass(frozen=True, kw_only=True)
class Play:
    """A story, how it is played, and what ends it: each of these entities has had these states, each event happened."""

    story: str
    states: tuple[tuple[str, ...], ...] = ()
    events: tuple[str, ...] = ()
    # Entities that are only watched.
    also: tuple[str, ...] = ()
    # What kind of room node 1 stands in, and by which thresholds it is judged where the defaults would take days.
    tags: tuple[str, ...] = ()
    thresholds: dict[str, dict[str, float]] = field(default_factory=dict)
    # All rooms, where there are more.
    rooms: tuple[dict[str, Any], ...] = ()
    # What the household says of the first room.
    says: tuple[tuple[str, bool], ...] = ()
    arguments: tuple[str, ...] = ()
    speed: int | str = 60
    # How long at most, after everything is set up.
    seconds: float = 90

    @property
    def keys(self) -> set[str]:
        """The translation keys of all entities that matter."""
        return {key for key, *_ in self.states} | set(self.also)

    def described_rooms(self) -> list[dict[str, Any]]:
        """Return the rooms as the server reads them."""
        room = {"id": "room", "name": "Room", "tags": list(self.tags), "nodes": ["node_1"]}
        return list(self.rooms) or [room | {"thresholds": self.thresholds}]


@dataclass(frozen=True)
class Played:
    """What became of a story in Home Assistant."""

    diary: Diary
    entities: dict[str, list[str]]

    def went(self, key: str, *states: str) -> bool:
        """Return whether one of the entities with this key had these states one after the other."""
        return any(self.diary.went(entity_id, *states) for entity_id in self.entities.get(key, []))

    def happened(self, event_type: str) -> list[dict[str, Any]]:
        """Return the events of this type on the bus that belong to our entities."""
        ours = {entity_id for entity_ids in self.entities.values() for entity_id in entity_ids}
        return [event for event in self.diary.happened(event_type) if event["entity_id"] in ours]

    def attributes(self, key: str, state: str) -> list[dict[str, Any]]:
        """Return the attributes that the entities with this key had in a state."""
        return [found for entity_id in self.entities[key] for found in self.diary.attributes(entity_id, state)]

    def numbers(self, key: str) -> list[float]:
        """Return the numbers that the entities with this key showed."""
        values = (value for entity_id in self.entities[key] for value in self.diary.values(entity_id))
        return [float(value) for value in values if value not in {"unknown", "unavailable"}]


NEIGHBOURS = (
    {"id": "living_room", "name": "Living room", "nodes": ["node_1"], "adjacent": ["study"]},
    {"id": "study", "name": "Study", "nodes": ["node_2"], "adjacent": ["living_room"]},
)

# Rests of 25 minutes are long at once, not only after three days of shorter ones.
SOON: dict[str, dict[str, float]] = {"elderly_inactivity_anomaly": {"history_days": 0, "floor_s": 1500}}

PLAYS = {
    "sleeping": Play(
        story="sleeping", states=(("someone_sleeping", OFF, ON, OFF),), also=("fall", "breathing_rate", "activity")
    ),
    "distress": Play(story="distress", states=(("possible_distress", OFF, ON, OFF),), arguments=("--trust-firmware",)),
    "active": Play(
        story="active", states=(("room_active", OFF, ON, OFF),), events=("unknown_presence",), also=("fall", "activity")
    ),
    "still": Play(
        story="no_movement",
        states=(("no_movement", OFF, ON, OFF), ("elderly_inactivity_anomaly", OFF, ON, OFF)),
        thresholds=SOON,
    ),
    # One link cannot tell two people from one: the simulated firmware can, and is believed here.
    "meeting": Play(
        story="meeting",
        states=(("meeting_in_progress", OFF, ON, OFF),),
        also=("person_count",),
        arguments=("--trust-firmware",),
    ),
    "bathroom": Play(story="bathroom", states=(("bathroom_occupied", OFF, ON, OFF),), tags=("bathroom",)),
    # Its event comes once in 24 hours: not before Home Assistant listens.
    "unsteady": Play(story="unsteady", events=("fall_risk_elevated",), also=("fall_risk_elevated", "fall"), speed=40),
    "bed_exit": Play(story="bed_exit", events=("bed_exit",), also=("bed_exit", "someone_sleeping"), tags=("bedroom",)),
    "two_rooms": Play(
        story="two_rooms",
        events=("transition",),
        also=("multi_room_transition",),
        rooms=NEIGHBOURS,
        arguments=("--tracking",),
    ),
    "fall": Play(story="fall", events=("fall_detected",), also=("fall",)),
    # Somebody who lives there and is expected, and then the same story when the schedule expects nobody.
    "expected": Play(
        story="active",
        states=(("presence", OFF, ON, OFF),),
        also=("activity",),
        says=(("known_home", True), ("expected", True)),
    ),
    "unexpected": Play(
        story="active", events=("unexpected_occupancy",), also=("activity",), says=(("expected", False),)
    ),
}


async def _entities(hass: HomeAssistant, entry_id: str) -> dict[str, list[str]]:
    entities: dict[str, list[str]] = {}
    for entry in await hass.ruview_entities(entry_id):
        entities.setdefault(entry["translation_key"], []).append(entry["entity_id"])
    return entities


async def _announced(hass: HomeAssistant, entry_id: str, keys: set[str], seconds: float = 60) -> None:
    """Wait until Home Assistant knows all of these, enabled or not. What never comes is missed by its test."""
    for _ in range(int(seconds / 0.5)):
        if keys <= (await _entities(hass, entry_id)).keys():
            return
        await asyncio.sleep(0.5)


async def _say(server: RuViewServer, play: Play) -> None:
    """Repeat what the household says for ever."""
    room_id = play.described_rooms()[0]["id"]
    while True:
        await server.call_service("set_context", room_id=room_id, **dict(play.says))
        await asyncio.sleep(_SAY_EVERY_S)


async def _play(hass: HomeAssistant, folder: Path, play: Play) -> Played:
    """Play a story until everything that ends it has been seen, or its time is over."""
    folder.mkdir()
    rooms = folder / "rooms.json"
    rooms.write_text(json.dumps({"rooms": play.described_rooms()}))
    options: list[str | Path] = ["--story", play.story, "--speed", str(play.speed), "--rooms", rooms, *play.arguments]
    options += ["--timezone", "UTC"]
    async with AsyncExitStack() as stack:
        server = await RuViewServer.start(folder / "server", "simulate", *options)
        stack.push_async_callback(server.stop)
        if play.says:
            talk = asyncio.create_task(_say(server, play))
            stack.callback(talk.cancel)
        entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await _announced(hass, entry_id, play.keys)
        entry_id = await hass.enable_ruview(entry_id, play.keys, host=server.host, port=server.port, token=server.token)
        stack.push_async_callback(hass.rest, "DELETE", f"/api/config/config_entries/entry/{entry_id}")
        # From here on: entity ids are given again when an entry is gone, and another story may have had these.
        played = Played(await stack.enter_async_context(keep_diary(hass)), await _entities(hass, entry_id))

        def is_over(_: Diary) -> bool:
            return all(played.went(*went) for went in play.states) and all(map(played.happened, play.events))

        await played.diary.until(is_over, play.seconds)
        # An event and the state that shows it come by different ways.
        await asyncio.sleep(0.5)
        return played


@pytest.fixture(scope="module")
async def played(hass: HomeAssistant, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """Play all stories, some at a time."""
    folder = tmp_path_factory.mktemp("stories")
    places = asyncio.Semaphore(_AT_A_TIME)

    async def play(name: str) -> Played:
        async with places:
            return await _play(hass, folder / name, PLAYS[name])

    async with asyncio.TaskGroup() as group:
        plays = {name: group.create_task(play(name)) for name in PLAYS}
    return {name: task.result() for name, task in plays.items()}


def _explains(played: Played, key: str) -> None:
    """Check that the state said how sure it was, and why."""
    for attributes in played.attributes(key, ON):
        # 0 while hysteresis alone holds it.
        assert 0 <= attributes["confidence"] <= 1
        assert attributes["reason"]
        assert all(isinstance(reason, str) for reason in attributes["reason"])


def _last_event(played: Played, key: str, event_type: str) -> dict[str, Any]:
    """Return the attributes of the last event that an event entity showed."""
    shown: list[dict[str, Any]] = [
        state["attributes"]
        for entity_id in played.entities[key]
        for state in played.diary.states[entity_id]
        if state["attributes"].get("event_type") == event_type
    ]
    assert shown, f"{key} never showed {event_type}"
    return shown[-1]


async def test_someone_sleeping(played: dict[str, Played]) -> None:
    """Somebody goes to bed and lies still, breathing, for more than five minutes: asleep. Then walks about: awake."""
    night = played["sleeping"]
    assert night.went("someone_sleeping", OFF, ON, OFF)
    _explains(night, "someone_sleeping")
    assert any(8 <= rate <= 20 for rate in night.numbers("breathing_rate"))


async def test_possible_distress(played: dict[str, Played]) -> None:
    """A heart beats at rest for a quarter of an hour, then twice as fast for five minutes while its owner moves about.

    The state leaves five minutes after the heart has slowed down. The heart rate is what a simulated firmware reports.
    """
    assert played["distress"].went("possible_distress", OFF, ON, OFF)
    _explains(played["distress"], "possible_distress")


async def test_room_active(played: dict[str, Played]) -> None:
    """Somebody walks about in an empty room: it is in use. Ten minutes after everybody has left, it is not."""
    assert played["active"].went("room_active", OFF, ON, OFF)
    _explains(played["active"], "room_active")


async def test_elderly_inactivity_anomaly(played: dict[str, Played]) -> None:
    """Somebody sits without stirring for much longer than is usual in the room. Moving again ends it."""
    assert played["still"].went("elderly_inactivity_anomaly", OFF, ON, OFF)
    _explains(played["still"], "elderly_inactivity_anomaly")


async def test_meeting_in_progress(played: dict[str, Played]) -> None:
    """Three people come one after the other, and talk at a table for a quarter of an hour. Then they go."""
    assert played["meeting"].went("meeting_in_progress", OFF, ON, OFF)
    assert max(played["meeting"].numbers("person_count")) >= 2
    _explains(played["meeting"], "meeting_in_progress")


async def test_bathroom_occupied(played: dict[str, Played]) -> None:
    """Somebody goes into a room that is tagged bathroom, and leaves it. A room without the tag has no such entity."""
    assert played["bathroom"].went("bathroom_occupied", OFF, ON, OFF)
    _explains(played["bathroom"], "bathroom_occupied")
    assert "bathroom_occupied" not in played["active"].entities


async def test_fall_risk_elevated(played: dict[str, Played]) -> None:
    """Somebody walks unsteadily and stumbles again and again: the risk rises past 70 %, and an event tells so once.

    It begins low: who has just moved in has no past.
    """
    unsteady = played["unsteady"]
    risks = unsteady.numbers("fall_risk_elevated")
    assert any(low <= 70 < high for low, high in pairwise(risks)), risks
    assert unsteady.happened("fall_risk_elevated")[0]["entity_id"] in unsteady.entities["fall_risk_elevated"]
    assert not played["active"].happened("fall_risk_elevated")


async def test_bed_exit(played: dict[str, Played]) -> None:
    """Somebody sleeps in a bedroom and leaves it between 22:00 and 06:00: an event. Who sleeps elsewhere: none."""
    night = played["bed_exit"]
    assert night.happened("bed_exit")
    assert _last_event(night, "bed_exit", "bed_exit")["reason"]
    assert "bed_exit" not in played["sleeping"].entities
    assert not played["sleeping"].happened("bed_exit")


async def test_no_movement(played: dict[str, Played]) -> None:
    """Somebody is there and does not move for half an hour. The first steps afterwards end it."""
    assert played["still"].went("no_movement", OFF, ON, OFF)
    _explains(played["still"], "no_movement")


async def test_multi_room_transition(played: dict[str, Played]) -> None:
    """Somebody goes from one room to the next, and back. Who stays in one room causes no event."""
    ways = {(way["data"]["from"], way["data"]["to"]) for way in played["two_rooms"].happened("transition")}
    assert ways
    assert ways <= {("living_room", "study"), ("study", "living_room")}
    assert _last_event(played["two_rooms"], "multi_room_transition", "transition")["from"] in {"living_room", "study"}
    assert not played["active"].happened("transition")


async def test_fall(played: dict[str, Played]) -> None:
    """Somebody falls and lies still. Who only walks about does not.

    Who lies down briskly may still be taken for somebody who falls: see docs/accuracy.md.
    """
    fall = played["fall"]
    assert fall.happened("fall_detected")
    assert _last_event(fall, "fall", "fall_detected")["reason"]
    assert not played["active"].happened("fall_detected")


async def test_unknown_presence(played: dict[str, Played]) -> None:
    """Somebody comes into a room that nobody is linked to: an event. While one who lives there is home: none."""
    happened = played["active"].happened("unknown_presence")
    assert happened
    assert happened[0]["data"]["person_aware"] is False
    assert _last_event(played["active"], "activity", "unknown_presence")["person_aware"] is False
    assert played["expected"].went("presence", OFF, ON)
    assert not played["expected"].happened("unknown_presence")


async def test_unexpected_occupancy(played: dict[str, Played]) -> None:
    """Somebody stays for a minute while the schedule expects nobody: an event. While it expects people: none."""
    happened = played["unexpected"].happened("unexpected_occupancy")
    assert happened
    assert happened[0]["data"]["schedule_aware"] is True
    assert _last_event(played["unexpected"], "activity", "unexpected_occupancy")["schedule_aware"] is True
    assert not played["expected"].happened("unexpected_occupancy")


async def test_unrecognized_activity_pattern(played: dict[str, Played]) -> None:
    """Nothing is unlike itself in the room's first week, whatever happens: there is no history to be unlike of."""
    assert not any(play.happened("unrecognized_activity_pattern") for play in played.values())
