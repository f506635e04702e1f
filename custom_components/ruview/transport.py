"""The choice of a transport for the data of a config entry or a config flow."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .api.client import WebSocketConnection, server_url
from .api.connection import Connection


def async_create_connection(hass: HomeAssistant, data: Mapping[str, Any]) -> Connection:
    """Return the connection that the data describes, not connected yet."""
    return WebSocketConnection(
        async_get_clientsession(hass, verify_ssl=data[CONF_VERIFY_SSL]),
        server_url(data[CONF_HOST], data[CONF_PORT], tls=data[CONF_SSL]),
        data[CONF_TOKEN],
    )
