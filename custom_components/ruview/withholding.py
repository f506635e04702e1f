"""What the privacy class does not permit any more leaves Home Assistant: registry, states, and history."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import DATA_INSTANCE

from .api.catalog import ENTITY_FIELDS
from .const import DOMAIN

if TYPE_CHECKING:
    from .coordinator import RuViewConfigEntry, RuViewCoordinator

ISSUE_CLASS_CHANGED = "class_changed"


@callback
def async_withhold(hass: HomeAssistant, entry: RuViewConfigEntry, coordinator: RuViewCoordinator) -> None:
    """Remove the entities that may not exist any more, those too that are disabled or whose node is silent."""
    registry = er.async_get(hass)
    withheld = [
        found
        for found in er.async_entries_for_config_entry(registry, entry.entry_id)
        if found.translation_key in ENTITY_FIELDS and not coordinator.permits(*_kind(found))
    ]
    if not withheld:
        return
    for found in withheld:
        registry.async_remove(found.entity_id)
        hass.states.async_remove(found.entity_id)
    entity_ids = [found.entity_id for found in withheld]
    hass.async_create_task(_async_forget_history(hass, entity_ids), f"{DOMAIN} forgets what is withheld")
    if names := {_name(found) for found in withheld if not coordinator.class_permits(*_kind(found))}:
        _async_tell(hass, entry, sorted(names))


@callback
def _async_tell(hass: HomeAssistant, entry: RuViewConfigEntry, names: Sequence[str]) -> None:
    """Say what the class has removed: somebody else may have changed it, and automations may miss the entities."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry),
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_CLASS_CHANGED,
        translation_placeholders={"server": entry.title, "entities": ", ".join(names)},
    )


@callback
def async_clear_class_changed(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Forget that entities were removed: they may be back, or nobody needs to know any more."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))


def _kind(found: er.RegistryEntry) -> tuple[str, bool]:
    """Return what the table of classes asks of an entity: its key, and whether it is diagnostic."""
    return found.translation_key or "", found.entity_category is EntityCategory.DIAGNOSTIC


def _name(found: er.RegistryEntry) -> str:
    return found.name or found.original_name or found.entity_id


def _issue_id(entry: RuViewConfigEntry) -> str:
    return f"{ISSUE_CLASS_CHANGED}_{entry.entry_id}"


async def _async_forget_history(hass: HomeAssistant, entity_ids: Iterable[str]) -> None:
    """Remove states and statistics from the recorder, where there is one."""
    if (recorder := hass.data.get(DATA_INSTANCE)) is None:
        return
    ids = list(entity_ids)
    await hass.services.async_call("recorder", "purge_entities", {"entity_id": ids, "keep_days": 0}, blocking=True)
    recorder.async_clear_statistics(ids)
