"""RuView: presence and motion from WiFi signals."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .app import async_check_app, async_watch_app
from .blueprints import async_install_blueprints
from .broker_issues import async_setup_broker_issues
from .bus import async_setup_bus_events
from .const import CONF_INSTALL_BLUEPRINTS, DOMAIN
from .coordinator import RuViewConfigEntry, RuViewCoordinator, RuViewData
from .household import async_setup_household
from .issues import async_delete_issues, async_setup_issues
from .registries import device_identifier
from .services import async_setup_services
from .transport import async_create_connection

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SELECT, Platform.SENSOR]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001
    """Register the actions, so that automations can be checked while no server is there."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: RuViewConfigEntry) -> bool:
    """Set up a server."""
    coordinator = RuViewCoordinator(hass, entry, async_create_connection(hass, entry.data))
    try:
        await coordinator.async_config_entry_first_refresh()
    except ConfigEntryNotReady:
        await async_check_app(hass, entry)
        raise
    entry.runtime_data = RuViewData(coordinator=coordinator)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    async_setup_bus_events(hass, entry)
    async_setup_issues(hass, entry)
    async_setup_broker_issues(hass, entry)
    async_setup_household(hass, entry)
    async_watch_app(hass, entry)
    if entry.options.get(CONF_INSTALL_BLUEPRINTS):
        await async_install_blueprints(hass)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: RuViewConfigEntry) -> bool:
    """Unload a server; the connection ends with the entry's background task."""
    if entry.disabled_by:
        async_delete_issues(hass, entry)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Leave nothing behind that the user would have to clear up."""
    async_delete_issues(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    device_entry: dr.DeviceEntry,
) -> bool:
    """Allow the user to remove a node that the server does not have any more."""
    coordinator = entry.runtime_data.coordinator
    if any(device_identifier(entry, device_id) in device_entry.identifiers for device_id in coordinator.data.devices):
        return False
    known = {entity.device_id for entity in coordinator.data.entities.values()}
    for device_id in (key for key in known if device_identifier(entry, key) in device_entry.identifiers):
        coordinator.async_forget_device(device_id)
    return True
