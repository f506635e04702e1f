"""The config flow: connect to a server that is typed in or found, and change its address or token."""

from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .api.catalog import DEFAULT_PORT
from .const import CONF_APP, DOMAIN, LOGGER
from .coordinator import RuViewConfigEntry
from .mqtt_flow import MqttFlow
from .options_flow import RuViewOptionsFlow
from .room_flow import RoomSubentryFlow
from .rooms import SUBENTRY_ROOM
from .transport import is_over_mqtt

# The integration without which there is no MQTT.
MQTT_DOMAIN = "mqtt"

# What identifies a server to those that find it: in the app's message, and in the record of an announcement.
ATTR_SERVER_ID = "server_id"
PROPERTY_SERVER_ID = "id"

TOKEN_SELECTOR = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
REAUTH_SCHEMA = vol.Schema({vol.Required(CONF_TOKEN): TOKEN_SELECTOR})
SERVER_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
        vol.Required(CONF_TOKEN): TOKEN_SELECTOR,
        vol.Required(CONF_SSL, default=False): bool,
        vol.Required(CONF_VERIFY_SSL, default=True): bool,
    }
)
# An empty token keeps the one that is there: nobody should have to look it up to change a port.
RECONFIGURE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
        vol.Optional(CONF_TOKEN): TOKEN_SELECTOR,
        vol.Required(CONF_SSL, default=False): bool,
        vol.Required(CONF_VERIFY_SSL, default=True): bool,
    }
)
# What an announcement says need not be typed in.
ZEROCONF_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_TOKEN): TOKEN_SELECTOR,
        vol.Required(CONF_SSL, default=False): bool,
        vol.Required(CONF_VERIFY_SSL, default=True): bool,
    }
)
# What the app tells of its server.
APP_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): str,
        vol.Required(CONF_PORT): cv.port,
        vol.Required(CONF_TOKEN): str,
        vol.Required(ATTR_SERVER_ID): str,
    },
    extra=vol.ALLOW_EXTRA,
)


class RuViewConfigFlow(MqttFlow, domain=DOMAIN):
    """Sets up a server."""

    VERSION = 1
    MINOR_VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: RuViewConfigEntry) -> RuViewOptionsFlow:
        """Return the flow that changes what the server may say."""
        return RuViewOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what can be added to a server: rooms."""
        return {SUBENTRY_ROOM: RoomSubentryFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how the server is reached, where there is a choice: without the MQTT integration there is none."""
        if self.hass.config_entries.async_entries(MQTT_DOMAIN, include_ignore=False, include_disabled=False):
            return self.async_show_menu(step_id="user", menu_options=["server", "broker"])
        return await self.async_step_server(user_input)

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the address and the token of a server."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = user_input | {CONF_HOST: user_input[CONF_HOST].strip(), CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            info, errors = await self._async_try(data)
            if info is not None:
                self._abort_if_over_mqtt(await self.async_set_unique_id(info.server_id, raise_on_progress=False))
                self._abort_if_unique_id_configured(updates=data)
                return self.async_create_entry(title=info.name, data=data)
        return self._show_form("server", SERVER_SCHEMA, user_input, errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the address or the token of the same server."""
        entry = self._get_reconfigure_entry()
        if is_over_mqtt(entry.data):
            return await self.async_step_reconfigure_mqtt()
        errors: dict[str, str] = {}
        if user_input is not None:
            token = user_input.get(CONF_TOKEN, "").strip() or entry.data[CONF_TOKEN]
            data = user_input | {CONF_HOST: user_input[CONF_HOST].strip(), CONF_TOKEN: token}
            info, errors = await self._async_try(data)
            if info is not None:
                await self.async_set_unique_id(info.server_id, raise_on_progress=False)
                self._abort_if_unique_id_mismatch(reason="wrong_server")
                return self.async_update_reload_and_abort(entry, data_updates=data)
        shown = user_input or {key: value for key, value in entry.data.items() if key != CONF_TOKEN}
        return self._show_form("reconfigure", RECONFIGURE_SCHEMA, shown, errors, {"server": entry.title})

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Take up a server that announces itself; one that has moved is asked who it is before an entry follows it."""
        server_id = discovery_info.properties.get(PROPERTY_SERVER_ID)
        if not server_id or discovery_info.port is None:
            return self.async_abort(reason="invalid_discovery")
        self._found = {CONF_HOST: discovery_info.host, CONF_PORT: discovery_info.port}
        self._found_by = discovery_info.name.partition(".")[0]
        if (entry := await self.async_set_unique_id(server_id)) is not None:
            self._abort_if_over_mqtt(entry)
            await self._async_follow(entry)
            self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": self._found_by}
        return await self.async_step_zeroconf_confirm()

    async def async_step_zeroconf_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the token of a server that was found."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {**self._found, **user_input, CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            info, errors = await self._async_try(data)
            if info is not None:
                if info.server_id != self.unique_id:
                    return self.async_abort(reason="wrong_server")
                return self.async_create_entry(title=info.name, data=data)
        placeholders = {"server": self._found_by, "host": self._found[CONF_HOST]}
        return self._show_form("zeroconf_confirm", ZEROCONF_SCHEMA, user_input, errors, placeholders)

    @override
    async def async_step_hassio(self, discovery_info: HassioServiceInfo) -> ConfigFlowResult:
        """Take up the server of the app. The Supervisor vouches for it, so an entry takes its new address at once."""
        try:
            found = APP_SCHEMA(discovery_info.config)
        except vol.Invalid as err:
            LOGGER.warning("The app does not say how its server is reached: %s", err)
            return self.async_abort(reason="invalid_discovery")
        self._found = {key: found[key] for key in (CONF_HOST, CONF_PORT, CONF_TOKEN)}
        self._found |= {CONF_SSL: False, CONF_VERIFY_SSL: True, CONF_APP: discovery_info.slug}
        self._found_by = discovery_info.name
        self._abort_if_over_mqtt(await self.async_set_unique_id(found[ATTR_SERVER_ID]))
        self._abort_if_unique_id_configured(updates=self._found)
        self.context["title_placeholders"] = {"name": self._found_by}
        return await self.async_step_hassio_confirm()

    async def async_step_hassio_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for nothing but a click."""
        errors: dict[str, str] = {}
        if user_input is not None:
            info, errors = await self._async_try(self._found)
            if info is not None:
                if info.server_id != self.unique_id:
                    return self.async_abort(reason="wrong_server")
                return self.async_create_entry(title=info.name, data=self._found)
        return self._show_form("hassio_confirm", vol.Schema({}), user_input, errors, {"app": self._found_by})

    async def _async_follow(self, entry: ConfigEntry[Any]) -> None:
        """Move an entry to the address that was found, unless it has a server already or another one answers there.

        Anybody in the network can announce anything, so an entry that works is left alone.
        """
        found = {**entry.data, **self._found}
        if entry.state is ConfigEntryState.LOADED and entry.runtime_data.coordinator.connected:
            return
        if found == entry.data:
            return
        info, _errors = await self._async_try(found)
        if info is not None and info.server_id == entry.unique_id:
            self.hass.config_entries.async_update_entry(entry, data=found)
            self.hass.config_entries.async_schedule_reload(entry.entry_id)

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
