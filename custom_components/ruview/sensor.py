"""Sensors: numbers about people and beamforming feedback, how sure they are, and how a node is."""

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
from homeassistant.const import PERCENTAGE, SIGNAL_STRENGTH_DECIBELS_MILLIWATT, EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.catalog import ENTITY_OPTIONS, EntityKey
from .coordinator import RuViewConfigEntry
from .entity import (
    ATTR_CALIBRATED,
    ATTR_CONFIDENCE,
    ATTR_PERSONS,
    ATTR_PROGRESS,
    ATTR_REASON,
    ATTR_VERSION,
    RuViewEntity,
    RuViewEntityDescription,
    async_track_entities,
)

PARALLEL_UPDATES = 0

BEATS_PER_MINUTE = "bpm"

type Value = str | float | datetime | None


def _number(state: str) -> float | None:
    """Read a number."""
    try:
        value = float(state)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _count(state: str) -> int | None:
    """Read a number of something that there is no half of."""
    return int(state) if state.isdecimal() else None


def _time(state: str) -> datetime | None:
    """Read a time; one without a zone says nothing."""
    value = dt_util.parse_datetime(state)
    return value if value and value.tzinfo else None


def _text(state: str) -> str:
    """Leave one of several words as it is."""
    return state


@dataclass(frozen=True, kw_only=True)
class RuViewSensorDescription(SensorEntityDescription, RuViewEntityDescription):
    """Describes a sensor; a state that `value_fn` cannot read, or that is none of the options, is unknown."""

    value_fn: Callable[[str], Value] = _number


@dataclass(frozen=True, kw_only=True)
class RuViewMeasurementDescription(RuViewSensorDescription):
    """Describes a number. Where it has no unit here, it has none or a translated one."""

    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    suggested_display_precision: int | None = 0


DESCRIPTIONS = {
    description.key: description
    for description in (
        RuViewMeasurementDescription(key=EntityKey.MOTION_LEVEL, native_unit_of_measurement=PERCENTAGE),
        RuViewMeasurementDescription(key=EntityKey.MOTION_ENERGY, suggested_display_precision=2),
        RuViewMeasurementDescription(key=EntityKey.PERSON_COUNT, attributes=(ATTR_CONFIDENCE,), value_fn=_count),
        RuViewMeasurementDescription(key=EntityKey.POSE, attributes=(ATTR_PERSONS,), value_fn=_count),
        RuViewMeasurementDescription(
            key=EntityKey.PRESENCE_SCORE,
            native_unit_of_measurement=PERCENTAGE,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        RuViewMeasurementDescription(
            key=EntityKey.RSSI,
            device_class=SensorDeviceClass.SIGNAL_STRENGTH,
            native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        RuViewMeasurementDescription(key=EntityKey.BREATHING_RATE, attributes=(ATTR_CONFIDENCE,)),
        RuViewMeasurementDescription(
            key=EntityKey.HEART_RATE, native_unit_of_measurement=BEATS_PER_MINUTE, attributes=(ATTR_CONFIDENCE,)
        ),
        RuViewMeasurementDescription(
            key=EntityKey.FALL_RISK_ELEVATED,
            native_unit_of_measurement=PERCENTAGE,
            attributes=(ATTR_CONFIDENCE, ATTR_REASON),
        ),
        RuViewMeasurementDescription(
            key=EntityKey.BFLD_CONFIDENCE,
            native_unit_of_measurement=PERCENTAGE,
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
        RuViewMeasurementDescription(
            key=EntityKey.BFLD_IDENTITY_RISK,
            suggested_display_precision=2,
            entity_category=EntityCategory.DIAGNOSTIC,
            attributes=(ATTR_CALIBRATED,),
        ),
        RuViewSensorDescription(
            key=EntityKey.DATA_SOURCE,
            device_class=SensorDeviceClass.ENUM,
            options=list(ENTITY_OPTIONS[EntityKey.DATA_SOURCE]),
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=_text,
        ),
        RuViewSensorDescription(
            key=EntityKey.CALIBRATION,
            device_class=SensorDeviceClass.ENUM,
            options=list(ENTITY_OPTIONS[EntityKey.CALIBRATION]),
            entity_category=EntityCategory.DIAGNOSTIC,
            attributes=(ATTR_PROGRESS, ATTR_REASON, ATTR_VERSION),
            value_fn=_text,
        ),
        RuViewSensorDescription(
            key=EntityKey.LAST_SEEN,
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
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
    await async_track_entities(entry, async_add_entities, Platform.SENSOR, DESCRIPTIONS, RuViewSensor)


class RuViewSensor(RuViewEntity, SensorEntity):
    """A sensor of a node or a room."""

    entity_description: RuViewSensorDescription

    @property
    @override
    def native_value(self) -> Value:
        """Return the state, None while it is unknown; a newer server may have options that this version does not."""
        options = self.entity_description.options
        if (state := self.server_state) is None or (options and state.state not in options):
            return None
        return self.entity_description.value_fn(state.state)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what is to be known about the value."""
        return self.attributes(self.entity_description)
