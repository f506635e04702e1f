"""What all entities of RuView share."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, EntityCategory, Platform
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api.models import Entity, State
from .const import DOMAIN
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import async_find_device, async_remove_entity

ATTR_CALIBRATED = "calibrated"
ATTR_CALIBRATION = "calibration"
ATTR_CONFIDENCE = "confidence"
ATTR_PERSONS = "persons"
ATTR_PROGRESS = "progress"
ATTR_REASON = "reason"
ATTR_VERSION = "version"

# How many entities are added before others may run.
ADD_AT_ONCE: Final = 10

# Attributes that say why a state stands, and how often they are written while it does.
EXPLANATIONS: Final = frozenset({ATTR_CONFIDENCE, ATTR_REASON})
EXPLAIN_EVERY_S: Final = 60

# All that what an entity shows depends on: whether the server is there, and what it says.
type _Shown = tuple[bool, State | None]


@dataclass(frozen=True, kw_only=True)
class RuViewEntityDescription(EntityDescription):
    """Describes an entity that shows some of the attributes that the server sends."""

    attributes: tuple[str, ...] = ()


async def async_track_entities[DescriptionT: EntityDescription](
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    descriptions: Mapping[str, DescriptionT],
    factory: Callable[[RuViewCoordinator, Entity, DescriptionT], RuViewEntity],
) -> None:
    """Add a platform's entities, now and whenever the server announces one.

    Keys without a description are ignored, and what the server's privacy class does not permit is not even kept in the
    registry. The server decides what starts disabled: a node's own entities do when its room has better ones.
    """
    coordinator, adding = entry.runtime_data.coordinator, entry.runtime_data.adding
    known: set[str] = set()
    checked: Mapping[str, Entity] | None = None

    def _new() -> list[Entity]:
        """Return the entities that were not there before."""
        nonlocal checked
        # A device that changed leaves this mapping as it is.
        if (announced := coordinator.data.entities) is checked:
            return []
        checked = announced
        current: dict[str, Entity] = {}
        for entity in announced.values():
            if entity.domain != platform or entity.key not in descriptions:
                continue
            diagnostic = descriptions[entity.key].entity_category is EntityCategory.DIAGNOSTIC
            # A button says nothing of anybody.
            if platform is Platform.BUTTON or coordinator.permits(entity.key, diagnostic):
                current[entity.unique_id] = entity
            else:
                async_remove_entity(coordinator.hass, entity)
        added = [entity for unique_id, entity in current.items() if unique_id not in known]
        known.clear()
        known.update(current)
        return added

    async def _add(added: list[Entity]) -> None:
        """Add a few at a time, and let others run in between: Home Assistant has a second's work with a thousand."""
        for few in batched(added, ADD_AT_ONCE, strict=False):
            async with adding:
                # One that was removed meanwhile must not come back.
                wanted = [entity for entity in few if entity.unique_id in known]
                new = [factory(coordinator, entity, descriptions[entity.key]) for entity in wanted]
                _add_by_subentry(async_add_entities, new)
                await asyncio.sleep(0)

    @callback
    def _check() -> None:
        if added := _new():
            entry.async_create_task(coordinator.hass, _add(added), f"{DOMAIN} {platform}")

    entry.async_on_unload(coordinator.async_add_listener(_check))
    await _add(_new())


def _add_by_subentry(async_add_entities: AddConfigEntryEntitiesCallback, entities: Iterable[RuViewEntity]) -> None:
    """Add entities; those of a room belong to its subentry, as its device does."""
    by_subentry: dict[str | None, list[RuViewEntity]] = {}
    for entity in entities:
        subentry_id = entity.device_entry.config_subentry_id if entity.device_entry else None
        by_subentry.setdefault(subentry_id, []).append(entity)
    for subentry_id, of_one in by_subentry.items():
        async_add_entities(of_one, config_subentry_id=subentry_id)


