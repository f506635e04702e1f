"""Repair issues of servers that are reached over MQTT: who can read along, and who speaks in their name."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.dt import utcnow

from .coordinator import RuViewConfigEntry
from .issue import async_set_issue
from .transport import is_over_mqtt

ISSUE_PLAINTEXT_BROKER: Final = "plaintext_broker"
ISSUE_UNSIGNED_EVENTS: Final = "unsigned_events"

# As Home Assistant's MQTT integration calls them.
MQTT_DOMAIN: Final = "mqtt"
CONF_BROKER: Final = "broker"
CONF_CERTIFICATE: Final = "certificate"
# The app Mosquitto is on this machine, under a name that only the Supervisor knows.
LOCAL_BROKERS: Final = frozenset({"localhost", "core-mosquitto"})

# How long nothing may have been refused until it is over.
QUIET: Final = timedelta(days=1)
LOOK_EVERY: Final = timedelta(minutes=1)


@callback
def async_setup_broker_issues(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Keep the issues of an entry true."""
    if not is_over_mqtt(entry.data):
        return
    coordinator = entry.runtime_data.coordinator
    refused = 0
    refused_at = utcnow()

    @callback
    def _check(_now: datetime | None = None) -> None:
        nonlocal refused, refused_at
        if not coordinator.connected:
            return
        async_set_issue(hass, entry, ISSUE_PLAINTEXT_BROKER, stands=_is_plaintext(hass))
        count, now = coordinator.connection.counters.events_refused, utcnow()
        if count > refused:
            refused, refused_at = count, now
            async_set_issue(hass, entry, ISSUE_UNSIGNED_EVENTS, stands=True)
        elif now - refused_at >= QUIET:
            async_set_issue(hass, entry, ISSUE_UNSIGNED_EVENTS, stands=False)

    _check()
    entry.async_on_unload(coordinator.async_add_listener(_check))
    entry.async_on_unload(async_track_time_interval(hass, _check, LOOK_EVERY, cancel_on_shutdown=True))


def _is_plaintext(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant reaches its broker over a network that others may listen to."""
    return any(
        entry.data.get(CONF_CERTIFICATE) is None and not _is_here(str(entry.data.get(CONF_BROKER)))
        for entry in hass.config_entries.async_loaded_entries(MQTT_DOMAIN)
    )


def _is_here(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in LOCAL_BROKERS
