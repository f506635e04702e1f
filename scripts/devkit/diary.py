"""What Home Assistant's entities went through while a story was played, for tests that ask afterwards."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from .hass import HomeAssistant

_STATES, _EVENTS = "state_changed", "ruview_event"


@dataclass(slots=True)
class Diary:
    """Every state of our entities in its order, and every event of ours."""

    states: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    events: list[dict[str, Any]] = field(default_factory=list)
    _written: asyncio.Event = field(default_factory=asyncio.Event)

    def went(self, entity_id: str, *states: str) -> bool:
        """Return whether an entity had these states one after the other, others in between allowed."""
        seen = iter(self.values(entity_id))
        return all(state in seen for state in states)

    def values(self, entity_id: str) -> list[str]:
        """Return the states that an entity had."""
        return [state["state"] for state in self.states[entity_id]]

    def attributes(self, entity_id: str, state: str) -> list[dict[str, Any]]:
        """Return the attributes that an entity had in a state."""
        return [found["attributes"] for found in self.states[entity_id] if found["state"] == state]

    def happened(self, event_type: str) -> list[dict[str, Any]]:
        """Return the events of a type."""
        return [event for event in self.events if event["type"] == event_type]

    async def until(self, complete: Callable[[Diary], bool], seconds: float) -> None:
        """Go on until everything that is waited for was written, or until the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not complete(self):
                    self._written.clear()
                    await self._written.wait()

    def write_state(self, event: dict[str, Any]) -> None:
        """Write down a state."""
        if (state := event["data"]["new_state"]) is not None:
            self.states[event["data"]["entity_id"]].append(state)
            self._written.set()

    def write_event(self, event: dict[str, Any]) -> None:
        """Write down an event."""
        self.events.append(event["data"])
        self._written.set()


@contextlib.asynccontextmanager
async def keep_diary(hass: HomeAssistant) -> AsyncIterator[Diary]:
    """Write down what happens until the end of the block."""
    diary = Diary()

    async def keep(event_type: str, write: Callable[[dict[str, Any]], None]) -> None:
        async with hass.websocket() as socket:
            async for event in socket.events(event_type):
                write(event)

    async with asyncio.TaskGroup() as keepers:
        tasks = [
            keepers.create_task(keep(_STATES, diary.write_state)),
            keepers.create_task(keep(_EVENTS, diary.write_event)),
        ]
        try:
            yield diary
        finally:
            for task in tasks:
                task.cancel()
