"""The registries of a real Home Assistant, without its server: lets it write their files, says what it reads in them.

Runs in any Home Assistant since 2025.1 by itself, so it imports nothing of ours:
`python scripts/devkit/registries.py write FOLDER` makes the files of tests/golden/registries,
`python scripts/devkit/registries.py read FOLDER` prints what Home Assistant found in the files of FOLDER.
"""

import asyncio
import inspect
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, config_entries, loader
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

_DOMAIN, _ENTRY = "demo", "entry_1"
_FILES = (dr.STORAGE_KEY, er.STORAGE_KEY)

# The oldest version of the store that we care for; newer ones migrate it.
_CONFIG_ENTRIES = {
    "version": 1,
    "minor_version": 4,
    "key": "core.config_entries",
    "data": {
        "entries": [
            {
                "created_at": "2025-01-01T00:00:00+00:00",
                "data": {},
                "disabled_by": None,
                "discovery_keys": {},
                "domain": _DOMAIN,
                "entry_id": _ENTRY,
                "minor_version": 1,
                "modified_at": "2025-01-01T00:00:00+00:00",
                "options": {},
                "pref_disable_new_entities": False,
                "pref_disable_polling": False,
                "source": "user",
                "title": "Demo",
                "unique_id": None,
                "version": 1,
            }
        ]
    },
}


async def _start(folder: Path) -> HomeAssistant:
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (storage / "core.config_entries").write_text(json.dumps(_CONFIG_ENTRIES))
    hass = HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    await hass.config_entries.async_initialize()
    return hass


def _device(hass: HomeAssistant, name: str, via: str | None = None) -> str:
    """Register a device as an integration of that version would, and return its id."""
    devices = dr.async_get(hass)
    create = devices.async_get_or_create
    link: dict[str, Any] = {}
    if via is not None and (hub := devices.async_get(via)) is not None:
        by_id = "via_device_id" in inspect.signature(create).parameters
        link = {"via_device_id": via} if by_id else {"via_device": next(iter(hub.identifiers))}
    return create(
        config_entry_id=_ENTRY,
        identifiers={(_DOMAIN, name)},
        manufacturer="Acme",
        model="One",
        name=name.replace("_", " ").capitalize(),
        sw_version="1.0",
        **link,
    ).id


def _fill(hass: HomeAssistant) -> None:
    """Make what integrations and users make, as they make it."""
    entry = hass.config_entries.async_get_entry(_ENTRY)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    hub = _device(hass, "hub")
    node = _device(hass, "node_1", via=hub)
    gone = _device(hass, "node_2", via=hub)
    devices.async_update_device(node, name_by_user="Attic", labels={"warm"})
    if hasattr(devices, "async_get_or_create_child"):
        devices.async_get_or_create_child(
            config_entry_id=_ENTRY, identifiers={(_DOMAIN, "zone_1")}, name="Zone", parent_device_id=node
        )
    plain = entities.async_get_or_create(
        "binary_sensor",
        _DOMAIN,
        "hub_node_1_presence",
        config_entry=entry,
        device_id=node,
        has_entity_name=True,
        original_device_class="occupancy",
        suggested_object_id="node_1_presence",
        translation_key="presence",
    )
    aliases: Any = {"somebody"}  # a set once, a list now
    entities.async_update_entity(
        plain.entity_id,
        new_entity_id="binary_sensor.attic",
        name="Anybody",
        aliases=list(aliases) if hasattr(er, "ComputedNameType") else aliases,
        icon="mdi:home",
    )
    level = entities.async_get_or_create(
        "sensor",
        _DOMAIN,
        "hub_node_1_level",
        capabilities={"state_class": "measurement"},
        config_entry=entry,
        device_id=node,
        disabled_by=er.RegistryEntryDisabler.INTEGRATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_object_id="node_1_level",
        unit_of_measurement="%",
    )
    entities.async_update_entity_options(level.entity_id, "sensor", {"suggested_display_precision": 1})
    removed = entities.async_get_or_create(
        "sensor", _DOMAIN, "hub_node_2_level", config_entry=entry, device_id=gone, suggested_object_id="node_2_level"
    )
    entities.async_remove(removed.entity_id)
    devices.async_remove_device(gone)
    # Set up once and removed since: such entries have a time that is no whole number.
    orphan = entities.async_get_or_create("sensor", "other", "orphan", suggested_object_id="orphan")
    entities.async_remove(orphan.entity_id)


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        (target / name).write_bytes((source / name).read_bytes())


async def _write(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hass = await _start(Path(folder))
        _fill(hass)
        await hass.async_block_till_done()
        await hass.async_stop(force=True)
        _copy(Path(folder) / ".storage", target)


async def _read(source: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _copy(source, Path(folder) / ".storage")
        hass = await _start(Path(folder))
        devices, entities = dr.async_get(hass), er.async_get(hass)
        # Once a mapping, now a collection.
        known = [devices.async_get(device) if isinstance(device, str) else device for device in devices.devices]
        names = {device.id: min(name for _, name in device.identifiers) for device in known}
        found = {
            "devices": {
                names[device.id]: {
                    "id": device.id,
                    "name": device.name_by_user or device.name,
                    "manufacturer": device.manufacturer,
                    "model": device.model,
                    "sw_version": device.sw_version,
                    "via": names.get(device.via_device_id or ""),
                    "created_at": device.created_at.isoformat(),
                }
                for device in known
            },
            "entities": {
                entity.entity_id: {
                    "id": entity.id,
                    "platform": entity.platform,
                    "unique_id": entity.unique_id,
                    "config_entry_id": entity.config_entry_id,
                    "device": names.get(entity.device_id or ""),
                    "disabled_by": entity.disabled_by,
                    "entity_category": entity.entity_category,
                    "device_class": entity.original_device_class,
                    "unit": entity.unit_of_measurement,
                    "translation_key": entity.translation_key,
                    "name": entity.name,
                    "capabilities": entity.capabilities,
                    "created_at": entity.created_at.isoformat(),
                }
                for entity in entities.entities.values()
            },
            "removed": sorted(entity.entity_id for entity in entities.deleted_entities.values()),
        }
        print(json.dumps(found, indent=2, sort_keys=True, default=dict))
        await hass.async_stop(force=True)


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    task, where = sys.argv[1:]
    asyncio.run({"write": _write, "read": _read}[task](Path(where)))
