"""Home Assistant's device and entity registries follow the server's."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later

from .api.models import Device, Entity
from .const import DOMAIN
from .controls import LOCAL_KEYS
from .rooms import Room, rooms_of

if TYPE_CHECKING:
    from .coordinator import RuViewConfigEntry

# So long after a device came all of its entities have come too.
SETTLED_AFTER_S: Final = 5.0

KIND_NODE = "node"
KIND_ROOM = "room"
KIND_SERVER = "server"
KIND_ZONE = "zone"


def device_identifier(entry: RuViewConfigEntry, device_id: str) -> tuple[str, str]:
    """Return what identifies a device of the server in Home Assistant: a node's id is unique on its server only."""
    server_id = entry.unique_id
    return (DOMAIN, device_id if device_id == server_id else f"{server_id}_{device_id}")


@callback
def async_find_device(hass: HomeAssistant, entry: RuViewConfigEntry, device_id: str) -> dr.AnyDeviceEntry | None:
    """Return Home Assistant's entry for a device of the server; that of a zone is a child device."""
    registry = dr.async_get(hass)
    identifier = device_identifier(entry, device_id)
    return registry.async_get_device_by_identifier(
        identifier, entry.entry_id
    ) or registry.async_get_child_device_by_identifier(identifier, entry.entry_id)


@callback
def async_remove_moved(hass: HomeAssistant, entry: RuViewConfigEntry, devices: Collection[Device]) -> list[str]:
    """Remove zones that hang on another device than before, and rooms that have come to a subentry; return their ids.

    Home Assistant cannot move a child device, and removes the entities of a device that moves to a subentry. What is
    registered again gets back what the user made of it.
    """
    rooms = {device.id for device in devices if _has_come_to_a_subentry(hass, entry, device)}
    moved = [device.id for device in devices if device.id in rooms or _hangs_elsewhere(hass, entry, device, rooms)]
    for device_id in moved:
        async_remove_device(hass, entry, device_id)
    return moved


def _has_come_to_a_subentry(hass: HomeAssistant, entry: RuViewConfigEntry, device: Device) -> bool:
    """Return whether a room is described by another subentry than its device belongs to."""
    found = async_find_device(hass, entry, device.id)
    room = _room(entry, device)
    return found is not None and room is not None and found.config_subentry_id != room.subentry_id


def _hangs_elsewhere(hass: HomeAssistant, entry: RuViewConfigEntry, device: Device, rooms: Collection[str]) -> bool:
    """Return whether a zone is a part of another device than before, or of one that has moved."""
    found = async_find_device(hass, entry, device.id)
    if not isinstance(found, dr.ChildDeviceEntry):
        return False
    parent = _parent(hass, entry, device)
    return parent is None or parent.id != found.parent_device_id or device.via_device_id in rooms


def _room(entry: RuViewConfigEntry, device: Device) -> Room | None:
    """Return the room that a device is, if it is one that the user has described here."""
    rooms = rooms_of(entry) if device.kind == KIND_ROOM else []
    return next((room for room in rooms if room.device_id == device.id), None)


@callback
def async_update_devices(
    hass: HomeAssistant,
    entry: RuViewConfigEntry,
    devices: Iterable[Device],
) -> list[dr.AnyDeviceEntry]:
    """Create or update devices; each goes before those that are linked to it, and zones come last."""
    registry = dr.async_get(hass)
    registered: list[dr.AnyDeviceEntry] = []
    for device in sorted(_by_depth(devices), key=lambda device: device.kind == KIND_ZONE):
        identifiers = {device_identifier(entry, device.id)}
        if (parent := _parent(hass, entry, device)) is not None:
            registered.append(
                registry.async_get_or_create_child(
                    config_entry_id=entry.entry_id,
                    config_subentry_id=parent.config_subentry_id,
                    identifiers=identifiers,
                    name=device.name,
                    parent_device_id=parent.id,
                )
            )
            continue
        via = async_find_device(hass, entry, device.via_device_id) if device.via_device_id else None
        room = _room(entry, device)
        is_new = async_find_device(hass, entry, device.id) is None
        registered.append(
            registry.async_get_or_create(
                config_entry_id=entry.entry_id,
                config_subentry_id=room.subentry_id if room else None,
                identifiers=identifiers,
                entry_type=dr.DeviceEntryType.SERVICE if device.kind == KIND_SERVER else None,
                name=device.name,
                manufacturer=device.manufacturer,
                model=device.model,
                sw_version=device.sw_version,
                # Nothing can be reached by way of a child device.
                via_device_id=via.id if isinstance(via, dr.DeviceEntry) else None,
            )
        )
        if room and is_new:
            _async_put_into_area_later(hass, entry, room)
    return registered


