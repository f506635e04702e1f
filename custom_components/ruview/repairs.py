"""What a repair issue can do by itself: start the app that runs the server."""

import voluptuous as vol
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .app import async_start_app
from .const import LOGGER


class StartAppFlow(RepairsFlow):
    """Starts the app after a click."""

    def __init__(self, entry_id: str, app: str) -> None:
        """Know whose app it is."""
        super().__init__()
        self._entry_id = entry_id
        self._app = app

    async def async_step_init(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002
    ) -> RepairsFlowResult:
        """Ask first."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Start it, and connect as soon as it runs."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None:
            return self.async_abort(reason="removed")
        placeholders = {"app": self._app, "server": entry.title}
        if user_input is None:
            # Home Assistant runs voluptuous as an alias of probatio, which type checkers cannot see.
            schema = vol.Schema({})
            return self.async_show_form(
                step_id="confirm",
                data_schema=schema,  # type: ignore[arg-type]
                description_placeholders=placeholders,
            )
        try:
            await async_start_app(self.hass, entry)
        except HomeAssistantError as err:
            LOGGER.warning("The app %s could not be started: %s", self._app, err)
            return self.async_abort(reason="not_started", description_placeholders=placeholders)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001
    issue_id: str,  # noqa: ARG001 - there is one kind
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow of an issue that can be fixed."""
    data = data or {}
    return StartAppFlow(str(data.get("entry_id")), str(data.get("app")))
