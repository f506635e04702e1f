"""Event entities: the named events, falls, and people who get up or go to another room."""

from collections.abc import Mapping
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalog import ENTITY_OPTIONS, EntityKey
from .api.models import Event
from .coordinator import RuViewConfigEntry
from .entity import RuViewEntity, async_track_entities

PARALLEL_UPDATES = 0

DESCRIPTIONS: Mapping[str, EventEntityDescription] = {
    key: EventEntityDescription(key=key, event_types=list(ENTITY_OPTIONS[key]))
    for key in (EntityKey.ACTIVITY, EntityKey.FALL, EntityKey.BED_EXIT, EntityKey.MULTI_ROOM_TRANSITION)
}


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add event entities, now and whenever the server announces one."""
    await async_track_entities(entry, async_add_entities, Platform.EVENT, DESCRIPTIONS, RuViewEvent)


class RuViewEvent(RuViewEntity, EventEntity):
    """What happens. Its state is the time of an event, never something a snapshot says."""

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to events."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_subscribe_events(self._async_handle_event))

    @callback
    def _async_handle_event(self, event: Event) -> None:
        """Show an event of this entity; a type that it does not have is of a newer server."""
        if event.entity_id == self.server_entity.entity_id and event.event_type in self.event_types:
            self._trigger_event(event.event_type, dict(event.data))
            self.async_write_ha_state()
