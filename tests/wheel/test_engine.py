"""The engine in this process: what it tells, what it answers, and what it refuses."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import math
import pickle
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from esp32 import send
from running import wait_until
from wifi_densepose import PrivacyClass
from wifi_densepose.engine import (
    CommandError,
    Engine,
    EngineError,
    Event,
    Live,
    Replay,
    ServiceError,
    Simulate,
    Subscription,
)

_ROOT = Path(__file__).parents[2]
_RECORDING = _ROOT.parent / "shared/data/esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz"
_GOLDEN = _ROOT / "tests/golden/ws_v1"
_FREE = "127.0.0.1:0"


class Heard:
    """What a subscriber was told, and what it knows from that."""

    def __init__(self) -> None:
        """Begin without anything."""
        self.events: list[Event] = []
        self.states: dict[str, Any] = {}
        self.entities: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Take an event in, as a client of the WebSocket API does."""
        match event:
            case {"type": "snapshot", "states": states, "entities": entities}:
                self.states = {state["entity_id"]: state for state in states}
                self.entities = {entity["entity_id"]: entity for entity in entities}
            case {"type": "state_changed", "entity_id": entity_id, "state": state}:
                self.states[entity_id] = state
            case {"type": "entity_registry_updated", "entity_id": entity_id, "entity": entity}:
                self.entities[entity_id] = entity
        self.events.append(event)

    @property
    def types(self) -> list[str]:
        """The type of every event."""
        return [event["type"] for event in self.events]

    @property
    def known(self) -> dict[str, Any]:
        """The states that there are."""
        return {entity_id: state for entity_id, state in self.states.items() if state is not None}


def _rejected(engine: Engine) -> dict[str, int]:
    counted = engine.get_diagnostics()["counters"]["packets_rejected"]
    return {reason: count for reason, count in counted.items() if count}


@pytest.fixture
def simulated() -> Iterator[Engine]:
    """Play the demonstration as fast as it can be computed."""
    with Engine(Simulate(speed=math.inf)) as engine:
        yield engine


@pytest.fixture
def recording() -> Path:
    """Two nodes for two minutes."""
    if not _RECORDING.exists():
        pytest.skip(f"no recording at {_RECORDING}")
    return _RECORDING


def test_packets_become_states() -> None:
    heard = Heard()
    with Engine(Live(udp_bind=_FREE), name="Attic") as engine:
        engine.subscribe(heard)
        assert engine.udp_address is not None
        send(engine.udp_address, 3)
        wait_until(lambda: "sensor.node_7_data_source" in heard.known, "the node is heard")
        assert heard.known["sensor.node_7_data_source"]["state"] == "live"
        assert heard.types[0] == "snapshot"
        assert heard.events[0]["devices"][0]["name"] == "Attic"
        diagnostics = engine.get_diagnostics()
        assert diagnostics["counters"]["packets_accepted"] == 3
        assert [node["id"] for node in diagnostics["nodes"]] == ["node_7"]
    assert not engine.is_running
    assert engine.udp_address is None


def test_strangers_are_not_heard() -> None:
    with Engine(Live(udp_bind=_FREE, udp_allow=["10.0.0.0/8"])) as engine:
        assert engine.udp_address is not None
        send(engine.udp_address, 3)
        wait_until(lambda: _rejected(engine) == {"foreign_source": 3}, "the packets are refused")
        assert engine.get_diagnostics()["nodes"] == []


def test_radios_have_names_and_addresses() -> None:
    with Engine(Live(udp_bind=None, nexmon={"attic": _FREE, "cellar": _FREE})) as engine:
        assert engine.udp_address is None
        addresses = engine.nexmon_addresses
        assert sorted(addresses) == ["attic", "cellar"]
        send(addresses["cellar"], 1)
        wait_until(lambda: sum(_rejected(engine).values()) == 1, "what is no packet of a radio is refused")


