"""Named events on Home Assistant's bus, for automations that listen for them there."""

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, CONF_TYPE, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .api.catalog import EventType
from .api.models import Event
from .const import DOMAIN, EVENT_RUVIEW
from .coordinator import RuViewConfigEntry
from .registries import async_find_device

ATTR_DATA = "data"


@callback
def async_setup_bus_events(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Fire each named event; device and entity are Home Assistant's, so that automations can use them."""
    coordinator = entry.runtime_data.coordinator

    @callback
    def _fire(event: Event) -> None:
        if event.event_type not in EventType:
            return
        device = async_find_device(hass, entry, event.device_id)
        entity = coordinator.data.entities.get(event.entity_id)
        hass.bus.async_fire(
            EVENT_RUVIEW,
            {
                ATTR_DEVICE_ID: device.id if device else None,
                ATTR_ENTITY_ID: entity
                and er.async_get(hass).async_get_entity_id(Platform.EVENT, DOMAIN, entity.unique_id),
                CONF_TYPE: event.event_type,
                ATTR_DATA: dict(event.data),
            },
        )

    entry.async_on_unload(coordinator.async_subscribe_events(_fire))
