"""Automation conditions: what a room means, where Home Assistant's own conditions see only one occupancy of many."""

from collections.abc import Mapping
from typing import ClassVar, override

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .api.catalog import EntityKey
from .registries import async_filter_entities


class RuViewStateCondition(EntityStateConditionBase):
    """Passes while our binary sensors of one kind are on. One that is unknown or unavailable says neither."""

    _domain_specs: Mapping[str, DomainSpec] = {BINARY_SENSOR_DOMAIN: DomainSpec()}
    _states: set[str | bool] = {STATE_ON}  # noqa: RUF012 - as the base class has it
    _key: ClassVar[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave only the entities that say this."""
        return async_filter_entities(self._hass, super().entity_filter(entities), self._key)


class IsRoomActiveCondition(RuViewStateCondition):
    """Passes while somebody is active in a room."""

    _key = EntityKey.ROOM_ACTIVE


class IsSomeoneSleepingCondition(RuViewStateCondition):
    """Passes while somebody sleeps in a room."""

    _key = EntityKey.SOMEONE_SLEEPING


CONDITIONS: Mapping[str, type[Condition]] = {
    "is_room_active": IsRoomActiveCondition,
    "is_someone_sleeping": IsSomeoneSleepingCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001
    """Return the conditions."""
    return dict(CONDITIONS)
