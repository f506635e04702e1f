"""Binary sensors: presence and motion, from the channel itself and from beamforming feedback, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalog import EntityKey
from .coordinator import RuViewConfigEntry
from .entity import (
    ATTR_CALIBRATION,
    ATTR_CONFIDENCE,
    ATTR_REASON,
    RuViewEntity,
    RuViewEntityDescription,
    async_track_entities,
)

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class RuViewBinarySensorDescription(BinarySensorEntityDescription, RuViewEntityDescription):
    """Describes a binary sensor."""


@dataclass(frozen=True, kw_only=True)
class RuViewMeaningDescription(RuViewBinarySensorDescription):
    """Describes what presence, motion and breathing mean together: it says how sure it is, and why."""

    attributes: tuple[str, ...] = (ATTR_CONFIDENCE, ATTR_REASON)


DESCRIPTIONS = {
    description.key: description
    for description in (
        RuViewBinarySensorDescription(
            key=EntityKey.PRESENCE,
            device_class=BinarySensorDeviceClass.OCCUPANCY,
            attributes=(ATTR_REASON, ATTR_CALIBRATION),
        ),
        RuViewBinarySensorDescription(key=EntityKey.MOTION, device_class=BinarySensorDeviceClass.MOTION),
        RuViewBinarySensorDescription(key=EntityKey.ZONE_OCCUPANCY, device_class=BinarySensorDeviceClass.OCCUPANCY),
        RuViewBinarySensorDescription(key=EntityKey.TRACKED_PERSON, device_class=BinarySensorDeviceClass.OCCUPANCY),
        RuViewMeaningDescription(key=EntityKey.SOMEONE_SLEEPING, device_class=BinarySensorDeviceClass.OCCUPANCY),
        RuViewMeaningDescription(key=EntityKey.POSSIBLE_DISTRESS, device_class=BinarySensorDeviceClass.PROBLEM),
        RuViewMeaningDescription(key=EntityKey.ROOM_ACTIVE, device_class=BinarySensorDeviceClass.OCCUPANCY),
        RuViewMeaningDescription(
            key=EntityKey.ELDERLY_INACTIVITY_ANOMALY, device_class=BinarySensorDeviceClass.PROBLEM
        ),
        RuViewMeaningDescription(key=EntityKey.MEETING_IN_PROGRESS, device_class=BinarySensorDeviceClass.OCCUPANCY),
        RuViewMeaningDescription(key=EntityKey.BATHROOM_OCCUPIED, device_class=BinarySensorDeviceClass.OCCUPANCY),
        RuViewMeaningDescription(key=EntityKey.NO_MOVEMENT, device_class=BinarySensorDeviceClass.PROBLEM),
        RuViewBinarySensorDescription(
            key=EntityKey.BFLD_PRESENCE,
            device_class=BinarySensorDeviceClass.OCCUPANCY,
            attributes=(ATTR_REASON, ATTR_CALIBRATION),
        ),
        RuViewBinarySensorDescription(key=EntityKey.BFLD_MOTION, device_class=BinarySensorDeviceClass.MOTION),
    )
}


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add binary sensors, now and whenever the server announces one."""
    await async_track_entities(entry, async_add_entities, Platform.BINARY_SENSOR, DESCRIPTIONS, RuViewBinarySensor)


class RuViewBinarySensor(RuViewEntity, BinarySensorEntity):
    """A binary sensor of a node or a room."""

    entity_description: RuViewBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the state, None while it is unknown."""
        state = self.server_state
        return None if state is None else {STATE_ON: True, STATE_OFF: False}.get(state.state)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return why the state is what it is."""
        return self.attributes(self.entity_description)
