"""Frames: the golden ones, and those that are wrong."""

import json
from typing import Any

import pytest

from custom_components.ruview.api.catalog import ENTITY_OPTIONS, DataSource, EntityKey, EventType, Service
from custom_components.ruview.api.errors import ProtocolError
from custom_components.ruview.api.frames import (
    AuthInvalid,
    AuthRequired,
    Command,
    Result,
    Resync,
    auth_frame,
    command_frame,
    parse_frame,
    service_arguments,
)
from custom_components.ruview.api.models import (
    ConfigUpdated,
    Device,
    DeviceUpdated,
    Entity,
    EntityUpdated,
    Event,
    ServerInfo,
    Snapshot,
    State,
    StateChanged,
)
from custom_components.ruview.coordinator import REFUSALS

from .golden import golden, kinds, names

SERVER_ID = "4f6c1f0e-9d0e-4b52-8a53-2f6f4c9a7d11"
SNAPSHOTS = tuple(name for name in names("server") if name.startswith("server_snapshot"))
NODE = Device(
    id="node_1",
    kind="node",
    name="Node 1",
    manufacturer="Espressif",
    model="ESP32 CSI node",
    sw_version=None,
    via_device_id=SERVER_ID,
)
PRESENCE = Entity(
    entity_id="binary_sensor.node_1_presence",
    unique_id=f"{SERVER_ID}_node_1_presence",
    device_id="node_1",
    key="presence",
    domain="binary_sensor",
    enabled_default=True,
)

PARSED: dict[str, object] = {
    "server_config_updated": ConfigUpdated(privacy_class=3, privacy_mode=True),
    "server_auth_invalid": AuthInvalid(),
    "server_auth_ok": ServerInfo(
        server_id=SERVER_ID,
        name="RuView",
        version="0.1.0",
        api=1,
        privacy_class=2,
        privacy_mode=False,
        capabilities=tuple(golden("server_auth_ok")["capabilities"]),
    ),
    "server_auth_required": AuthRequired(api=1),
    "server_device_registry_updated": DeviceUpdated(device_id="node_1", device=NODE),
    "server_entity_registry_updated": EntityUpdated(entity_id="binary_sensor.node_1_presence", entity=PRESENCE),
    "server_event": Event(
        event_type="unknown_presence",
        device_id="node_1",
        entity_id="event.node_1_activity",
        data={"person_aware": False, "reason": ["motion"]},
    ),
    "server_event_calibration": Event(
        event_type="calibration_finished",
        device_id="node_1",
        entity_id="sensor.node_1_calibration",
        data={"outcome": "refused", "reason": ["motion"], "version": None},
    ),
    "server_result": Result(id=1),
    "server_resync": Resync(),
    "server_state_changed": StateChanged(
        entity_id="binary_sensor.node_1_presence",
        state=State(
            entity_id="binary_sensor.node_1_presence",
            state="on",
            attributes={"reason": ["motion"], "calibration": "self-1"},
        ),
    ),
    "server_state_changed_duplicate": StateChanged(
        entity_id="sensor.node_1_data_source",
        state=State(entity_id="sensor.node_1_data_source", state="live", attributes={"duplicate_id": True}),
    ),
    "server_state_removed": StateChanged(entity_id="binary_sensor.node_1_presence", state=None),
}


@pytest.mark.parametrize("name", PARSED)
def test_server_frame(name: str) -> None:
    assert parse_frame(json.dumps(golden(name))) == PARSED[name]


@pytest.mark.parametrize("name", ["server_config", "server_diagnostics", "server_events"])
def test_result_frame(name: str) -> None:
    frame = golden(name)
    assert parse_frame(json.dumps(frame)) == Result(id=frame["id"], value=frame["result"])


def test_error_frame() -> None:
    frame = parse_frame(json.dumps(golden("server_error")))
    assert isinstance(frame, Result)
    assert frame.id == 6
    assert frame.error is not None
    assert frame.error.code == "unknown_command"
    assert str(frame.error) == "unknown_command: there is no command 'dance'"


def test_service_error_frame() -> None:
    frame = parse_frame(json.dumps(golden("server_service_error")))
    assert isinstance(frame, Result)
    assert frame.error is not None
    assert frame.error.code == "room_not_empty"
    assert frame.error.code in REFUSALS


def test_snapshot_frame() -> None:
    snapshot = parse_frame(json.dumps(golden("server_snapshot")))
    assert isinstance(snapshot, Snapshot)
    assert snapshot.devices.keys() == {SERVER_ID, "node_1"}
    assert snapshot.devices["node_1"] == NODE
    assert snapshot.entities[PRESENCE.entity_id] == PRESENCE
    assert snapshot.states.keys() == snapshot.entities.keys()
    assert snapshot.states["sensor.node_1_motion_level"].state == "3.2"