class RuViewEntity(CoordinatorEntity[RuViewCoordinator]):
    """An entity that shows one entity of the server."""

    _attr_has_entity_name = True
    # They explain a state while it stands; as history they would only fill the database.
    _unrecorded_attributes = frozenset(
        {ATTR_CALIBRATED, ATTR_CALIBRATION, ATTR_CONFIDENCE, ATTR_PERSONS, ATTR_PROGRESS, ATTR_REASON, ATTR_VERSION}
    )

    def __init__(self, coordinator: RuViewCoordinator, entity: Entity, description: EntityDescription) -> None:
        """Set up for an entity of the server; its device is registered by the coordinator."""
        super().__init__(coordinator, entity.state_id)
        self.entity_description = description
        self.server_entity = entity
        self._attr_unique_id = entity.unique_id
        self._attr_translation_key = description.key
        self._attr_entity_registry_enabled_default = entity.enabled_default
        self.device_entry = async_find_device(coordinator.hass, coordinator.config_entry, entity.device_id)
        self._shown: _Shown | None = None
        self._may_explain_at = 0.0
        self._stop_waiting: CALLBACK_TYPE | None = None

    @property
    def server_state(self) -> State | None:
        """Return what the server says about this entity, or about the one that it follows."""
        return self.coordinator.data.states.get(self.server_entity.state_id)

    def attributes(self, description: RuViewEntityDescription) -> Mapping[str, Any]:
        """Return the attributes of the description that the server sends."""
        sent = state.attributes if (state := self.server_state) else {}
        return {name: sent[name] for name in description.attributes if name in sent}

    @property
    @override
    def available(self) -> bool:
        """Return False without a server, without a state, and when the server says so."""
        return super().available and (state := self.server_state) is not None and state.state != STATE_UNAVAILABLE

    @override
    async def async_added_to_hass(self) -> None:
        """Remember what Home Assistant is about to show."""
        await super().async_added_to_hass()
        self._remember(self._current())
        self.async_on_remove(self._async_stop_waiting)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Let others run where all entities go, which are a thousand in a large home."""
        await super().async_will_remove_from_hass()
        if self.coordinator.config_entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            await asyncio.sleep(0)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write when this entity changed: a snapshot repeats most states as they were.

        Why a state stands can change every second, and each writing is a row in the recorder's database, even when it
        changes only attributes that are not recorded: they wait until the last are a minute old, or for the next state.
        """
        current = self._current()
        if current == self._shown:
            return
        seconds = self._may_explain_at - self.hass.loop.time()
        if seconds <= 0 or self._shown is None or _without_explanation(current) != _without_explanation(self._shown):
            self._write(current)
        elif self._stop_waiting is None:
            self._stop_waiting = async_call_later(self.hass, seconds, self._async_explain)

    @callback
    def _async_explain(self, _now: datetime) -> None:
        """Write the explanation of by now."""
        self._stop_waiting = None
        if (current := self._current()) != self._shown:
            self._write(current)

    @callback
    def _write(self, current: _Shown) -> None:
        """Write what is to be shown."""
        self._async_stop_waiting()
        self._remember(current)
        super()._handle_coordinator_update()

    def _remember(self, current: _Shown) -> None:
        """Remember what Home Assistant shows."""
        self._shown = current
        self._may_explain_at = self.hass.loop.time() + EXPLAIN_EVERY_S

    @callback
    def _async_stop_waiting(self) -> None:
        """Wait no longer to explain."""
        if self._stop_waiting is not None:
            self._stop_waiting()
            self._stop_waiting = None

    def _current(self) -> _Shown:
        """Return all that what is shown depends on."""
        return (self.coordinator.last_update_success, self.server_state)


def _without_explanation(shown: _Shown) -> tuple[object, ...]:
    """Return what is shown but for what may wait."""
    is_connected, state = shown
    if state is None:
        return (is_connected,)
    said = {name: value for name, value in state.attributes.items() if name not in EXPLANATIONS}
    return (is_connected, state.state, said)
