"""The repair issue that stands while the server and this integration do not understand each other."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api.catalog import API_VERSION
from .issue import async_set_issue

ISSUE_SERVER_TOO_OLD: Final = "server_too_old"
ISSUE_SERVER_TOO_NEW: Final = "server_too_new"


@callback
def async_check_version(hass: HomeAssistant, entry: ConfigEntry[Any], api: int) -> None:
    """Say which of the two has to be updated, or that it is done."""
    is_so = {ISSUE_SERVER_TOO_OLD: api < API_VERSION, ISSUE_SERVER_TOO_NEW: api > API_VERSION}
    for key, stands in is_so.items():
        async_set_issue(hass, entry, key, stands=stands, severity=ir.IssueSeverity.ERROR)
