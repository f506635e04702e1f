"""The app that runs a server on Home Assistant OS: whether it runs, and what starts it again.

Only entries that the Supervisor has told of have an app. Its client library is not there without a Supervisor, so it is
imported only when there is one.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.hassio import is_hassio

from .const import CONF_APP, DOMAIN, LEARN_MORE_REPAIRS, LOGGER
from .coordinator import RuViewConfigEntry

ISSUE_APP_NOT_RUNNING: Final = "app_not_running"
LOOK_EVERY: Final = timedelta(minutes=1)
# A restart and an update stop the app too: it has to be seen stopped this often, a minute apart.
LOOKS: Final = 2


@callback
def async_watch_app(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Tell when the server is gone because its app is stopped, until the server is back."""
    if CONF_APP not in entry.data:
        return
    coordinator = entry.runtime_data.coordinator
    stopped = 0

    @callback
    def _changed() -> None:
        nonlocal stopped
        if coordinator.connected:
            stopped = 0
            ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))

    async def _look(_now: datetime) -> None:
        nonlocal stopped
        if coordinator.connected:
            return
        name = await _async_stopped(hass, entry)
        stopped = 0 if name is None else stopped + 1
        if name is not None and stopped >= LOOKS and not coordinator.connected:
            _create_issue(hass, entry, name)

    _changed()
    entry.async_on_unload(coordinator.async_add_listener(_changed))
    entry.async_on_unload(async_track_time_interval(hass, _look, LOOK_EVERY, cancel_on_shutdown=True))


async def async_check_app(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Tell at once when a server cannot be reached at the start because its app is stopped."""
    if (name := await _async_stopped(hass, entry)) is not None:
        _create_issue(hass, entry, name)


async def async_start_app(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Start the app; raise when the Supervisor does not."""
    if CONF_APP not in entry.data or not is_hassio(hass):
        message = "this server has no app here"
        raise HomeAssistantError(message)
    from aiohasupervisor import SupervisorError  # noqa: PLC0415
    from homeassistant.components.hassio import get_supervisor_client  # noqa: PLC0415

    try:
        await get_supervisor_client(hass).addons.start_addon(entry.data[CONF_APP])
    except SupervisorError as err:
        raise HomeAssistantError(str(err)) from err


async def _async_stopped(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str | None:
    """Return the name of the app when it is there and stopped; what the Supervisor does not say is not known."""
    if CONF_APP not in entry.data or not is_hassio(hass):
        return None
    from aiohasupervisor import SupervisorError  # noqa: PLC0415
    from aiohasupervisor.models import AddonState  # noqa: PLC0415
    from homeassistant.components.hassio import get_supervisor_client  # noqa: PLC0415

    try:
        app = await get_supervisor_client(hass).addons.addon_info(entry.data[CONF_APP])
    except SupervisorError as err:
        LOGGER.debug("The Supervisor does not say whether the app runs: %s", err)
        return None
    return app.name if app.state in {AddonState.STOPPED, AddonState.ERROR} else None


def _issue_id(entry: ConfigEntry[Any]) -> str:
    return f"{ISSUE_APP_NOT_RUNNING}_{entry.entry_id}"


@callback
def _create_issue(hass: HomeAssistant, entry: ConfigEntry[Any], name: str) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry),
        data={"entry_id": entry.entry_id, "app": name},
        is_fixable=True,
        learn_more_url=LEARN_MORE_REPAIRS,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_APP_NOT_RUNNING,
        translation_placeholders={"app": name, "server": entry.title},
    )
