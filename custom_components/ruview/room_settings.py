"""What can be set of a room without its form. It is kept in the room's subentry, from where the server is told."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api.catalog import EntityKey, Service
from .const import DOMAIN
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import async_find_device
from .rooms import Room, rooms_of


@callback
def async_track_rooms(
    entry: RuViewConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    description: EntityDescription,
    factory: Callable[[RuViewCoordinator, str, EntityDescription], RuViewRoomSetting],
) -> None:
    """Add a setting of each room, now and whenever there is a new one, and remove those of rooms that are gone.

    It is on the room's own device, or on that of the node that is the room.
    """
    coordinator = entry.runtime_data.coordinator
    known: set[str] = set()
    checked: tuple[list[Room], list[str | None]] | None = None

    @callback
    def _check() -> None:
        nonlocal checked
        rooms = rooms_of(entry)
        hosts = [_host(coordinator, room) for room in rooms]
        if (rooms, hosts) == checked:
            return
        checked = (rooms, hosts)
        # Where the server does not tell yet, everything stays.
        waiting = {
            device_id
            for room, host in zip(rooms, hosts, strict=True)
            if host is None
            for device_id in (room.device_id, *room.nodes)
        }
        current = {device_id for device_id in hosts if device_id is not None}
        wanted = {_unique_id(entry, device_id, description.key) for device_id in current | waiting}
        _async_remove_others(coordinator.hass, entry, platform, description.key, wanted)
        added = sorted(current - known)
        known.clear()
        known.update(current)
        for device_id in added:
            setting = factory(coordinator, device_id, description)
            subentry_id = setting.device_entry.config_subentry_id if setting.device_entry else None
            async_add_entities([setting], config_subentry_id=subentry_id)

    entry.async_on_unload(coordinator.async_add_listener(_check))
    _check()


class RuViewRoomSetting(CoordinatorEntity[RuViewCoordinator]):
    """A setting of a room."""

    _attr_has_entity_name = True

    room: Room

    def __init__(self, coordinator: RuViewCoordinator, device_id: str, description: EntityDescription) -> None:
        """Set up on a device."""
        super().__init__(coordinator)
        self.entity_description = description
        self._device_id = device_id
        self._attr_unique_id = _unique_id(coordinator.config_entry, device_id, description.key)
        self._attr_translation_key = description.key
        self.device_entry = async_find_device(coordinator.hass, coordinator.config_entry, device_id)
        self._shown: tuple[bool, Room] | None = None
        self._find_room()

    async def async_set(self, said: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        """Tell the server, which may refuse, and keep it in the subentry."""
        await self.coordinator.async_call_service(Service.SET_THRESHOLDS, {"room_id": self.room.id, **said})
        entry = self.coordinator.config_entry
        subentry = entry.subentries[str(self.room.subentry_id)]
        self.coordinator.hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **kept})

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write when the room is set otherwise; much else is told without a context."""
        self._find_room()
        if (current := (self.coordinator.last_update_success, self.room)) != self._shown:
            self._shown = current
            super()._handle_coordinator_update()

    def _find_room(self) -> None:
        """Find the room on this device. Where there is none any more, the entity is about to go."""
        for room in rooms_of(self.coordinator.config_entry):
            if _host(self.coordinator, room) == self._device_id:
                self.room = room


def _host(coordinator: RuViewCoordinator, room: Room) -> str | None:
    """Return the id of the device that shows the settings of a room; None while the server does not tell of it.

    Several nodes that measure the channel have a device of their room. A radio that only overhears does not count.
    """
    entities = coordinator.data.entities.values()
    overhearing, measuring = (
        {entity.device_id for entity in entities if entity.key == key}
        for key in (EntityKey.BFLD_PRESENCE, EntityKey.CALIBRATION)
    )
    is_fused = sum(node not in overhearing - measuring for node in room.nodes) > 1
    candidates = (room.device_id,) if is_fused else room.nodes
    registered = partial(async_find_device, coordinator.hass, coordinator.config_entry)
    return next((device_id for device_id in candidates if registered(device_id)), None)


def _unique_id(entry: RuViewConfigEntry, device_id: str, key: str) -> str:
    return f"{entry.unique_id}_{device_id}_{key}"


@callback
def _async_remove_others(
    hass: HomeAssistant, entry: RuViewConfigEntry, platform: Platform, key: str, wanted: set[str]
) -> None:
    """Remove the entities of this kind that no room has any more."""
    registry = er.async_get(hass)
    for found in er.async_entries_for_config_entry(registry, entry.entry_id):
        is_ours = found.platform == DOMAIN and found.domain == platform and found.translation_key == key
        if is_ours and found.unique_id not in wanted:
            registry.async_remove(found.entity_id)
