"""The config flow: connect to a server, and give it a new token."""

from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType

from .api.catalog import DEFAULT_PORT
from .api.errors import InvalidHostError, RuViewError
from .api.models import ServerInfo
from .const import DOMAIN, LOGGER
from .transport import async_create_connection

TOKEN_SELECTOR = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
REAUTH_SCHEMA = vol.Schema({vol.Required(CONF_TOKEN): TOKEN_SELECTOR})
USER_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
        vol.Required(CONF_TOKEN): TOKEN_SELECTOR,
        vol.Required(CONF_SSL, default=False): bool,
        vol.Required(CONF_VERIFY_SSL, default=True): bool,
    }
)


class RuViewConfigFlow(ConfigFlow, domain=DOMAIN):
    """Sets up a server."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address and the token of a server."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = user_input | {CONF_HOST: user_input[CONF_HOST].strip(), CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            info, errors = await self._async_try(data)
            if info is not None:
                await self.async_set_unique_id(info.server_id, raise_on_progress=False)
                self._abort_if_unique_id_configured(updates=data)
                return self.async_create_entry(title=info.name, data=data)
        return self._show_form("user", USER_SCHEMA, user_input, errors)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:  # noqa: ARG002
        """Begin to ask for a new token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new token, and take it when it opens the same server."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            token = {CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            info, errors = await self._async_try({**entry.data, **token})
            if info is not None:
                await self.async_set_unique_id(info.server_id)
                self._abort_if_unique_id_mismatch(reason="wrong_server")
                return self.async_update_reload_and_abort(entry, data_updates=token)
        placeholders = {"server": entry.title, "host": entry.data[CONF_HOST]}
        return self._show_form("reauth_confirm", REAUTH_SCHEMA, user_input, errors, placeholders)

    def _show_form(
        self,
        step_id: str,
        schema: vol.Schema,
        user_input: dict[str, Any] | None,
        errors: dict[str, str],
        placeholders: dict[str, str] | None = None,
    ) -> ConfigFlowResult:
        """Show a form; after an error it keeps what was entered."""
        # Home Assistant runs voluptuous as an alias of probatio, which type checkers cannot see.
        filled = self.add_suggested_values_to_schema(schema, user_input)  # type: ignore[arg-type]
        return self.async_show_form(
            step_id=step_id, data_schema=filled, description_placeholders=placeholders, errors=errors
        )

    async def _async_try(self, data: Mapping[str, Any]) -> tuple[ServerInfo | None, dict[str, str]]:
        """Connect as the entry will; return who answers, or the form's errors."""
        try:
            connection = async_create_connection(self.hass, data)
            info = await connection.connect()
            await connection.close()
        except InvalidHostError as err:
            return None, {CONF_HOST: err.key}
        except RuViewError as err:
            LOGGER.debug("Cannot set up a server: %s", err)
            return None, {"base": err.key}
        except Exception:  # noqa: BLE001 - logged with its traceback; the form stays usable
            LOGGER.exception("Unexpected error while connecting to a server")
            return None, {"base": "unknown"}
        return info, {}
