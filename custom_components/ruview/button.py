"""Buttons: what a user can ask of a node."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalog import Service
from .controls import ControlKey
from .coordinator import RuViewConfigEntry
from .entity import RuViewEntity, async_track_entities
from .services import ATTR_NODE_ID

# One command at a time: a room is calibrated or forgotten, not both.
PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class RuViewButtonDescription(ButtonEntityDescription):
    """Describes a button; a press calls a service of the server."""

    service: Service


DESCRIPTIONS = {
    description.key: description
    for description in (
        RuViewButtonDescription(
            key=ControlKey.CALIBRATE, entity_category=EntityCategory.CONFIG, service=Service.CALIBRATE
        ),
        RuViewButtonDescription(
            key=ControlKey.RESET_PRESENCE, entity_category=EntityCategory.CONFIG, service=Service.RESET_BASELINE
        ),
    )
}


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add buttons, now and whenever the server announces a node that they fit."""
    await async_track_entities(entry, async_add_entities, Platform.BUTTON, DESCRIPTIONS, RuViewButton)


class RuViewButton(RuViewEntity, ButtonEntity):
    """A button of a node. It is available while the node's calibration is: a silent node cannot be calibrated."""

    entity_description: RuViewButtonDescription

    @override
    async def async_press(self) -> None:
        """Do it."""
        await self.coordinator.async_call_service(
            self.entity_description.service, {ATTR_NODE_ID: self.server_entity.device_id}
        )
