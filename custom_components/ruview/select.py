"""Selections: the privacy class of a server, and the sensitivity of a room."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api.catalog import Sensitivity
from .const import CONF_PRIVACY_MODE
from .controls import PRIVACY_CLASS, PRIVACY_CLASSES, SENSITIVITY, privacy_class_name
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import device_identifier
from .room_settings import RuViewRoomSetting, async_track_rooms
from .rooms import CONF_SENSITIVITY

# One command at a time.
PARALLEL_UPDATES = 1

SENSITIVITY_DESCRIPTION = SelectEntityDescription(
    key=SENSITIVITY,
    entity_category=EntityCategory.CONFIG,
    options=[sensitivity.value for sensitivity in Sensitivity],
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the selection of the server itself, and those of rooms."""
    async_add_entities([RuViewPrivacyClass(entry.runtime_data.coordinator)])
    async_track_rooms(entry, async_add_entities, Platform.SELECT, SENSITIVITY_DESCRIPTION, RuViewSensitivity)


class RuViewPrivacyClass(CoordinatorEntity[RuViewCoordinator], SelectEntity):
    """What the server may say of people. A class that is neither of the two is shown as unknown."""

    _attr_has_entity_name = True
    _attr_entity_category = EntityCategory.CONFIG
    _attr_translation_key = PRIVACY_CLASS

    def __init__(self, coordinator: RuViewCoordinator) -> None:
        """Set up on the server's own device."""
        super().__init__(coordinator)
        self._attr_options = list(PRIVACY_CLASSES)
        server_id = coordinator.server.server_id
        self._attr_unique_id = f"{server_id}_{PRIVACY_CLASS}"
        self._attr_device_info = DeviceInfo(identifiers={device_identifier(coordinator.config_entry, server_id)})

    @property
    @override
    def current_option(self) -> str | None:
        """Return the present class."""
        return privacy_class_name(self.coordinator.server.privacy_class)

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the class; the privacy mode that was wished for class 2 is kept."""
        privacy_mode = self.coordinator.config_entry.options.get(CONF_PRIVACY_MODE, False)
        await self.coordinator.async_set_privacy_class(option, privacy_mode=privacy_mode)


class RuViewSensitivity(RuViewRoomSetting, SelectEntity):
    """The sensitivity of a room."""

    @property
    @override
    def current_option(self) -> str:
        """Return what is set."""
        return self.room.sensitivity

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it."""
        await self.async_set({"sensitivity": option}, {CONF_SENSITIVITY: option})
