"""The whole story of the named events: from packets of a real node to real automations, on every way there is.

A recording of an empty room into which somebody walks is replayed over and over, faster than life.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import DAYS, TRACKER, AddServer

from devkit.hass import HomeAssistant
from devkit.recordings import join_as_jsonl, missing
from devkit.server import RuViewServer
from devkit.waiting import until

EMPTY = "presence_esp32_pulse/vacio_01.npz"
WALKING = "presence_esp32_pulse/mov_01.npz"
# Nothing is told in the first minute. Then somebody stays for more than one.
EMPTY_THEN_WALKING = (EMPTY,) * 3 + (WALKING,) * 2

pytestmark = [
    pytest.mark.usefixtures("no_entries_left"),
    pytest.mark.skipif(missing(EMPTY, WALKING) is not None, reason=str(missing(EMPTY, WALKING))),
]

SPEED = 10
# Empty, walking, and empty again: presence rises once in this time.
CYCLE_S = 5 * 60 / SPEED

PRESENCE = "binary_sensor.node_1_presence"
ACTIVITY = "event.node_1_activity"
WAYS = {"trigger", "device_trigger", "event_entity", "bus", "blueprint"}
DONE = "test_story"


class Story:
    """What automations did: which event they were told of, on which way, and what was said."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[dict[str, Any]] = []

    def ways(self, event_type: str) -> list[str]:
        """Return the ways on which an event was told, in no order."""
        return sorted(told["way"] for told in self.told if told["type"] == event_type)


def _automations(device_id: str, event_type: str) -> dict[str, dict[str, Any]]:
    """Return an automation for each way to an event, but for blueprints."""
    done = {"way": "{{ trigger.id }}", "type": event_type}
    ways: dict[str, tuple[dict[str, Any], str]] = {
        "trigger": (
            {"trigger": f"ruview.{event_type}", "target": {"device_id": device_id}},
            "{{ trigger.data }}",
        ),
        "device_trigger": (
            {"trigger": "device", "domain": "ruview", "device_id": device_id, "type": event_type},
            "{{ trigger.event.data.data }}",
        ),
        "event_entity": (
            {
                "trigger": "state",
                "entity_id": ACTIVITY,
                "not_from": ["unavailable"],
                "not_to": ["unavailable", "unknown"],
            },
            "{{ trigger.to_state.attributes }}",
        ),
        "bus": (
            {"trigger": "event", "event_type": "ruview_event", "event_data": {"type": event_type}},
            "{{ trigger.event.data.data }}",
        ),
    }
    of_this_type = {"condition": "state", "entity_id": ACTIVITY, "attribute": "event_type", "state": event_type}
    return {
        way: {
            "alias": f"{event_type} by {way}",
            "triggers": [trigger | {"id": way}],
            "conditions": [of_this_type] if way == "event_entity" else [],
            "actions": [{"event": DONE, "event_data_template": done | {"said": said}}],
            "mode": "queued",
        }
        for way, (trigger, said) in ways.items()
    }


def _of_the_blueprint(device_id: str) -> dict[str, Any]:
    """Return an automation of the blueprint that tells of unknown presence."""
    said = {"way": "blueprint", "type": "unknown_presence", "said": {"message": "{{ message }}", "room": "{{ room }}"}}
    inputs = {
        "rooms": {"device_id": device_id},
        "actions": [{"event": DONE, "event_data_template": said}],
    }
    path = "ruview/unknown_presence_notification.yaml"
    return {"alias": "unknown_presence by blueprint", "use_blueprint": {"path": path, "input": inputs}}


@contextlib.asynccontextmanager
async def _story(hass: HomeAssistant, automations: dict[str, dict[str, Any]]) -> AsyncIterator[Story]:
    """Run automations, and write down what they do."""
    story = Story()

    async def listen() -> None:
        async with hass.websocket() as socket:
            async for event in socket.events(DONE):
                story.told.append(event["data"])

    async def all_are_on() -> bool:
        return list((await hass.states("automation.")).values()) == ["on"] * len(automations)

    listener = asyncio.create_task(listen())
    for name, automation in automations.items():
        await hass.rest("POST", f"/api/config/automation/config/{name}", automation)
    try:
        await until(all_are_on, 10)
        yield story
    finally:
        listener.cancel()
        for name in automations:
            await hass.rest("DELETE", f"/api/config/automation/config/{name}")


@pytest.fixture
async def server(serve: AddServer, tmp_path: Path) -> AsyncIterator[RuViewServer]:
    """Replay the recording for ever."""
    recording = tmp_path / "empty-then-walking.jsonl.gz"
    join_as_jsonl(EMPTY_THEN_WALKING, recording)
    async with serve("replay", recording, "--speed", str(SPEED), "--loop") as running:
        yield running


async def _node(hass: HomeAssistant) -> str:
    """Return Home Assistant's id of the node."""

    async def is_there() -> bool:
        return any(entity["entity_id"] == ACTIVITY for entity in await hass.ruview_entities())

    await until(is_there, 30)
    entities = await hass.ruview_entities()
    return str(next(entity["device_id"] for entity in entities if entity["entity_id"] == ACTIVITY))


