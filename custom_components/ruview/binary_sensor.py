"""Binary sensors: presence and motion."""

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
from .entity import RuViewEntity, async_track_entities

PARALLEL_UPDATES = 0

ATTR_CALIBRATION = "calibration"
ATTR_REASON = "reason"


@dataclass(frozen=True, kw_only=True)
class RuViewBinarySensorDescription(BinarySensorEntityDescription):
    """Describes a binary sensor."""

    attributes: tuple[str, ...] = ()


DESCRIPTIONS = {
    description.key: description
    for description in (
        RuViewBinarySensorDescription(
            key=EntityKey.PRESENCE,
            translation_key=EntityKey.PRESENCE,
            device_class=BinarySensorDeviceClass.OCCUPANCY,
            attributes=(ATTR_REASON, ATTR_CALIBRATION),
        ),
        RuViewBinarySensorDescription(
            key=EntityKey.MOTION,
            translation_key=EntityKey.MOTION,
            device_class=BinarySensorDeviceClass.MOTION,
        ),
    )
}


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add binary sensors, now and whenever the server announces one."""
    async_track_entities(entry, async_add_entities, Platform.BINARY_SENSOR, DESCRIPTIONS, RuViewBinarySensor)


class RuViewBinarySensor(RuViewEntity, BinarySensorEntity):
    """A binary sensor of a node."""

    entity_description: RuViewBinarySensorDescription
    # They explain a state while it stands; as history they would only fill the database.
    _unrecorded_attributes = frozenset({ATTR_CALIBRATION, ATTR_REASON})

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the state, None while it is unknown."""
        state = self.server_state
        return None if state is None else {STATE_ON: True, STATE_OFF: False}.get(state.state)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the attributes of the description that the server sends."""
        sent = state.attributes if (state := self.server_state) else {}
        return {name: sent[name] for name in self.entity_description.attributes if name in sent}
