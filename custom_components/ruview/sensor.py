"""Sensors: numbers about motion and beamforming feedback, data source and last seen."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.catalog import DataSource, EntityKey
from .coordinator import RuViewConfigEntry
from .entity import ATTR_CALIBRATED, RuViewEntity, RuViewEntityDescription, async_track_entities

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class RuViewSensorDescription(SensorEntityDescription, RuViewEntityDescription):
    """Describes a sensor; a state that `value_fn` cannot read is unknown."""

    value_fn: Callable[[str], str | float | datetime | None]


def _number(state: str) -> float | None:
    """Read a number."""
    try:
        value = float(state)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _data_source(state: str) -> str | None:
    """Read a data source; a newer server may have more of them."""
    return state if state in DataSource else None


def _time(state: str) -> datetime | None:
    """Read a time; one without a zone says nothing."""
    value = dt_util.parse_datetime(state)
    return value if value and value.tzinfo else None


DESCRIPTIONS = {
    description.key: description
    for description in (
        RuViewSensorDescription(
            key=EntityKey.MOTION_LEVEL,
            translation_key=EntityKey.MOTION_LEVEL,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=PERCENTAGE,
            suggested_display_precision=0,
            entity_registry_enabled_default=False,
            value_fn=_number,
        ),
        RuViewSensorDescription(
            key=EntityKey.BFLD_CONFIDENCE,
            translation_key=EntityKey.BFLD_CONFIDENCE,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=PERCENTAGE,
            suggested_display_precision=0,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            value_fn=_number,
        ),
        RuViewSensorDescription(
            key=EntityKey.BFLD_IDENTITY_RISK,
            translation_key=EntityKey.BFLD_IDENTITY_RISK,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=2,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            attributes=(ATTR_CALIBRATED,),
            value_fn=_number,
        ),
        RuViewSensorDescription(
            key=EntityKey.DATA_SOURCE,
            translation_key=EntityKey.DATA_SOURCE,
            device_class=SensorDeviceClass.ENUM,
            options=list(DataSource),
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=_data_source,
        ),
        RuViewSensorDescription(
            key=EntityKey.LAST_SEEN,
            translation_key=EntityKey.LAST_SEEN,
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            value_fn=_time,
        ),
    )
}


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add sensors, now and whenever the server announces one."""
    async_track_entities(entry, async_add_entities, Platform.SENSOR, DESCRIPTIONS, RuViewSensor)


class RuViewSensor(RuViewEntity, SensorEntity):
    """A sensor of a node."""

    entity_description: RuViewSensorDescription

    @property
    @override
    def native_value(self) -> str | float | datetime | None:
        """Return the state, None while it is unknown."""
        return None if (state := self.server_state) is None else self.entity_description.value_fn(state.state)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what is to be known about the value."""
        return self.attributes(self.entity_description)
