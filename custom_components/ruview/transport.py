"""The choice of a transport for the data of a config entry or a config flow."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api.client import WebSocketConnection, server_url
from .api.connection import Connection
from .api.mqtt import ServerTopics
from .const import CONF_PUBLIC_KEY, CONF_SERVER_ID, CONF_TOPIC_PREFIX
from .mqtt_connection import MqttConnection


def async_create_connection(hass: HomeAssistant, data: Mapping[str, Any]) -> Connection:
    """Return the connection that the data describes, not connected yet."""
    if is_over_mqtt(data):
        topics = ServerTopics(data[CONF_TOPIC_PREFIX], data[CONF_SERVER_ID])
        return MqttConnection(hass, topics, data[CONF_PUBLIC_KEY])
    return WebSocketConnection(
        async_get_clientsession(hass, verify_ssl=data[CONF_VERIFY_SSL]),
        server_url(data[CONF_HOST], data[CONF_PORT], tls=data[CONF_SSL]),
        data[CONF_TOKEN],
    )


def is_over_mqtt(data: Mapping[str, Any]) -> bool:
    """Return whether the data describes a server that is reached over MQTT."""
    return CONF_TOPIC_PREFIX in data


def address(data: Mapping[str, Any]) -> str:
    """Return where a server is, for people."""
    return f"{data[CONF_TOPIC_PREFIX]}/{data[CONF_SERVER_ID]} (MQTT)" if is_over_mqtt(data) else data[CONF_HOST]
