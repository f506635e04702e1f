"""Numbers: for how long presence outlasts what was seen in a room."""

from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalog import MAX_HOLD_S, MIN_HOLD_S
from .controls import HOLD_TIME
from .coordinator import RuViewConfigEntry
from .room_settings import RuViewRoomSetting, async_track_rooms
from .rooms import CONF_HOLD_TIME

# One command at a time.
PARALLEL_UPDATES = 1

DESCRIPTION = NumberEntityDescription(
    key=HOLD_TIME,
    device_class=NumberDeviceClass.DURATION,
    entity_category=EntityCategory.CONFIG,
    mode=NumberMode.BOX,
    native_max_value=MAX_HOLD_S,
    native_min_value=MIN_HOLD_S,
    native_step=1,
    native_unit_of_measurement=UnitOfTime.SECONDS,
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the hold time of each room."""
    async_track_rooms(entry, async_add_entities, Platform.NUMBER, DESCRIPTION, RuViewHoldTime)


class RuViewHoldTime(RuViewRoomSetting, NumberEntity):
    """The hold time of a room."""

    @property
    @override
    def native_value(self) -> float:
        """Return what is set."""
        return self.room.hold_s

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it."""
        await self.async_set({"hold_s": int(value)}, {CONF_HOLD_TIME: int(value)})
