"""The repair issue that stands while the server and this integration do not understand each other."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api.catalog import API_VERSION
from .const import DOMAIN, LEARN_MORE_REPAIRS

ISSUE_SERVER_TOO_OLD: Final = "server_too_old"
ISSUE_SERVER_TOO_NEW: Final = "server_too_new"


@callback
def async_check_version(hass: HomeAssistant, entry: ConfigEntry[Any], api: int) -> None:
    """Say which of the two has to be updated, or that it is done."""
    is_so = {ISSUE_SERVER_TOO_OLD: api < API_VERSION, ISSUE_SERVER_TOO_NEW: api > API_VERSION}
    for key, stands in is_so.items():
        issue_id = f"{key}_{entry.entry_id}"
        if not stands:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            learn_more_url=LEARN_MORE_REPAIRS,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"server": entry.title},
        )
