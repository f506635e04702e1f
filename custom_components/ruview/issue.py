"""What all repair issues of a server that nobody can fix by a click have in common."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LEARN_MORE_REPAIRS


@callback
def async_create_issue(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    issue_id: str,
    key: str,
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
    **placeholders: str,
) -> None:
    """Create an issue; one that is there stays, with the user's word on it."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        learn_more_url=LEARN_MORE_REPAIRS,
        severity=severity,
        translation_key=key,
        translation_placeholders={"server": entry.title, **placeholders},
    )


@callback
def async_set_issue(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    key: str,
    *,
    stands: bool,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
) -> None:
    """Create or delete the one issue of this kind that a server can have."""
    issue_id = f"{key}_{entry.entry_id}"
    if stands:
        async_create_issue(hass, entry, issue_id, key, severity=severity)
    else:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
