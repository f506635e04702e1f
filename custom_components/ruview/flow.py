"""What the steps of the config flow share: a form, and the attempt to connect as the entry will."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST
from homeassistant.data_entry_flow import AbortFlow

from .api.errors import InvalidHostError, RuViewError
from .api.models import ServerInfo
from .const import LOGGER
from .transport import async_create_connection, is_over_mqtt


class ServerFlow(ConfigFlow):
    """A flow that ends with a server."""

    def __init__(self) -> None:
        """Begin without a discovery."""
        self._found: dict[str, Any] = {}
        self._found_by = ""

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

    def _abort_if_over_mqtt(self, entry: ConfigEntry[Any] | None) -> None:
        """Leave an entry alone that reaches the server in another way: a server is there once."""
        if entry is not None and is_over_mqtt(entry.data):
            reason = "already_set_up"
            raise AbortFlow(reason)
