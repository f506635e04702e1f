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

from .api.catalog import Service
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
    factory: Callable[[RuViewCoordinator, Mapping[str, Room], str, EntityDescription], RuViewRoomSetting],
) -> None:
    """Add a setting of each room, now and whenever there is a new one, and remove those of rooms that are gone.

    It is on the room's own device, or on that of the node that is the room.
    """
    coordinator = entry.runtime_data.coordinator
    # By the device that shows their settings; the settings look here what they are.
    shown: dict[str, Room] = {}
    checked: tuple[list[Room], list[str | None]] | None = None

    @callback
    def _check() -> None:
        nonlocal checked
        rooms = rooms_of(entry)
        hosts = [_host(coordinator, room) for room in rooms]
        if (rooms, hosts) == checked:
            return
        checked = (rooms, hosts)
        known = set(shown)
        shown.clear()
        shown.update((host, room) for room, host in zip(rooms, hosts, strict=True) if host is not None)
        # Where the server does not tell yet, everything stays.
        waiting = {
            device_id
            for room, host in zip(rooms, hosts, strict=True)
            if host is None
            for device_id in (room.device_id, *room.nodes)
        }
        wanted = {_unique_id(entry, device_id, description.key) for device_id in shown.keys() | waiting}
        _async_remove_others(coordinator.hass, entry, platform, description.key, wanted)
        for device_id in sorted(shown.keys() - known):
            setting = factory(coordinator, shown, device_id, description)
            subentry_id = setting.device_entry.config_subentry_id if setting.device_entry else None
            async_add_entities([setting], config_subentry_id=subentry_id)

    entry.async_on_unload(coordinator.async_add_listener(_check))
    _check()


class RuViewRoomSetting(CoordinatorEntity[RuViewCoordinator]):
    """A setting of a room."""

    _attr_has_entity_name = True

    def __init__(
        self,
        coordinator: RuViewCoordinator,
        rooms: Mapping[str, Room],
        device_id: str,
        description: EntityDescription,
    ) -> None:
        """Set up on a device, for the room that is there, which may become another one."""
        super().__init__(coordinator)
        self.entity_description = description
        self._rooms = rooms
        self._device_id = device_id
        self.room = rooms[device_id]
        self._attr_unique_id = _unique_id(coordinator.config_entry, device_id, description.key)
        self._attr_translation_key = description.key
        self.device_entry = async_find_device(coordinator.hass, coordinator.config_entry, device_id)
        self._shown: tuple[bool, Room] | None = None

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
        self.room = self._rooms.get(self._device_id, self.room)
        if (current := (self.coordinator.last_update_success, self.room)) != self._shown:
            self._shown = current
            super()._handle_coordinator_update()


def _host(coordinator: RuViewCoordinator, room: Room) -> str | None:
    """Return the id of the device that shows the settings of a room; None while the server does not tell of it."""
    candidates = (room.device_id,) if room.is_fused else room.nodes
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