async def test_nobody_is_linked(hass: HomeAssistant, server: RuViewServer) -> None:
    """Whoever comes counts: every way leads to an automation, once, and none fires for the other events."""
    entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
    node = await _node(hass)
    await hass.install_blueprints(entry_id)
    await hass.wait_for_state(PRESENCE, "off", seconds=CYCLE_S + 20)
    automations = {
        **_automations(node, "unknown_presence"),
        "blueprint": _of_the_blueprint(node),
        "never": _automations(node, "unexpected_occupancy")["trigger"],
    }
    async with _story(hass, automations) as story:

        async def is_told() -> bool:
            return set(story.ways("unknown_presence")) == WAYS

        await until(is_told, CYCLE_S + 20)
        assert story.ways("unknown_presence") == sorted(WAYS), "one event, once on each way"
        assert not story.ways("unexpected_occupancy"), "no schedule, no expectation"
    for told in story.told:
        if told["way"] == "blueprint":
            assert told["said"] == {"message": "Somebody came. Who is at home is not known here.", "room": "Node 1"}
        else:
            assert told["said"]["person_aware"] is False, told

    async def is_in_the_logbook() -> bool:
        begin = "2020-01-01T00:00:00+00:00"
        lines = await hass.command(type="logbook/get_events", start_time=begin, device_ids=[node])
        said = "somebody came; who is home is not known here"
        return ("Node 1", said) in {(line["name"], line["message"]) for line in lines if "message" in line}

    # As soon as the recorder has written it down.
    await until(is_in_the_logbook, 15)


async def test_somebody_is_linked(hass: HomeAssistant, server: RuViewServer, alice: str, never: str) -> None:
    """Alice is away and the schedule is empty: who comes is unknown and unexpected. Then she is home."""
    entry_id = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
    node = await _node(hass)
    await hass.install_blueprints(entry_id)
    made = await hass.fill_in_room(
        entry_id, name="Study", nodes=["node_1"], persons=[alice], schedule=never, hold_time=10
    )
    assert made["type"] == "create_entry", made
    told = {"unknown_presence": "person_aware", "unexpected_occupancy": "schedule_aware"}
    automations = {
        f"{event_type}_{way}": automation
        for event_type in told
        for way, automation in _automations(node, event_type).items()
    }
    async with _story(hass, {**automations, "blueprint": _of_the_blueprint(node)}) as story:

        async def is_told() -> bool:
            unknown, unexpected = (set(story.ways(event_type)) for event_type in told)
            return unknown == WAYS and unexpected == WAYS - {"blueprint"}

        await until(is_told, 2 * CYCLE_S + 20)
        for said in story.told:
            if said["way"] == "blueprint":
                assert said["said"]["message"] == "Somebody came while nobody linked to this room was at home."
            else:
                assert said["said"][told[said["type"]]] is True, said

        # Alice comes home, and her schedule expects her all day: from then on nothing is told.
        await hass.rest("POST", f"/api/states/{TRACKER}", {"state": "home", "attributes": {"source_type": "router"}})
        await hass.wait_for_state(alice, "home")
        (schedule,) = [item for item in await hass.command(type="schedule/list") if item["name"] == "Never"]
        all_day = {day: [{"from": "00:00:00", "to": "24:00:00"}] for day in DAYS}
        await hass.command(type="schedule/update", schedule_id=schedule["id"], name="Never", **all_day)
        await hass.wait_for_state(never, "on")
        await hass.wait_for_state(PRESENCE, "off", seconds=CYCLE_S + 20)
        story.told.clear()
        await hass.wait_for_state(PRESENCE, "on", seconds=CYCLE_S + 20)
        await hass.wait_for_state(PRESENCE, "off", seconds=CYCLE_S + 20)
        assert not story.told


def _let_weeks_pass(data_dir: Path, weeks: int = 8) -> None:
    """Let a server remember that nobody was ever there for so long: to replay it would take an hour."""
    with contextlib.closing(sqlite3.connect(data_dir / "ruview.db")) as store, store:
        ((key, text),) = store.execute("SELECT key, json FROM record WHERE kind = 'room'").fetchall()
        room = json.loads(text)
        hours = 7 * 24
        # How each hour of a week was shared among empty, still, moving and busy.
        room["anomaly"] |= {"cells": [[weeks, 0, 0, 0]] * hours, "learnt": weeks * hours, "hour": None}
        store.execute("UPDATE record SET json = ? WHERE kind = 'room' AND key = ?", (json.dumps(room), key))


async def test_unlike_itself(hass: HomeAssistant, serve: AddServer, tmp_path: Path) -> None:
    """A room in which nobody ever was sees somebody walk for minutes: every way leads to an automation, once."""
    recording = tmp_path / "long-walk.jsonl.gz"
    join_as_jsonl((EMPTY,) * 3 + (WALKING,) * 6, recording)
    arguments = ("replay", recording, "--speed", "20", "--persist")
    async with serve(*arguments) as server:
        await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        node = await _node(hass)
        port = server.port
    _let_weeks_pass(tmp_path / "server")
    async with _story(hass, _automations(node, "unrecognized_activity_pattern")) as story, serve(*arguments, port=port):

        async def is_told() -> bool:
            return set(story.ways("unrecognized_activity_pattern")) == WAYS - {"blueprint"}

        await until(is_told, 60)
        assert len(story.told) == len(WAYS) - 1
        assert all(told["said"]["anomaly_score"] >= 0.7 for told in story.told)