def _play(recording: Path) -> tuple[Heard, list[dict[str, Any]]]:
    heard = Heard()
    engine = Engine(Replay(recording, speed=math.inf), source_times=True, timezone="UTC")
    engine.subscribe(heard)
    with engine:
        assert engine.wait(60)
        states = engine.get_states()
        end = {state["entity_id"]: state for state in states}
        wait_until(lambda: heard.known == end, "the subscriber knows what there is")
    return heard, states


def test_a_recording_says_the_same_every_time(recording: Path) -> None:
    (first, states), (second, again) = _play(recording), _play(recording)
    assert states == again
    assert {state["entity_id"].split(".")[1][:6] for state in states} == {"node_1", "node_2"}
    # Registries name the engine, which has no directory and is somebody else every time.
    changes = [
        [event for event in heard.events if event["type"] in ("state_changed", "event")] for heard in (first, second)
    ]
    assert changes[0] == changes[1]
    assert len(changes[0]) > 100


def test_events_look_as_those_of_the_websocket_api(recording: Path) -> None:
    heard, _ = _play(recording)
    found = {event["type"]: event for event in heard.events}
    for kind in ("snapshot", "state_changed", "entity_registry_updated"):
        golden = json.loads((_GOLDEN / f"server_{kind}.json").read_text())["event"]
        assert found[kind].keys() == golden.keys()
    golden = json.loads((_GOLDEN / "server_snapshot.json").read_text())["event"]["states"][0]
    assert found["state_changed"]["state"].keys() == golden.keys()


def test_a_story_is_played_and_says_that_it_is_one(simulated: Engine) -> None:
    wait_until(simulated.get_states, "there are states")
    sources = [state["state"] for state in simulated.get_states() if state["entity_id"].endswith("data_source")]
    assert sources == ["simulated"]
    assert simulated.get_config()["source"] == "simulated"
    assert not simulated.wait(0)


def test_a_story_has_the_nodes_and_the_time_that_it_is_told() -> None:
    start = datetime(2026, 1, 15, 22, 30, tzinfo=timezone.utc)
    source = Simulate("empty", nodes=3, packet_rate_hz=10, seed=4, start=start, speed=math.inf)
    heard = Heard()
    engine = Engine(source, source_times=True)
    engine.subscribe(heard)
    with engine:
        wait_until(lambda: "sensor.node_3_last_seen" in heard.known, "three nodes")
    first = next(event for event in heard.events if event["type"] == "state_changed")
    assert first["state"]["last_changed"].startswith("2026-01-15T22:30:0")


def test_services(simulated: Engine) -> None:
    wait_until(lambda: simulated.get_diagnostics()["nodes"], "a node")
    rooms = [{"id": "den", "name": "Den", "nodes": ["node_1"]}]
    simulated.call("ruview", "set_rooms", {"rooms": rooms})
    simulated.call("ruview", "set_context", {"room_id": "den", "known_home": True, "expected": None})
    with pytest.raises(ServiceError) as refused:
        simulated.call("ruview", "set_rooms", {"rooms": [{"id": "den", "name": "Den", "nodes": [1]}]})
    error = refused.value
    assert (error.code, error.field) == ("invalid_data", "rooms[0].nodes[0]")
    assert "a string" in error.expected
    assert "1" in error.found
    assert str(error) == f"invalid_data: rooms[0].nodes[0]: expected {error.expected}, found {error.found}"
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.field, again.expected, again.found) == (
        error.code,
        error.field,
        error.expected,
        error.found,
    )
    for domain, service, code in [("light", "turn_on", "unknown_service"), ("ruview", "dance", "unknown_service")]:
        with pytest.raises(ServiceError) as refused:
            simulated.call(domain, service)
        assert refused.value.code == code
    with pytest.raises(ServiceError, match="not_found: node_id"):
        simulated.call("ruview", "reset_baseline", {"node_id": "node_99"})


@pytest.mark.parametrize("data", [{"x": math.nan}, {"x": object()}, {"x": b""}, {1: {2: {(3,): 4}}}])
def test_what_is_no_json_is_refused(simulated: Engine, data: Any) -> None:
    with pytest.raises(ValueError, match="call_service: expected values that JSON has"):
        simulated.call("ruview", "calibrate", data)