@callback
def _async_put_into_area_later(hass: HomeAssistant, entry: RuViewConfigEntry, room: Room) -> None:
    """Put a new room into its area when its entities are there.

    Their ids begin with the area that they are in by then: bedroom_bedroom_presence, where both have one name.
    """

    @callback
    def _put(_now: datetime) -> None:
        async_put_into_area(hass, entry, room.device_id, room.area_id)

    entry.async_on_unload(async_call_later(hass, SETTLED_AFTER_S, _put))


@callback
def async_put_into_area(
    hass: HomeAssistant, entry: RuViewConfigEntry, device_id: str, area_id: str | None, before: str | None = None
) -> None:
    """Put a device into the area of its room, unless the user has put it into another one."""
    device = async_find_device(hass, entry, device_id)
    if isinstance(device, dr.DeviceEntry) and device.area_id in {None, before} and device.area_id != area_id:
        dr.async_get(hass).async_update_device(device.id, area_id=area_id)


def _parent(hass: HomeAssistant, entry: RuViewConfigEntry, device: Device) -> dr.DeviceEntry | None:
    """Return the device that a zone is a part of: its room, the node that is all of its room, or else the server."""
    if device.kind != KIND_ZONE:
        return None
    for device_id in (device.via_device_id, entry.unique_id):
        found = device_id and async_find_device(hass, entry, device_id)
        if isinstance(found, dr.DeviceEntry):
            return found
    return None


def _by_depth(devices: Iterable[Device]) -> list[Device]:
    """Sort devices so that each comes after the one that it is linked to; a link to nothing is no reason to fail."""
    waiting = {device.id: device for device in devices}
    ordered: list[Device] = []
    while waiting:
        free = [device for device in waiting.values() if device.via_device_id not in waiting]
        # Devices that are linked in a circle come as they are.
        ordered += free or waiting.values()
        waiting = {device.id: device for device in waiting.values() if free and device not in free}
    return ordered


@callback
def async_remove_device(hass: HomeAssistant, entry: RuViewConfigEntry, device_id: str) -> None:
    """Remove a device; its entities go with it."""
    if device := async_find_device(hass, entry, device_id):
        dr.async_get(hass).async_remove_device(device.id)


@callback
def async_remove_entity(hass: HomeAssistant, entity: Entity) -> None:
    """Remove an entity."""
    registry = er.async_get(hass)
    if entity_id := registry.async_get_entity_id(entity.domain, DOMAIN, entity.unique_id):
        registry.async_remove(entity_id)


@callback
def async_filter_entities(hass: HomeAssistant, entity_ids: Iterable[str], key: str) -> set[str]:
    """Leave only our entities with this key: others may have the same domain, and users give ids as they like."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id)) and entry.platform == DOMAIN and entry.translation_key == key
    }


@callback
def async_remove_stale_entities(
    hass: HomeAssistant,
    devices: Iterable[dr.AnyDeviceEntry],
    announced: Iterable[Entity],
) -> None:
    """Remove the entities of these devices that the server does not announce any more."""
    registry = er.async_get(hass)
    unique_ids = {entity.unique_id for entity in announced}
    for device in devices:
        for entry in er.async_entries_for_device(registry, device.id, include_disabled_entities=True):
            if entry.translation_key in LOCAL_KEYS:
                continue
            # Other integrations may have entities on our devices; those are theirs.
            if entry.platform == DOMAIN and entry.unique_id not in unique_ids:
                registry.async_remove(entry.entity_id)
