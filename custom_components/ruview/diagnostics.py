"""Diagnostics, by allow-list: what is not named here does not leave.

No addresses, tokens, names or ids (a node's id may come from its MAC address), and nothing that was sensed: whether
an entity is available is told, its state is not. What the privacy class withholds is not even counted.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.const import CONF_PORT, CONF_SSL, CONF_VERIFY_SSL, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .api.errors import RuViewError
from .api.policy import is_structure
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import device_identifier
from .transport import is_over_mqtt

ENTRY_KEYS = (CONF_PORT, CONF_SSL, CONF_VERIFY_SSL)

type _Filter = Callable[[object], Any]

_VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z]+(\.\d+)?)?")
_ERROR = re.compile(r"[A-Z][A-Za-z]+Error")
_WORD = re.compile(r"[a-z_]+(-\d+)?")


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: RuViewConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of a server."""
    coordinator = entry.runtime_data.coordinator
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    return {
        **_server(entry),
        "devices": _count(device.kind for device in coordinator.data.devices.values()),
        "entities": _count(map(_kind, entities)),
        "server_diagnostics": _SERVER_DIAGNOSTICS(await _async_ask(coordinator)),
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant,
    entry: RuViewConfigEntry,
    device_entry: dr.AnyDeviceEntry,
) -> dict[str, Any]:
    """Return the diagnostics of a node, a room, a zone or the server."""
    coordinator = entry.runtime_data.coordinator
    device = next(
        (
            device
            for device in coordinator.data.devices.values()
            if device_identifier(entry, device.id) in device_entry.identifiers
        ),
        None,
    )
    registry = er.async_get(hass)
    entities = er.async_entries_for_device(registry, device_entry.id, include_disabled_entities=True)
    return {
        **_server(entry),
        "device": {
            "announced": device is not None,
            "kind": _text(_WORD)(device and device.kind),
            "version": _text(_VERSION)(device and device.sw_version),
        },
        "entities": {_kind(found): _entity(hass, found) for found in sorted(entities, key=_kind)},
        "server_diagnostics": _of_device(await _async_ask(coordinator), device.id if device else None),
    }


def _server(entry: RuViewConfigEntry) -> dict[str, Any]:
    """Return what is known of a server and of the connection to it."""
    coordinator = entry.runtime_data.coordinator
    server = coordinator.server
    return {
        "entry": {
            "over_mqtt": is_over_mqtt(entry.data),
            **{key: entry.data[key] for key in ENTRY_KEYS if key in entry.data},
        },
        "server": {
            "version": server.version,
            "api": server.api,
            "privacy_class": server.privacy_class,
            "privacy_mode": server.privacy_mode,
            "capabilities": list(server.capabilities),
        },
        "connection": {
            "connected": coordinator.connected,
            "reconnects": coordinator.reconnects,
            "last_error": type(error).__name__ if (error := coordinator.last_exception) else None,
            "frames_ignored": coordinator.connection.counters.frames_ignored,
            "resyncs": coordinator.connection.counters.resyncs,
            "events_refused": coordinator.connection.counters.events_refused,
        },
    }


async def _async_ask(coordinator: RuViewCoordinator) -> Mapping[str, Any]:
    """Return the server's own diagnostics, or why there are none."""
    try:
        return await coordinator.connection.get_diagnostics()
    except RuViewError as err:
        return {"error": type(err).__name__}


def _of_device(answer: Mapping[str, Any], device_id: str | None) -> Any:  # noqa: ANN401 - JSON
    """Leave what the server says of one of its nodes; of other devices it says nothing."""
    nodes = answer.get("nodes")
    listed = nodes if isinstance(nodes, list) else []
    own = [node for node in listed if isinstance(node, dict) and node.get("id") == device_id]
    return _SERVER_DIAGNOSTICS({**answer, "nodes": own})


def _kind(found: er.RegistryEntry) -> str:
    """Return what an entity is, without its name."""
    return f"{found.domain}.{found.translation_key}"


def _entity(hass: HomeAssistant, found: er.RegistryEntry) -> dict[str, Any]:
    """Return how an entity is, not what it says: even a state that is not unknown any more tells of a fall."""
    state = hass.states.get(found.entity_id)
    return {
        "disabled_by": found.disabled_by,
        "hidden_by": found.hidden_by,
        "available": None if state is None else state.state != STATE_UNAVAILABLE,
    }


def _count(kinds: Iterable[str]) -> dict[str, int]:
    """Count, in a stable order."""
    return dict(sorted(Counter(kinds).items()))


def _number(value: object) -> int | float | None:
    """Pass numbers, which booleans are too."""
    return value if isinstance(value, (int, float)) else None


def _text(pattern: re.Pattern[str]) -> _Filter:
    """Pass text of one form; neither form can be an address or a key."""
    return lambda value: value if isinstance(value, str) and pattern.fullmatch(value) else None


def _object(**allowed: _Filter) -> _Filter:
    """Pass the allowed fields of an object."""
    return lambda value: (
        {key: allowed[key](value[key]) for key in allowed if key in value} if isinstance(value, dict) else None
    )


def _list(item: _Filter) -> _Filter:
    """Pass a list, item by item."""
    return lambda value: [item(element) for element in value] if isinstance(value, list) else None


def _counters(value: object) -> dict[str, Any] | None:
    """Pass numbers under keys that measure nobody by the privacy policy, at any depth."""
    if not isinstance(value, dict):
        return None
    return {
        key: _counters(counted) if isinstance(counted, dict) else _number(counted)
        for key, counted in value.items()
        if is_structure(key)
    }


_SERVER_DIAGNOSTICS = _object(
    version=_text(_VERSION),
    uptime_s=_number,
    source=_text(_WORD),
    nodes=_list(
        _object(
            frames=_number,
            packet_rate_hz=_number,
            calibration=_text(_WORD),
            silent=_number,
        )
    ),
    counters=_counters,
    error=_text(_ERROR),
)
