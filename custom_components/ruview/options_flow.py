"""The options of a server: what it may say of people, and whether the user wants blueprints."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .const import CONF_INSTALL_BLUEPRINTS, CONF_POSES, CONF_PRIVACY_MODE
from .controls import PRIVACY_CLASS, PRIVACY_CLASSES, privacy_class_name
from .coordinator import RuViewConfigEntry, RuViewCoordinator

OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(PRIVACY_CLASS): SelectSelector(
            SelectSelectorConfig(
                options=list(PRIVACY_CLASSES), translation_key=PRIVACY_CLASS, mode=SelectSelectorMode.LIST
            )
        ),
        vol.Required(CONF_PRIVACY_MODE, default=False): bool,
        vol.Required(CONF_POSES, default=False): bool,
        vol.Required(CONF_INSTALL_BLUEPRINTS, default=False): bool,
    }
)

# Why a server does not take a class, in words of this form; anything else is "refused".
ERRORS: Final = frozenset(
    {"cannot_connect", "looser_class", "not_over_mqtt", "not_permitted", "not_stored", "timeout_connect"}
)


class RuViewOptionsFlow(OptionsFlowWithReload):
    """Changes what the server may say, and what of that becomes entities."""

    config_entry: RuViewConfigEntry

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what holds now, and tell the server what shall hold."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_connected")
        coordinator = self.config_entry.runtime_data.coordinator
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await _async_tell(coordinator, user_input)
            if not errors:
                options = {key: user_input[key] for key in (CONF_PRIVACY_MODE, CONF_POSES, CONF_INSTALL_BLUEPRINTS)}
                return self.async_create_entry(data={**self.config_entry.options, **options})
        shown = user_input or self._present(coordinator)
        # Home Assistant runs voluptuous as an alias of probatio, which type checkers cannot see.
        schema = self.add_suggested_values_to_schema(OPTIONS_SCHEMA, shown)  # type: ignore[arg-type]
        return self.async_show_form(step_id="init", data_schema=schema, errors=errors)

    def _present(self, coordinator: RuViewCoordinator) -> dict[str, Any]:
        """Return what holds now. The restricted class implies privacy mode, so what was wished without it is shown."""
        server, options = coordinator.server, self.config_entry.options
        wished = options.get(CONF_PRIVACY_MODE, False)
        restricted = server.privacy_class == PRIVACY_CLASSES["restricted"]
        return {
            PRIVACY_CLASS: privacy_class_name(server.privacy_class),
            CONF_PRIVACY_MODE: wished if restricted else server.privacy_mode,
            CONF_POSES: options.get(CONF_POSES, False),
            CONF_INSTALL_BLUEPRINTS: options.get(CONF_INSTALL_BLUEPRINTS, False),
        }


async def _async_tell(coordinator: RuViewCoordinator, wanted: Mapping[str, Any]) -> dict[str, str]:
    """Tell the server, where something is to change; return the form's errors."""
    server = coordinator.server
    privacy_class = PRIVACY_CLASSES[wanted[PRIVACY_CLASS]]
    restricted = privacy_class == PRIVACY_CLASSES["restricted"]
    if privacy_class == server.privacy_class and (restricted or wanted[CONF_PRIVACY_MODE] == server.privacy_mode):
        return {}
    try:
        await coordinator.async_set_privacy_class(wanted[PRIVACY_CLASS], privacy_mode=wanted[CONF_PRIVACY_MODE])
    except HomeAssistantError as err:
        return {"base": err.translation_key if err.translation_key in ERRORS else "refused"}
    return {}
