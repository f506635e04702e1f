"""What all entities of RuView share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.const import STATE_UNAVAILABLE, EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api.models import Entity, State
from .api.policy import is_entity_permitted
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import async_remove_entity, device_identifier

ATTR_CALIBRATED = "calibrated"
ATTR_CALIBRATION = "calibration"
ATTR_CONFIDENCE = "confidence"
ATTR_PERSONS = "persons"
ATTR_PROGRESS = "progress"
ATTR_REASON = "reason"
ATTR_VERSION = "version"


@dataclass(frozen=True, kw_only=True)
class RuViewEntityDescription(EntityDescription):
    """Describes an entity that shows some of the attributes that the server sends."""

    attributes: tuple[str, ...] = ()


@callback
def async_track_entities[DescriptionT: EntityDescription](
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
    coordinator = entry.runtime_data.coordinator
    known: set[str] = set()
    checked: Mapping[str, Entity] | None = None

    def _is_permitted(entity: Entity) -> bool:
        # A button says nothing of anybody.
        diagnostic = descriptions[entity.key].entity_category is EntityCategory.DIAGNOSTIC
        return platform is Platform.BUTTON or is_entity_permitted(entity.key, coordinator.server, diagnostic=diagnostic)

    @callback
    def _check() -> None:
        nonlocal checked
        # Most updates bring a state only, and leave this mapping as it is.
        if (announced := coordinator.data.entities) is checked:
            return
        checked = announced
        current: dict[str, Entity] = {}
        for entity in announced.values():
            if entity.domain != platform or entity.key not in descriptions:
                continue
            if _is_permitted(entity):
                current[entity.unique_id] = entity
            else:
                async_remove_entity(coordinator.hass, entity)
        added = [entity for unique_id, entity in current.items() if unique_id not in known]
        known.clear()
        known.update(current)
        if added:
            async_add_entities([factory(coordinator, entity, descriptions[entity.key]) for entity in added])

    _check()
    entry.async_on_unload(coordinator.async_add_listener(_check))


class RuViewEntity(CoordinatorEntity[RuViewCoordinator]):
    """An entity that shows one entity of the server."""

    _attr_has_entity_name = True
    # They explain a state while it stands; as history they would only fill the database.
    _unrecorded_attributes = frozenset(
        {ATTR_CALIBRATED, ATTR_CALIBRATION, ATTR_CONFIDENCE, ATTR_PERSONS, ATTR_PROGRESS, ATTR_REASON, ATTR_VERSION}
    )

    def __init__(self, coordinator: RuViewCoordinator, entity: Entity, description: EntityDescription) -> None:
        """Set up for an entity of the server; its device is registered by the coordinator."""
        super().__init__(coordinator)
        self.entity_description = description
        self.server_entity = entity
        self._attr_unique_id = entity.unique_id
        self._attr_translation_key = description.key
        self._attr_entity_registry_enabled_default = entity.enabled_default
        self._attr_device_info = DeviceInfo(
            identifiers={device_identifier(coordinator.config_entry, entity.device_id)},
        )
        self._shown = self._current()

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

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write when this entity changed: the coordinator calls every entity for each change of one."""
        if (current := self._current()) != self._shown:
            self._shown = current
            super()._handle_coordinator_update()

    def _current(self) -> tuple[bool, State | None]:
        """Return all that what is shown depends on."""
        return (self.coordinator.last_update_success, self.server_state)
