"""Tells the server which rooms there are, who of their people is at home, and when somebody is expected there.

The server learns yes, no or nothing of each room, never who it is. It believes that for a quarter of an hour.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import STATE_HOME, STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_interval

from .api.catalog import Service
from .api.errors import CommandError, RuViewError
from .const import DOMAIN, LOGGER
from .coordinator import RuViewConfigEntry
from .rooms import Room, described, rooms_of

REPEAT_EVERY: Final = timedelta(minutes=5)

# In the entry's data while the server may have rooms from here. Rooms of its own file are left alone until then.
CONF_OWNS_ROOMS: Final = "owns_rooms"

# Whether one of a room's people is at home, and whether somebody is expected there.
type Said = tuple[bool | None, bool | None]

_NOTHING: Final[Said] = (None, None)
_UNKNOWN: Final = {STATE_UNKNOWN, STATE_UNAVAILABLE}
# It was done, and a restart of the server will have forgotten it; the next connection tells it again.
_DONE: Final = "not_stored"


@callback
def async_setup_household(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Keep the server informed for as long as the entry is loaded."""
    household = _Household(hass, entry)
    entry.async_on_unload(entry.runtime_data.coordinator.async_add_listener(household.async_connection_changed))
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, household.async_config_entry_changed)
    )
    entry.async_on_unload(async_track_time_interval(hass, household.async_repeat, REPEAT_EVERY))
    entry.async_on_unload(household.async_stop)
    household.async_rooms_changed()


class _Household:
    """What the server has been told, and what it is to be told. One thing is told after the other."""

    def __init__(self, hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
        """Begin with nothing told."""
        self._hass = hass
        self._entry = entry
        self._coordinator = entry.runtime_data.coordinator
        self._rooms = rooms_of(entry)
        self._was_connected = True
        self._told_rooms: list[dict[str, Any]] | None = None
        self._are_refused = False
        self._told: dict[str, Said] = {}
        self._is_telling = False
        self._is_stale = False
        self._stop_tracking: CALLBACK_TYPE | None = None

    @callback
    def async_connection_changed(self) -> None:
        """Begin anew with a new connection: a server that was away may have forgotten everything."""
        if self._coordinator.connected == self._was_connected:
            return
        self._was_connected = self._coordinator.connected
        self._told_rooms = None
        self._told.clear()
        self._async_tell()

    @callback
    def async_config_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        """Follow the subentries; much else of an entry can change."""
        if entry is self._entry and change is ConfigEntryChange.UPDATED and rooms_of(entry) != self._rooms:
            self.async_rooms_changed()

    @callback
    def async_repeat(self, _now: datetime) -> None:
        """Say it again before the server believes it no longer."""
        self._told.clear()
        self._async_tell()

    @callback
    def async_rooms_changed(self) -> None:
        """Take the rooms as they are now."""
        self._rooms = rooms_of(self._entry)
        self._coordinator.async_rooms_changed()
        self.async_stop()
        people = {person for room in self._rooms for person in room.persons}
        schedules = {room.schedule for room in self._rooms if room.schedule}
        if people or schedules:
            self._stop_tracking = async_track_state_change_event(
                self._hass, people | schedules, self._async_state_changed
            )
        self._async_tell()

    @callback
    def async_stop(self) -> None:
        """Follow nobody any more."""
        if self._stop_tracking is not None:
            self._stop_tracking()
            self._stop_tracking = None

    @callback
    def _async_state_changed(self, _event: Event[EventStateChangedData]) -> None:
        """Tell what follows from it, if anything does."""
        self._async_tell()

    @callback
    def _async_tell(self) -> None:
        """Tell the server what it does not know yet, now or when what is being told is through."""
        self._is_stale = True
        if not self._is_telling:
            self._is_telling = True
            self._entry.async_create_background_task(self._hass, self._async_run(), f"{DOMAIN} household")

    async def _async_run(self) -> None:
        """Tell until there is nothing new."""
        try:
            while self._is_stale and self._coordinator.connected:
                self._is_stale = False
                await self._async_tell_all(self._rooms)
        finally:
            self._is_telling = False

    async def _async_tell_all(self, rooms: list[Room]) -> None:
        """Tell which rooms there are, and then what is known of each."""
        try:
            await self._async_tell_rooms(rooms)
            if not self._are_refused:
                for room in rooms:
                    await self._async_tell_context(room)
        except CommandError as err:
            LOGGER.warning("Server %s does not take what it is told about the rooms: %s", self._entry.title, err)
        except RuViewError as err:
            # The next connection begins anew, and a server that was only slow is told again in some minutes.
            LOGGER.debug("Server %s was not told about the rooms: %s", self._entry.title, err)
            self._told_rooms = None

    async def _async_tell_rooms(self, rooms: list[Room]) -> None:
        """Tell which rooms there are. Who never made any here may have them in the server's file."""
        wanted = described(rooms)
        if wanted == self._told_rooms or (not wanted and CONF_OWNS_ROOMS not in self._entry.data):
            return
        # What was told is kept before it is answered: a connection that ends meanwhile forgets it.
        self._told_rooms = wanted
        self._async_own(owns=True)
        self._are_refused = False
        try:
            await self._coordinator.connection.call_service(Service.SET_ROOMS, {"rooms": wanted})
        except CommandError as err:
            self._are_refused = err.code != _DONE
            raise
        if not wanted:
            self._async_own(owns=False)

    async def _async_tell_context(self, room: Room) -> None:
        """Tell what the household knows of a room, unless the server knows it."""
        said = (_is_known_home(self._hass, room.persons), _is_expected(self._hass, room.schedule))
        if said == self._told.get(room.id, _NOTHING):
            return
        self._told[room.id] = said
        known_home, expected = said
        await self._coordinator.connection.call_service(
            Service.SET_CONTEXT, {"room_id": room.id, "known_home": known_home, "expected": expected}
        )

    @callback
    def _async_own(self, *, owns: bool) -> None:
        """Remember whether the server has rooms from here."""
        data = {key: value for key, value in self._entry.data.items() if key != CONF_OWNS_ROOMS}
        self._hass.config_entries.async_update_entry(self._entry, data=data | ({CONF_OWNS_ROOMS: True} if owns else {}))


def _is_known_home(hass: HomeAssistant, persons: Iterable[str]) -> bool | None:
    """Return whether one of the persons is at home; None when that cannot be told, or nobody is asked for."""
    known = [
        state.state if (state := hass.states.get(person)) and state.state not in _UNKNOWN else None
        for person in persons
    ]
    if STATE_HOME in known:
        return True
    return None if None in known or not known else False


def _is_expected(hass: HomeAssistant, schedule: str | None) -> bool | None:
    """Return whether the schedule expects somebody; None when there is none that says so."""
    if schedule is None or (state := hass.states.get(schedule)) is None:
        return None
    return {STATE_ON: True, STATE_OFF: False}.get(state.state)
