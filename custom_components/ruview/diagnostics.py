"""Diagnostics, by allow-list: what is not named here does not leave.

No addresses, tokens, names or ids (a node's id may come from its MAC address), and nothing that was sensed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.const import CONF_PORT, CONF_SSL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant

from .api.errors import RuViewError
from .api.policy import is_structure
from .coordinator import RuViewConfigEntry, RuViewCoordinator

ENTRY_KEYS = (CONF_PORT, CONF_SSL, CONF_VERIFY_SSL)

type _Filter = Callable[[object], Any]

_VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z]+(\.\d+)?)?")
_WORD = re.compile(r"[a-z_]+(-\d+)?")


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
) -> dict[str, Any]:
    """Return the diagnostics of a server."""
    coordinator = entry.runtime_data.coordinator
    server = coordinator.server
    data = coordinator.data
    return {
        "entry": {key: entry.data[key] for key in ENTRY_KEYS},
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
        },
        "devices": _count(device.kind for device in data.devices.values()),
        "entities": _count(f"{entity.domain}.{entity.key}" for entity in data.entities.values()),
        "server_diagnostics": await _server_diagnostics(coordinator),
    }


async def _server_diagnostics(coordinator: RuViewCoordinator) -> Any:  # noqa: ANN401 - JSON
    """Return the server's own diagnostics, or why there are none."""
    try:
        return _SERVER_DIAGNOSTICS(await coordinator.connection.get_diagnostics())
    except RuViewError as err:
        return {"error": type(err).__name__}


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
)
