"""Repair issues: what a user should know without looking for it."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api.catalog import DataSource, EntityKey
from .const import DOMAIN
from .coordinator import RuViewConfigEntry

ISSUE_SIMULATED_DATA = "simulated_data"


@callback
def async_setup_issues(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Keep an issue open while a node's data is simulated: nobody may take a demo for his home.

    Without a connection nothing is known, and the issue stays as it was: one that came and went with every restart of
    the server would forget that the user has ignored it.
    """
    coordinator = entry.runtime_data.coordinator
    issue_id = f"{ISSUE_SIMULATED_DATA}_{entry.entry_id}"
    shown: list[str] = []

    @callback
    def _check() -> None:
        nonlocal shown
        if not coordinator.connected or (names := _simulated_nodes(entry)) == shown:
            return
        shown = names
        if not names:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_SIMULATED_DATA,
            translation_placeholders={"server": entry.title, "nodes": ", ".join(names)},
        )

    @callback
    def _check_state(entity_id: str) -> None:
        entity = coordinator.data.entities.get(entity_id)
        if entity is not None and entity.key == EntityKey.DATA_SOURCE:
            _check()

    _check()
    entry.async_on_unload(coordinator.async_add_listener(_check))
    entry.async_on_unload(coordinator.async_subscribe_states(_check_state))
    entry.async_on_unload(lambda: ir.async_delete_issue(hass, DOMAIN, issue_id))


def _simulated_nodes(entry: RuViewConfigEntry) -> list[str]:
    """Return the names of the nodes whose data is simulated."""
    data = entry.runtime_data.coordinator.data
    return sorted(
        data.devices[entity.device_id].name
        for entity in data.entities.values()
        if entity.key == EntityKey.DATA_SOURCE
        and entity.device_id in data.devices
        and (state := data.states.get(entity.entity_id)) is not None
        and state.state == DataSource.SIMULATED
    )
