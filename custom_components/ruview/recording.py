"""Exports what a server says for a while, one JSON object a line: for bug reports, and for who wants to look closer.

It holds what the privacy class permits and nothing more: CSI and beamforming reports never leave the server's own host,
where `ruview-server record` writes them.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .api.models import Event
from .const import DOMAIN
from .coordinator import RuViewCoordinator

# In the folder of Home Assistant's configuration.
FOLDER: Final = DOMAIN


async def async_export(hass: HomeAssistant, coordinator: RuViewCoordinator, duration_s: float) -> dict[str, Any]:
    """Write what is, and what changes and happens for so long; return the file and how many lines it has."""
    said = _Said(coordinator)
    for entity_id in coordinator.data.states:
        said.add_state(entity_id)
    unsubscribes = [
        coordinator.async_subscribe_states(said.add_state),
        coordinator.async_subscribe_events(said.add_event),
    ]
    try:
        await asyncio.sleep(duration_s)
    finally:
        for unsubscribe in unsubscribes:
            unsubscribe()
    lines = said.permitted()
    try:
        path = await hass.async_add_executor_job(_write, Path(hass.config.path(FOLDER)), lines)
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_written",
            translation_placeholders={"folder": hass.config.path(FOLDER), "error": str(err)},
        ) from err
    return {"path": str(path), "lines": len(lines)}


class _Said:
    """What the server has said so far."""

    def __init__(self, coordinator: RuViewCoordinator) -> None:
        """Begin with nothing."""
        self._coordinator = coordinator
        self._lines: list[dict[str, Any]] = []

    @callback
    def add_state(self, entity_id: str) -> None:
        """Add a state, which is None for one that was removed."""
        state = self._coordinator.data.states.get(entity_id)
        self._add(
            "state_changed",
            entity_id=entity_id,
            state=state.state if state else None,
            attributes=state.attributes if state else {},
        )

    @callback
    def add_event(self, event: Event) -> None:
        """Add what happened."""
        self._add("event", entity_id=event.entity_id, event_type=event.event_type, data=event.data)

    def permitted(self) -> list[dict[str, Any]]:
        """Return the lines of entities that may exist by now: the class can have become stricter meanwhile."""
        entities = self._coordinator.data.entities
        # A file is for who looks closer, as diagnostic entities are.
        diagnostic = True
        return [
            line
            for line in self._lines
            if (entity := entities.get(line["entity_id"])) and self._coordinator.permits(entity.key, diagnostic)
        ]

    def _add(self, kind: str, **line: object) -> None:
        self._lines.append({"at": dt_util.utcnow().isoformat(), "type": kind, **line})


def _write(folder: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    """Write a new file that only Home Assistant's own user can read."""
    folder.mkdir(exist_ok=True)
    prefix = dt_util.now().strftime("recording-%Y%m%d-%H%M%S-")
    with NamedTemporaryFile("w", dir=folder, prefix=prefix, suffix=".jsonl", delete=False, encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    return Path(file.name)