def test_snapshot_frame_of_a_monitor() -> None:
    snapshot = parse_frame(json.dumps(golden("server_snapshot_monitor")))
    assert isinstance(snapshot, Snapshot)
    assert snapshot.devices["monitor_attic"].model == "Beamforming feedback monitor"
    assert snapshot.states["sensor.monitor_attic_bfld_identity_risk"].attributes == {"calibrated": False}


def test_all_server_frames_are_tested() -> None:
    others = {"server_config", "server_diagnostics", "server_events", "server_error", "server_service_error"}
    assert {*PARSED, *SNAPSHOTS, *others} == {*names("server")}


def test_catalog_is_the_engines() -> None:
    assert [kind["key"] for kind in kinds()] == list(EntityKey)
    options = {kind["key"]: tuple(kind["options"]) for kind in kinds() if kind["options"]}
    assert options == ENTITY_OPTIONS
    assert options[EntityKey.DATA_SOURCE] == tuple(DataSource)
    assert options[EntityKey.ACTIVITY] == tuple(EventType)


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshots_are_of_the_catalog(name: str) -> None:
    catalog = {kind["key"]: kind for kind in kinds()}
    for entity in golden(name)["event"]["entities"]:
        kind = catalog[entity["key"]]
        described = {key: entity[key] for key in kind if key not in {"says", "enabled_default"}}
        assert described.items() <= kind.items(), entity["entity_id"]


@pytest.mark.parametrize("name", [*names("client"), *names("service")])
def test_client_frame(name: str) -> None:
    expected = golden(name)
    if name == "client_auth":
        built = auth_frame("an-example-token")
    elif expected["type"] == Command.CALL_SERVICE:
        arguments = service_arguments(Service(expected["service"]), expected["data"])
        built = command_frame(expected["id"], Command.CALL_SERVICE, arguments)
    else:
        arguments = {key: value for key, value in expected.items() if key not in {"id", "type"}}
        built = command_frame(expected["id"], Command(name.removeprefix("client_")), arguments)
    assert json.loads(json.dumps(built)) == expected


def test_every_service_has_a_golden_frame() -> None:
    frames = [golden(name) for name in ("client_call_service", *names("service"))]
    assert sorted(frame["service"] for frame in frames) == sorted(Service)


def test_every_command_has_a_golden_frame() -> None:
    assert [f"client_{command}" for command in sorted(Command)] == [n for n in names("client") if n != "client_auth"]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "weather", "rain": True},
        {"id": 1, "type": "event", "event": {"type": "weather"}},
    ],
)
def test_unknown_types_are_none(frame: dict[str, Any]) -> None:
    assert parse_frame(json.dumps(frame)) is None


def test_unknown_fields_are_ignored() -> None:
    frame = golden("server_state_changed") | {"weather": 1}
    frame["event"]["state"]["mood"] = None
    assert parse_frame(json.dumps(frame)) == PARSED["server_state_changed"]


def _changed(name: str, path: list[str | int], value: object) -> str:
    """Return a golden frame with one value replaced, or removed when it is Ellipsis."""
    frame = golden(name)
    place: Any = frame
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(frame)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "frame: expected JSON, found JSONDecodeError"),
        ("{", "frame: expected JSON, found JSONDecodeError"),
        ("[" * 200_000, "frame: expected JSON, found RecursionError"),
        ("[]", "frame: expected dict, found list"),
        ('{"id": 1}', "frame.type: expected str, found nothing"),
        ('{"type": 7}', "frame.type: expected str, found int"),
        ('{"type": "event", "event": "snapshot"}', "frame.event: expected dict, found str"),
        (_changed("server_auth_required", ["api"], True), "auth_required.api: expected int, found bool"),
        (_changed("server_auth_ok", ["server_id"], None), "auth_ok.server_id: expected str, found NoneType"),
        (_changed("server_auth_ok", ["capabilities"], [1]), "auth_ok.capabilities: expected list of str, found int"),
        (_changed("server_result", ["id"], "1"), "result.id: expected int, found str"),
        (_changed("server_error", ["error", "code"], ...), "error.code: expected str, found nothing"),
        (_changed("server_snapshot", ["event", "devices"], {}), "snapshot.devices: expected list, found dict"),
        (_changed("server_snapshot", ["event", "states", 0], "on"), "state: expected dict, found str"),
        (_changed("server_snapshot", ["event", "entities", 1, "unique_id"], 4), "entity.unique_id: expected str"),
        (
            _changed("server_snapshot", ["event", "entities", 1, "enabled_default"], 1),
            "entity.enabled_default: expected bo",
        ),
        (_changed("server_device_registry_updated", ["event", "device", "model"], 4), "device.model: expected str"),
        (_changed("server_state_changed", ["event", "state"], "on"), "state_changed.state: expected dict"),
        (_changed("server_state_changed", ["event", "state", "state"], 1), "state.state: expected str, found int"),
        (_changed("server_event", ["event", "data"], None), "event.data: expected dict, found NoneType"),
    ],
)
def test_wrong_frames(text: str, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        parse_frame(text)
    assert str(error.value).startswith(message)
