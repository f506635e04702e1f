"""Constants of the RuView integration."""

import logging
from typing import Final

DOMAIN: Final = "ruview"
LOGGER: Final = logging.getLogger(__package__)

# The event that tells automations on Home Assistant's bus about a named event.
EVENT_RUVIEW: Final = "ruview_event"
ATTR_DATA: Final = "data"
