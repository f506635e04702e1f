"""Device triggers: what happens to a node or a room, for those who begin an automation with a device."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.homeassistant.triggers import event as event_trigger
from homeassistant.const import ATTR_DEVICE_ID, CONF_DEVICE, CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .bus import EVENT_KEYS
from .const import DOMAIN, EVENT_RUVIEW

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend({vol.Required(CONF_TYPE): vol.In(EVENT_KEYS)})


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[Mapping[str, Any]]:
    """Return what can happen to a device: what its entities are there for."""
    entries = er.async_entries_for_device(er.async_get(hass), device_id)
    keys = {entry.translation_key for entry in entries if entry.platform == DOMAIN}
    return [
        {CONF_PLATFORM: CONF_DEVICE, CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id, CONF_TYPE: event_type}
        for event_type, key in EVENT_KEYS.items()
        if key in keys
    ]


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Attach a trigger to what is told on the bus."""
    event_data = {ATTR_DEVICE_ID: config[CONF_DEVICE_ID], CONF_TYPE: config[CONF_TYPE]}
    event_config = event_trigger.TRIGGER_SCHEMA(
        {CONF_PLATFORM: "event", "event_type": EVENT_RUVIEW, "event_data": event_data}
    )
    return await event_trigger.async_attach_trigger(hass, event_config, action, trigger_info, platform_type=CONF_DEVICE)
