"""Everything that happens, on Home Assistant's bus, for automations that listen for it there."""

from collections.abc import Mapping

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .api.catalog import EntityKey
from .api.models import Event
from .api.policy import is_entity_permitted
from .const import ATTR_DATA, DOMAIN, EVENT_RUVIEW
from .coordinator import RuViewConfigEntry
from .event import DESCRIPTIONS
from .registries import async_find_device

# The key of the entity that an event belongs to, by the event's type. That a risk has risen is told of its sensor.
EVENT_KEYS: Mapping[str, str] = {
    EntityKey.FALL_RISK_ELEVATED: EntityKey.FALL_RISK_ELEVATED,
    **{event_type: key for key, description in DESCRIPTIONS.items() for event_type in description.event_types or ()},
}


@callback
def async_setup_bus_events(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Fire each event that the class permits, with Home Assistant's device and entity, for automations to use."""
    coordinator = entry.runtime_data.coordinator

    @callback
    def _fire(event: Event) -> None:
        key = EVENT_KEYS.get(event.event_type)
        if key is None or not is_entity_permitted(key, coordinator.server, diagnostic=False):
            return
        device = async_find_device(hass, entry, event.device_id)
        entity = coordinator.data.entities.get(event.entity_id)
        hass.bus.async_fire(
            EVENT_RUVIEW,
            {
                ATTR_DEVICE_ID: device.id if device else None,
                ATTR_ENTITY_ID: entity
                and er.async_get(hass).async_get_entity_id(entity.domain, DOMAIN, entity.unique_id),
                CONF_TYPE: event.event_type,
                ATTR_DATA: dict(event.data),
            },
        )

    entry.async_on_unload(coordinator.async_subscribe_events(_fire))
