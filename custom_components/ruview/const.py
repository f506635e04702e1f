"""Constants of the RuView integration."""

import logging
from typing import Final

DOMAIN: Final = "ruview"
LEARN_MORE_REPAIRS: Final = "https://github.com/ruvnet/RuView/blob/main/docs/home-assistant.md#repairs"
LOGGER: Final = logging.getLogger(__package__)

# Which app runs the server, where the Supervisor has told of it.
CONF_APP: Final = "app"

# What an entry knows of a server that is reached over MQTT; entries of other servers have none of it.
CONF_TOPIC_PREFIX: Final = "topic_prefix"
CONF_SERVER_ID: Final = "server_id"
CONF_PUBLIC_KEY: Final = "public_key"

# Options of an entry. The class itself is the server's to keep.
CONF_PRIVACY_MODE: Final = "privacy_mode"
CONF_POSES: Final = "poses"
CONF_INSTALL_BLUEPRINTS: Final = "install_blueprints"

# The event that tells automations on Home Assistant's bus about a named event.
EVENT_RUVIEW: Final = "ruview_event"
ATTR_DATA: Final = "data"
