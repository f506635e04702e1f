"""What a server publishes over MQTT, with a key of its own, for tests."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid7

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custom_components.ruview.api.canonical import canonical

from .golden import golden

SERVER_ID: Final = golden("server_auth_ok")["server_id"]
SITE: Final = SERVER_ID[:8]
START: Final = f"ruview/{SITE}"
KEY: Final = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY: Final = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def encode(octets: bytes) -> str:
    """Write octets as servers do."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def public(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key."""
    return encode(key.public_key().public_bytes_raw())


def info(*, commands: bool = False, **changes: object) -> dict[str, Any]:
    """Return what the server says of itself."""
    hello = {key: value for key, value in golden("server_auth_ok").items() if key != "type"}
    capabilities = [*hello["capabilities"], *(["commands"] if commands else [])]
    return {**hello, "capabilities": capabilities, "public_key": public(KEY), "topic": START, **changes}


def registry(name: str = "server_snapshot") -> dict[str, Any]:
    """Return the devices and entities of a golden snapshot."""
    snapshot = golden(name)["event"]
    return {key: snapshot[key] for key in ("devices", "entities")}


def states(name: str = "server_snapshot") -> dict[str, dict[str, Any]]:
    """Return the states of a golden snapshot, by topic."""
    snapshot = golden(name)["event"]
    entities = {entity["entity_id"]: entity for entity in snapshot["entities"]}
    return {
        state_topic(entities[state["entity_id"]]): {"state": state["state"], "attributes": state["attributes"]}
        for state in snapshot["states"]
    }


def state_topic(entity: dict[str, Any]) -> str:
    """Return where the state of an entity stands."""
    device = "server" if entity["device_id"] == SERVER_ID else entity["device_id"]
    key = entity["key"]
    levels = f"bfld/{key.removeprefix('bfld_')}" if key.startswith("bfld_") else key
    return f"{START}_{device}/{levels}/state"


def event(**changes: object) -> dict[str, Any]:
    """Return an event, not signed."""
    return {
        "event_type": "unknown_presence",
        "device_id": "node_1",
        "entity_id": "event.node_1_activity",
        "server_id": SERVER_ID,
        "time_fired": datetime.now(UTC).isoformat(),
        "privacy_class": 2,
        "data": {"reason": ["motion"], "confidence": 0.5},
        "id": str(uuid7()),
        **changes,
    }


def signed(unsigned: dict[str, Any], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    """Sign an event."""
    whole = {**unsigned, "public_key": public(key)}
    return {**whole, "sig": encode(key.sign(canonical(whole)))}


def sent_at(moment: datetime, number: int = 0) -> str:
    """Return the id of an event that was sent then."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | number))


def text(payload: object) -> str:
    """Write a payload."""
    return json.dumps(payload)
