"""The steps of the config flow for servers that are reached over MQTT."""

from typing import Any, override

import voluptuous as vol
from homeassistant.components.mqtt import valid_publish_topic
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from .api.errors import ProtocolError, RuViewError
from .api.mqtt import DEFAULT_PREFIX, Introduction, ServerTopics
from .const import CONF_PUBLIC_KEY, CONF_SERVER_ID, CONF_TOPIC_PREFIX, LOGGER
from .flow import ServerFlow
from .mqtt_connection import async_find_servers

BROKER_SCHEMA = vol.Schema({vol.Required(CONF_TOPIC_PREFIX, default=DEFAULT_PREFIX): TextSelector()})


class MqttFlow(ServerFlow):
    """Sets up servers on Home Assistant's broker."""

    def __init__(self) -> None:
        """Begin without a server."""
        super().__init__()
        self._introductions: dict[str, Introduction] = {}

    async def async_step_broker(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Look for servers on the broker; one needs no choice."""
        errors: dict[str, str] = {}
        if user_input is not None:
            prefix, found, errors = await self._async_find(user_input)
            if found:
                self._found = {CONF_TOPIC_PREFIX: prefix}
                self._introductions = {introduction.server.server_id: introduction for introduction in found}
                only = {CONF_SERVER_ID: found[0].server.server_id} if len(found) == 1 else None
                return await self.async_step_broker_server(only)
        return self._show_form("broker", BROKER_SCHEMA, user_input, errors)

    async def async_step_broker_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which of several servers is meant, and add it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            introduction = self._introductions[user_input[CONF_SERVER_ID]]
            await self.async_set_unique_id(introduction.server.server_id, raise_on_progress=False)
            self._abort_if_unique_id_configured(error="already_set_up")
            data = _entry_data(self._found[CONF_TOPIC_PREFIX], introduction)
            info, errors = await self._async_try(data)
            if info is not None:
                return self.async_create_entry(title=info.name, data=data)
        options = [
            SelectOptionDict(value=server_id, label=f"{introduction.server.name} ({server_id[:8]})")
            for server_id, introduction in self._introductions.items()
        ]
        selector = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))
        schema = vol.Schema({vol.Required(CONF_SERVER_ID): selector})
        return self._show_form("broker_server", schema, user_input, errors)

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """Take up a server that introduces itself on the broker."""
        try:
            introduction = Introduction.parse(str(discovery_info.payload))
        except ProtocolError as err:
            LOGGER.debug("No server introduces itself at %s: %s", discovery_info.topic, err)
            return self.async_abort(reason="invalid_discovery")
        server = introduction.server
        prefix = discovery_info.topic.rsplit("/", 2)[0]
        if discovery_info.topic != ServerTopics(prefix, server.server_id).info:
            return self.async_abort(reason="invalid_discovery")
        await self.async_set_unique_id(server.server_id)
        self._abort_if_unique_id_configured(error="already_set_up")
        self._found = _entry_data(prefix, introduction)
        self._found_by = server.name
        self.context["title_placeholders"] = {"name": server.name}
        return await self.async_step_mqtt_confirm()

    async def async_step_mqtt_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for nothing but a click."""
        errors: dict[str, str] = {}
        if user_input is not None:
            info, errors = await self._async_try(self._found)
            if info is not None:
                return self.async_create_entry(title=info.name, data=self._found)
        return self._show_form("mqtt_confirm", vol.Schema({}), user_input, errors, {"server": self._found_by})

    async def async_step_reconfigure_mqtt(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the topics of the same server, and believe the key that it has now."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            prefix, found, errors = await self._async_find(user_input)
            introduction = next((each for each in found if each.server.server_id == entry.unique_id), None)
            if introduction is not None:
                data = _entry_data(prefix, introduction)
                info, errors = await self._async_try(data)
                if info is not None:
                    return self.async_update_reload_and_abort(entry, data_updates=data)
            elif found:
                errors = {"base": "no_server"}
        shown = user_input or {CONF_TOPIC_PREFIX: entry.data[CONF_TOPIC_PREFIX]}
        return self._show_form("reconfigure_mqtt", BROKER_SCHEMA, shown, errors, {"server": entry.title})

    async def _async_find(self, user_input: dict[str, Any]) -> tuple[str, list[Introduction], dict[str, str]]:
        """Look for servers on the broker; return where, and those, or the form's errors."""
        prefix = user_input[CONF_TOPIC_PREFIX].strip().strip("/")
        try:
            valid_publish_topic(prefix)
            found = await async_find_servers(self.hass, prefix)
        except vol.Invalid:
            return prefix, [], {CONF_TOPIC_PREFIX: "invalid_prefix"}
        except RuViewError as err:
            return prefix, [], {"base": err.key}
        return prefix, found, {} if found else {"base": "no_server"}


def _entry_data(prefix: str, introduction: Introduction) -> dict[str, Any]:
    """Return the data of an entry: from now on the key that the server has is the only one that is believed."""
    return {
        CONF_TOPIC_PREFIX: prefix,
        CONF_SERVER_ID: introduction.server.server_id,
        CONF_PUBLIC_KEY: introduction.public_key,
    }
