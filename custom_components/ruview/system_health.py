"""What the page System information tells: whether servers are connected, and how they do; it names none of them."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .api.errors import NotOverMqttError, RuViewError
from .const import DOMAIN
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import KIND_NODE

FAILED: Final = {"type": "failed", "error": "unreachable"}


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:  # noqa: ARG001
    """Register what is asked."""
    register.async_register_info(async_info)


async def async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is known at once, and a question that the servers have to answer."""
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    loaded: list[RuViewConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    coordinators = [entry.runtime_data.coordinator for entry in loaded]
    return {
        "servers_connected": f"{sum(coordinator.connected for coordinator in coordinators)}/{len(entries)}",
        "servers_answer": _async_ask(coordinators, all_loaded=len(loaded) == len(entries)),
        "server_versions": _enumerate(coordinator.server.version for coordinator in coordinators),
        "privacy_classes": _enumerate(str(coordinator.server.privacy_class) for coordinator in coordinators),
        "nodes": sum(map(_nodes, coordinators)),
        "reconnects": sum(coordinator.reconnects for coordinator in coordinators),
    }


async def _async_ask(coordinators: Sequence[RuViewCoordinator], *, all_loaded: bool) -> str | dict[str, str]:
    """Return whether every server answers; a connection can be open with nobody behind it.

    Over MQTT nobody can be asked: the broker says when the server goes.
    """
    try:
        for coordinator in coordinators:
            with contextlib.suppress(NotOverMqttError):
                await coordinator.connection.get_diagnostics()
    except RuViewError:
        return FAILED
    return "ok" if all_loaded else FAILED


def _nodes(coordinator: RuViewCoordinator) -> int:
    """Count a server's nodes."""
    return sum(device.kind == KIND_NODE for device in coordinator.data.devices.values())


def _enumerate(values: Iterable[str]) -> str:
    """Return each value once."""
    return ", ".join(sorted(set(values)))
