"""A home with every kind of entity that the engine's catalog has: a node, a room with a zone, and the server itself."""

from collections.abc import Iterable
from typing import Any

from .golden import golden, kinds

WHOLE_HOME = "whole_home"
NODE_ID = "node_1"
ROOM_ID = "room_bedroom"
ZONE_ID = "zone_bedroom_bed"

SURE = {"confidence": 0.9, "reason": ["motion<5%", "br=12/min"]}

# What a room knows and a node alone does not.
ROOM_KEYS = {
    "someone_sleeping",
    "possible_distress",
    "elderly_inactivity_anomaly",
    "meeting_in_progress",
    "bathroom_occupied",
    "fall_risk_elevated",
    "bed_exit",
    "no_movement",
}
SERVER_KEYS = {"multi_room_transition"}
# Those of a device that hangs on another: a zone, or somebody who is followed.
ZONE_KEYS = {"zone_occupancy", "tracked_person"}

# States and attributes that are not those of every entity of their kind.
STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "presence": ("off", {"reason": ["quiet"], "calibration": "self-1"}),
    "motion": ("off", {}),
    "motion_level": ("3.2", {}),
    "motion_energy": ("0.0125", {}),
    "person_count": ("2", {"confidence": 0.7}),
    "pose": ("1", {"persons": [{"track_id": 7, "keypoints": [[0.5, 0.25, 0.9]] * 17, "position": None}]}),
    "tracked_person": ("on", {}),
    "presence_score": ("87", {}),
    "rssi": ("-58", {}),
    "breathing_rate": ("14", {"confidence": 0.8}),
    "heart_rate": ("61", {"confidence": 0.4}),
    "zone_occupancy": ("on", {}),
    "someone_sleeping": ("on", SURE),
    "possible_distress": ("off", SURE),
    "room_active": ("off", SURE),
    "elderly_inactivity_anomaly": ("off", SURE),
    "meeting_in_progress": ("off", SURE),
    "bathroom_occupied": ("off", SURE),
    "fall_risk_elevated": ("35", SURE),
    "no_movement": ("off", SURE),
    "bfld_presence": ("on", {"reason": ["motion"], "calibration": "self-1"}),
    "bfld_motion": ("on", {}),
    "bfld_confidence": ("24.4", {}),
    "bfld_identity_risk": ("0.12", {"calibrated": False}),
    "data_source": ("replay", {}),
    "calibration": ("calibrating", {"progress": 40}),
    "last_seen": ("2026-11-21T10:00:00Z", {}),
}


def whole_home() -> dict[str, Any]:
    """Return a `snapshot` event of the whole home."""
    server, node = golden("server_snapshot")["event"]["devices"]
    made = {"manufacturer": "RuView", "sw_version": None}
    room = {**made, "id": ROOM_ID, "kind": "room", "name": "Bedroom", "model": "Room", "via_device_id": server["id"]}
    zone = {**made, "id": ZONE_ID, "kind": "zone", "name": "Bed", "model": "Zone", "via_device_id": ROOM_ID}
    entities = []
    for kind in kinds():
        key = kind["key"]
        device_id = _device_id(key, server["id"])
        described = {name: value for name, value in kind.items() if name != "says"}
        prefix = server["id"] if device_id == server["id"] else f"{server['id']}_{device_id}"
        entity_id = f"{kind['domain']}.{'ruview' if device_id == server['id'] else device_id}_{key}"
        entities.append({**described, "entity_id": entity_id, "unique_id": f"{prefix}_{key}", "device_id": device_id})
    states = [_state(entity) for entity in entities]
    # In no order: a client has to find out what is linked to what.
    return {"type": "snapshot", "devices": [zone, node, room, server], "entities": entities, "states": states}


def nodes(numbers: Iterable[int]) -> dict[str, Any]:
    """Return a `snapshot` event of the server and so many nodes, each with every entity of a node."""
    server, node = golden("server_snapshot")["event"]["devices"]
    own = [kind for kind in kinds() if kind["key"] not in SERVER_KEYS | ZONE_KEYS | {"pose"}]
    devices, entities = [server], []
    for number in numbers:
        device_id = f"node_{number}"
        devices.append({**node, "id": device_id, "name": f"Node {number}"})
        entities += [
            {
                **{name: value for name, value in kind.items() if name != "says"},
                "entity_id": f"{kind['domain']}.{device_id}_{kind['key']}",
                "unique_id": f"{server['id']}_{device_id}_{kind['key']}",
                "device_id": device_id,
            }
            for kind in own
        ]
    return {
        "type": "snapshot",
        "devices": devices,
        "entities": entities,
        "states": [_state(entity) for entity in entities],
    }


def as_messages(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events by which a server tells of the same, one after the other."""
    return [
        *(
            {"type": "device_registry_updated", "action": "create", "device_id": device["id"], "device": device}
            for device in snapshot["devices"]
        ),
        *(
            {
                "type": "entity_registry_updated",
                "action": "create",
                "entity_id": entity["entity_id"],
                "entity": entity,
            }
            for entity in snapshot["entities"]
        ),
        *({"type": "state_changed", "entity_id": state["entity_id"], "state": state} for state in snapshot["states"]),
    ]


def _device_id(key: str, server_id: str) -> str:
    for keys, device_id in ((ROOM_KEYS, ROOM_ID), (ZONE_KEYS, ZONE_ID), (SERVER_KEYS, server_id)):
        if key in keys:
            return device_id
    return NODE_ID


def _state(entity: dict[str, Any]) -> dict[str, Any]:
    state, attributes = STATES.get(entity["key"], ("unknown", {}))
    at = "2026-11-21T10:00:00.000000Z"
    times = dict.fromkeys(("last_changed", "last_updated", "last_reported"), at)
    return {"entity_id": entity["entity_id"], "state": state, "attributes": attributes, **times}