def test_commands(simulated: Engine) -> None:
    assert simulated.command("ping") is None
    assert simulated.get_config()["server_id"] == simulated.server_id
    assert simulated.get_events(limit=5) == []
    for name, code in [("dance", "unknown_command"), ("subscribe", "unknown_command")]:
        with pytest.raises(CommandError) as refused:
            simulated.command(name)
        assert refused.value.code == code
    with pytest.raises(CommandError, match="invalid_format"):
        simulated.command("get_events", limit=-1)
    with pytest.raises(CommandError, match="invalid_format"):
        simulated.get_events(since=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is wrong with it


def test_nothing_withheld_is_told_from_the_moment_on() -> None:
    heard = Heard()
    biometric = "breathing_rate"
    with Engine(Simulate(speed=200)) as engine:
        engine.subscribe(heard)
        wait_until(lambda: f"sensor.node_1_{biometric}" in heard.known, "a breathing rate", 60)
        engine.call("ruview", "set_privacy_class", {"privacy_class": 3})
        assert not [state for state in engine.get_states() if biometric in state["entity_id"]]
        config = engine.get_config()
        assert (config["privacy_class"], config["privacy_mode"]) == (3, True)
        wait_until(lambda: "config_updated" in heard.types, "the subscriber hears of it")
        told = heard.types.index("config_updated")
        assert heard.events[told] == {"type": "config_updated", "privacy_class": 3, "privacy_mode": True}
        wait_until(lambda: heard.entities[f"sensor.node_1_{biometric}"] is None, "the entity goes")
        wait_until(lambda: len(heard.events) > told + 200, "the others go on")
        late = Heard()
        engine.subscribe(late)
        wait_until(lambda: late.events, "a snapshot")
    after = [event for event in heard.events[told + 1 :] if biometric in json.dumps(event)]
    assert all(event.get("state") is None and event.get("entity") is None for event in after), after
    assert biometric not in json.dumps(late.events)


def test_no_class_is_looser_than_the_configured_one() -> None:
    with Engine(Simulate(speed=50), privacy_class=PrivacyClass.Restricted) as engine:
        with pytest.raises(ServiceError, match="looser_class"):
            engine.call("ruview", "set_privacy_class", {"privacy_class": 2})
        assert engine.get_config()["privacy_class"] == 3


def test_a_directory_remembers(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    engine = Engine(Simulate(speed=50), data_dir=place)
    assert engine.server_id is None
    with engine:
        server_id = engine.server_id
        engine.call("ruview", "set_privacy_class", {"privacy_class": 3})
        wait_until(lambda: engine.get_diagnostics()["nodes"], "a node")
    assert engine.server_id == server_id
    with Engine(Simulate(), data_dir=str(place)) as again:
        assert again.server_id == server_id
        assert again.get_config()["privacy_class"] == 3
    assert (place / ".storage" / "core.entity_registry").exists()


def test_a_directory_has_one_engine(tmp_path: Path) -> None:
    with Engine(Simulate(), data_dir=tmp_path) as first:
        second = Engine(Simulate(), data_dir=tmp_path)
        with pytest.raises(EngineError, match=str(tmp_path)):
            second.start()
        assert first.is_running
        assert not second.is_running
    second.start()
    second.stop()


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(OSError, match=str(taken)) as refused:
        Engine(Simulate(), data_dir=taken).start()
    assert refused.value.errno in (errno.EEXIST, errno.ENOTDIR)
    damaged = tmp_path / "server.json"
    damaged.write_text("{}")
    with pytest.raises(EngineError, match=f"{damaged} is damaged"):
        Engine(Simulate(), data_dir=tmp_path).start()
    assert damaged.read_text() == "{}"


def test_an_address_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        engine = Engine(Live(udp_bind=address))
        heard = Heard()
        engine.subscribe(heard)
        with pytest.raises(OSError, match=address) as refused:
            engine.start()
        assert refused.value.errno == errno.EADDRINUSE
        assert not engine.is_running
    with engine:
        assert engine.udp_address == address
        wait_until(lambda: heard.events, "who subscribed before is told")


def test_a_recording_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Engine(Replay(tmp_path / "nowhere")).start()
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    nothing: list[Path | tuple[()]] = [empty, tmp_path, ()]
    for files in nothing:
        with pytest.raises(ValueError, match="record"):
            Engine(Replay(files)).start()


@pytest.mark.parametrize(
    ("error", "field", "make"),
    [
        (TypeError, "source: expected Live", lambda: Engine("live")),  # type: ignore[arg-type]
        (TypeError, "name: ", lambda: Engine(Simulate(), name=5)),  # type: ignore[arg-type]
        (ValueError, "name: ", lambda: Engine(Simulate(), name="")),
        (TypeError, "data_dir: ", lambda: Engine(Simulate(), data_dir=5)),  # type: ignore[arg-type]
        (ValueError, "privacy_class: ", lambda: Engine(Simulate(), privacy_class=PrivacyClass.Derived)),
        (TypeError, "privacy_class: ", lambda: Engine(Simulate(), privacy_class=2)),  # type: ignore[arg-type]
        (ValueError, "stale_after_s: expected 1 to 86400", lambda: Engine(Simulate(), stale_after_s=0)),
        (ValueError, "max_nodes: ", lambda: Engine(Simulate(), max_nodes=-1)),
        (ValueError, "timezone: ", lambda: Engine(Simulate(), timezone="Berlin")),
        (ValueError, "events_keep: ", lambda: Engine(Simulate(), events_keep=1)),
        (ValueError, "events_keep_days: ", lambda: Engine(Simulate(), events_keep_days=10**9)),
        (ValueError, "udp_bind: ", lambda: Engine(Live(udp_bind="localhost:5005"))),
        (ValueError, "udp_allow: ", lambda: Engine(Live(udp_allow=["10.0.0.0"]))),
        (TypeError, "udp_allow: ", lambda: Engine(Live(udp_allow="10.0.0.0/8"))),
        (ValueError, "nexmon: ", lambda: Engine(Live(nexmon={"At tic": _FREE}))),
        (ValueError, "nexmon: ", lambda: Engine(Live(nexmon={"attic": "x"}))),
        (ValueError, "source: expected udp_bind or nexmon", lambda: Engine(Live(udp_bind=None))),
        (ValueError, "speed: ", lambda: Engine(Replay("a", speed=0))),
        (ValueError, "speed: ", lambda: Engine(Replay("a", speed=math.nan))),
        (ValueError, "at_end: ", lambda: Engine(Replay("a", at_end="halt"))),  # type: ignore[arg-type]
        (ValueError, "nodes: expected 1 to 64", lambda: Engine(Simulate(nodes=0))),
        (ValueError, "packet_rate_hz: ", lambda: Engine(Simulate(packet_rate_hz=math.inf))),
        (TypeError, "seed: ", lambda: Engine(Simulate(seed="x"))),  # type: ignore[arg-type]
        (FileNotFoundError, "story: nothing", lambda: Engine(Simulate("nothing"))),
    ],
)
def test_arguments_that_are_wrong_are_named(error: type[Exception], field: str, make: Any) -> None:
    with pytest.raises(error, match=f"^(\\[Errno 2\\] )?{field}"):
        make()


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="start: expected a time with a time zone"):
        Engine(Simulate(start=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is what is wrong with it


def test_a_stopped_engine_answers_nothing() -> None:
    engine = Engine(Simulate())
    for ask in (engine.get_states, engine.get_config, engine.wait, lambda: engine.call("ruview", "calibrate")):
        with pytest.raises(EngineError, match="not running"):
            ask()
    assert (engine.is_running, engine.udp_address, engine.nexmon_addresses) == (False, None, {})
    assert "stopped" in repr(engine)


def test_starts_and_stops_are_idempotent_and_an_engine_starts_again() -> None:
    engine = Engine(Simulate(speed=50))
    engine.stop()
    for _ in range(3):
        heard = Heard()
        engine.start()
        engine.start()
        subscription = engine.subscribe(heard)
        wait_until(lambda heard=heard: heard.known, "states")  # type: ignore[misc]
        engine.stop()
        engine.stop()
        assert not subscription.is_active
        assert subscription.has_ended
        assert heard.types.count("snapshot") == 1


def test_two_engines_at_once() -> None:
    heard = [Heard(), Heard()]
    with Engine(Live(udp_bind=_FREE)) as one, Engine(Live(udp_bind=_FREE)) as other:
        assert one.udp_address != other.udp_address
        assert one.server_id != other.server_id
        for node, (engine, told) in enumerate(zip((one, other), heard, strict=True), 1):
            engine.subscribe(told)
            assert engine.udp_address is not None
            send(engine.udp_address, 2, node)
            wait_until(lambda: f"sensor.node_{node}_last_seen" in told.known, "its own node")  # noqa: B023
        assert "sensor.node_2_last_seen" not in heard[0].known


def test_unsubscribed_means_no_further_call() -> None:
    calls: list[Event] = []
    with Engine(Simulate(speed=50)) as engine, engine.subscribe(calls.append) as subscription:
        wait_until(lambda: calls, "a call")
        subscription()
        assert not subscription.is_active
        wait_until(lambda: subscription.has_ended, "its thread ends")
        told = len(calls)
        another = Heard()
        engine.subscribe(another)
        wait_until(lambda: len(another.events) > 50, "another one is told")
        assert len(calls) == told


def test_callbacks_have_a_thread_of_their_own() -> None:
    threads: set[threading.Thread] = set()
    with Engine(Simulate(speed=50)) as engine:
        for _ in range(2):
            engine.subscribe(lambda _event: threads.add(threading.current_thread()))
        wait_until(lambda: len(threads) == 2, "both are called")
    assert threading.current_thread() not in threads
    assert not [thread for thread in threads if thread.is_alive()]


async def test_events_of_a_task() -> None:
    engine = Engine(Simulate(speed=50))
    await asyncio.to_thread(engine.start)
    heard = Heard()
    async for event in engine.events():
        heard(event)
        if len(heard.events) == 100:
            await asyncio.to_thread(engine.stop)
    assert heard.types[0] == "snapshot"
    assert not engine.is_running


async def test_a_task_that_has_heard_enough_is_told_nothing_more() -> None:
    engine = Engine(Simulate(speed=50))
    engine.start()
    events = engine.events()
    assert (await anext(events))["type"] == "snapshot"
    subscription: Subscription = engine._subscriptions[0]
    await events.aclose()
    assert not subscription.is_active
    # Here, on the loop, which nothing of the engine may wait for.
    engine.stop()


async def test_stopping_on_the_loop_waits_for_nobody_who_waits_for_the_loop() -> None:
    engine = Engine(Simulate(speed=math.inf))
    others: list[Event] = []
    engine.start()
    events = engine.events()
    assert (await anext(events))["type"] == "snapshot"
    engine.subscribe(others.append)
    # More than a task is kept: the rest waits for this loop, which waits here.
    wait_until(lambda: len(others) > 600, "events")
    engine.stop()
    heard = [event async for event in events]
    assert "snapshot" not in [event["type"] for event in heard]


def test_what_the_engine_logs_is_in_the_log_of_python(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="wifi_densepose.engine"), Engine(Simulate(speed=50)) as engine:
        engine.call("ruview", "set_privacy_class", {"privacy_class": 3})
        said = 'the privacy class has changed class="restricted" privacy_mode=true'
        wait_until(lambda: said in [record.message for record in caplog.records], "it is logged")
    record = next(record for record in caplog.records if record.message == said)
    assert (record.name, record.levelname) == ("wifi_densepose.engine", "INFO")
