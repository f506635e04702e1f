"""The connection to a server, and everything the server says."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Never, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    ConfigEntryNotReady,
    HomeAssistantError,
)
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api.catalog import EntityKey, Service
from .api.connection import Connection
from .api.errors import (
    CommandError,
    InvalidAuthError,
    RateLimitedError,
    RuViewError,
    UnsupportedApiError,
    WrongServerError,
)
from .api.models import (
    ConfigUpdated,
    DeviceUpdated,
    EntityUpdated,
    Event,
    Message,
    ServerInfo,
    Snapshot,
    State,
    StateChanged,
)
from .api.policy import is_entity_permitted
from .backoff import Backoff
from .const import CONF_POSES, DOMAIN, LOGGER
from .controls import PRIVACY_CLASSES, with_controls
from .registries import (
    async_remove_device,
    async_remove_entity,
    async_remove_moved,
    async_remove_stale_entities,
    async_update_devices,
)
from .transport import address
from .versions import async_check_version
from .withholding import async_clear_class_changed, async_withhold

# A connection that lasted this long was a good one: the next loss begins with the shortest delay again.
STABLE_S: Final = 10.0
# The longest that a server's Retry-After is believed.
MAX_RETRY_AFTER_S: Final = 300.0
# The error codes of refusals that have a translation; other refusals show the server's own words.
REFUSALS: Final = frozenset(
    {
        "looser_class",
        "node_silent",
        "not_found",
        "not_over_mqtt",
        "not_permitted",
        "not_stored",
        "not_supported",
        "room_not_empty",
        "unreadable",
    }
)
# What follows people exists where the user asked for it here too, not only on the server.
OPT_IN_KEYS: Final = frozenset({EntityKey.POSE, EntityKey.TRACKED_PERSON})


@dataclass(frozen=True, slots=True)
class RuViewData:
    """What a loaded config entry holds."""

    coordinator: RuViewCoordinator
    # Held while some entities are added, so that platforms take turns.
    adding: asyncio.Lock = field(default_factory=asyncio.Lock)


type RuViewConfigEntry = ConfigEntry[RuViewData]


class RuViewCoordinator(DataUpdateCoordinator[Snapshot]):
    """Keeps a connection up and its data current.

    `data` is what Home Assistant has entities for. It is the server's snapshot with one difference: a server that has
    just started may not have heard from a node yet, so the entities of a node that is missing in a snapshot stay,
    without a state. Only the server's word, or the user, removes them.

    A home has a thousand states that change all the time, so a change is told to those that it concerns: one of a state
    to the listeners whose context is its id and to those of `async_subscribe_states`; one of what there is, devices and
    entities, to the listeners without a context; a new snapshot and a lost connection to all of them.
    """

    config_entry: RuViewConfigEntry
    server: ServerInfo

    def __init__(self, hass: HomeAssistant, entry: RuViewConfigEntry, connection: Connection) -> None:
        """Set up without connecting."""
        super().__init__(hass, LOGGER, config_entry=entry, name=DOMAIN, update_interval=None)
        # The states change in place: a copy of all of them for each change of one would be most of the work.
        self._states: dict[str, State] = {}
        self.data = Snapshot(devices={}, entities={}, states=self._states)
        self.connection = connection
        self.connected = False
        self.reconnects = 0
        self._event_listeners: list[Callable[[Event], None]] = []
        self._state_listeners: list[Callable[[str], None]] = []
        self._listeners_by_context: dict[str | None, dict[CALLBACK_TYPE, None]] = {}
        self._handlers: Mapping[type[Message], Callable[[Any], None]] = {
            Snapshot: self._handle_snapshot,
            StateChanged: self._handle_state,
            EntityUpdated: self._handle_entity,
            DeviceUpdated: self._handle_device,
            Event: self._handle_event,
            ConfigUpdated: self._handle_config,
        }

    @callback
    def async_subscribe_events(self, listener: Callable[[Event], None]) -> CALLBACK_TYPE:
        """Subscribe to what happens. It is apart from the data: an event is never seen in a difference of states."""
        self._event_listeners.append(listener)

        def _unsubscribe() -> None:
            self._event_listeners.remove(listener)

        return _unsubscribe

    @callback
    def async_subscribe_states(self, listener: Callable[[str], None]) -> CALLBACK_TYPE:
        """Subscribe to every change of a state, by its id."""
        self._state_listeners.append(listener)

        def _unsubscribe() -> None:
            self._state_listeners.remove(listener)

        return _unsubscribe

    @callback
    @override
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: str | None = None) -> CALLBACK_TYPE:
        """Listen for what concerns a state, or without one for what there is."""
        listeners = self._listeners_by_context.setdefault(context, {})
        listeners[update_callback] = None
        remove = super().async_add_listener(update_callback, context)

        def _remove() -> None:
            del listeners[update_callback]
            remove()

        return _remove

    async def async_call_service(self, service: Service, data: Mapping[str, Any]) -> None:
        """Ask the server to do something; raise what tells the user why it is not done."""
        try:
            await self.connection.call_service(service, data)
        except RuViewError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=_refusal_key(err) if isinstance(err, CommandError) else err.key,
                translation_placeholders={**self._placeholders(), "error": str(err)},
            ) from err

    async def async_set_privacy_class(self, name: str, *, privacy_mode: bool) -> None:
        """Ask the server to say less of people, or as much again as its configuration permits."""
        data = {"privacy_class": PRIVACY_CLASSES[name], "privacy_mode": privacy_mode}
        await self.async_call_service(Service.SET_PRIVACY_CLASS, data)

    def permits(self, key: str, diagnostic: bool) -> bool:
        """Return whether an entity may exist: by the server's class, and by what the user has opted in to."""
        opted_in = key not in OPT_IN_KEYS or self.config_entry.options.get(CONF_POSES, False)
        return opted_in and self.class_permits(key, diagnostic)

    def class_permits(self, key: str, diagnostic: bool) -> bool:
        """Return whether the server's class permits an entity."""
        return is_entity_permitted(key, self.server, diagnostic=diagnostic)

    @callback
    def async_forget_device(self, device_id: str) -> None:
        """Forget the entities of a device, which Home Assistant has removed or will remove."""
        entities = {key: entity for key, entity in self.data.entities.items() if entity.device_id != device_id}
        devices = {key: device for key, device in self.data.devices.items() if key != device_id}
        for entity_id in self._states.keys() - entities.keys():
            del self._states[entity_id]
        self.data = replace(self.data, devices=devices, entities=entities)
        self._async_tell(None)

    @callback
    def async_rooms_changed(self) -> None:
        """Let the devices of rooms that are there already follow the subentries, and tell of what is set otherwise."""
        before = replace(self.data, states=dict(self._states))
        if moved := async_remove_moved(self.hass, self.config_entry, before.devices.values()):
            for device_id in moved:
                self.async_forget_device(device_id)
            self._handle_snapshot(before)
        self._async_tell(None)

    @override
    async def _async_setup(self) -> None:
        """Connect for the first time, and stay connected from then on."""
        try:
            snapshot = await self._async_connect()
        except RuViewError as err:
            self._raise_for_setup(err)
        self._async_set_connected(snapshot)
        self.config_entry.async_create_background_task(self.hass, self._async_run(), f"{DOMAIN} connection")

    @override
    async def _async_update_data(self) -> Snapshot:
        """Return what was pushed: there is nothing newer to fetch."""
        if not self.connected:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cannot_connect",
                translation_placeholders=self._placeholders(),
            )
        return self.data

    async def _async_connect(self) -> Snapshot:
        """Connect to the server that this entry belongs to; on failure the connection is closed."""
        try:
            server = await self.connection.connect()
            async_check_version(self.hass, self.config_entry, server.api)
            self._check_identity(server.server_id)
            self.server = server
            return await self.connection.subscribe()
        except BaseException as err:
            await self.connection.close()
            if isinstance(err, UnsupportedApiError):
                async_check_version(self.hass, self.config_entry, err.found)
            raise

    def _check_identity(self, server_id: str) -> None:
        """Never mix two servers: an address can be given to another one."""
        if server_id != self.config_entry.unique_id:
            raise WrongServerError(self.config_entry.unique_id, server_id)

    def _raise_for_setup(self, err: RuViewError) -> Never:
        """Raise what makes Home Assistant ask for a token, give up, or try again."""
        exception: type[ConfigEntryAuthFailed | ConfigEntryError | ConfigEntryNotReady]
        if isinstance(err, InvalidAuthError):
            exception = ConfigEntryAuthFailed
        elif isinstance(err, (UnsupportedApiError, WrongServerError)):
            exception = ConfigEntryError
        else:
            exception = ConfigEntryNotReady
        raise exception(
            translation_domain=DOMAIN,
            translation_key=err.key,
            translation_placeholders=self._placeholders(),
        ) from err

    def _placeholders(self) -> dict[str, str]:
        """Return what the translated errors name."""
        return {"host": address(self.config_entry.data)}

    async def _async_run(self) -> None:
        """Listen, and connect again whenever the connection ends. Ends when Home Assistant has to take over."""
        backoff = Backoff()
        snapshot: Snapshot | None = None
        try:
            while True:
                connected_at = self.hass.loop.time()
                await self._async_listen(snapshot)
                if self.hass.loop.time() - connected_at >= STABLE_S:
                    backoff.reset()
                if (snapshot := await self._async_reconnect(backoff)) is None:
                    return
        finally:
            await self.connection.close()

    async def _async_listen(self, snapshot: Snapshot | None) -> None:
        """Handle a reconnection's snapshot, and messages until the connection ends; then nothing is available."""
        try:
            if snapshot is not None:
                self._async_set_connected(snapshot)
                self.reconnects += 1
                LOGGER.info("Server %s is available again", self.config_entry.title)
            await self.connection.listen(self._async_dispatch)
        except RuViewError as err:
            self.last_exception = err
        except Exception as err:  # noqa: BLE001 - without this task the entities would keep their states for good
            LOGGER.exception("Unexpected error while handling a message of server %s", self.config_entry.title)
            self.last_exception = err
        await self.connection.close()
        self.connected = False
        self.last_update_success = False
        LOGGER.warning("Server %s is unavailable: %s", self.config_entry.title, self.last_exception)
        self.async_update_listeners()

    async def _async_reconnect(self, backoff: Backoff) -> Snapshot | None:
        """Try until the server is back; None when trying cannot help."""
        at_least_s = 0.0
        while True:
            await asyncio.sleep(max(backoff.next_s(), at_least_s))
            try:
                return await self._async_connect()
            except InvalidAuthError:
                self.config_entry.async_start_reauth(self.hass)
                return None
            except UnsupportedApiError, WrongServerError:
                # The setup finds the same, and its error stands where the user looks.
                self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
                return None
            except RateLimitedError as err:
                at_least_s = min(err.retry_after_s, MAX_RETRY_AFTER_S)
            except RuViewError as err:
                at_least_s = 0.0
                LOGGER.debug("Server %s is still unavailable: %s", self.config_entry.title, err)
            except Exception:  # noqa: BLE001 - trying again is all that can bring the entities back
                LOGGER.exception("Unexpected error while connecting to server %s", self.config_entry.title)

    @callback
    def _async_set_connected(self, snapshot: Snapshot) -> None:
        """Begin with what a new connection says."""
        self.connected = True
        self._handle_snapshot(snapshot)

    @callback
    def _async_dispatch(self, message: Message) -> None:
        """Hand a message to its handler."""
        self._handlers[type(message)](message)

    @callback
    def _handle_snapshot(self, snapshot: Snapshot) -> None:
        """Replace everything, and let the registries follow."""
        for device_id in async_remove_moved(self.hass, self.config_entry, snapshot.devices.values()):
            self.async_forget_device(device_id)
        async_withhold(self.hass, self.config_entry, self)
        devices = async_update_devices(self.hass, self.config_entry, snapshot.devices.values())
        announced = with_controls(snapshot.entities.values())
        async_remove_stale_entities(self.hass, devices, announced.values())
        missing = {
            key: entity for key, entity in self.data.entities.items() if entity.device_id not in snapshot.devices
        }
        self._states = dict(snapshot.states)
        self.async_set_updated_data(replace(snapshot, entities={**missing, **announced}, states=self._states))

    @callback
    def _handle_state(self, message: StateChanged) -> None:
        """Replace or remove one state."""
        if message.state is None:
            self._states.pop(message.entity_id, None)
        else:
            self._states[message.entity_id] = message.state
        self._async_tell_state(message.entity_id)

    @callback
    def _handle_entity(self, message: EntityUpdated) -> None:
        """Add, replace or remove one entity."""
        entities = dict(self.data.entities)
        if message.entity is not None:
            entities.update(with_controls([message.entity]))
        elif (removed := entities.get(message.entity_id)) is not None:
            for entity_id, entity in with_controls([removed]).items():
                entities.pop(entity_id, None)
                self._states.pop(entity_id, None)
                async_remove_entity(self.hass, entity)
        self.data = replace(self.data, entities=entities)
        self._async_tell(None)

    @callback
    def _handle_device(self, message: DeviceUpdated) -> None:
        """Add, replace or remove one device."""
        if message.device is None:
            async_remove_device(self.hass, self.config_entry, message.device_id)
            self.async_forget_device(message.device_id)
            return
        async_update_devices(self.hass, self.config_entry, [message.device])
        self.data = replace(self.data, devices={**self.data.devices, message.device_id: message.device})
        self._async_tell(None)

    @callback
    def _handle_config(self, message: ConfigUpdated) -> None:
        """Go by another privacy class from now on. What it withholds goes before the server has removed it."""
        if message.privacy_class < self.server.privacy_class:
            async_clear_class_changed(self.hass, self.config_entry)
        self.server = replace(self.server, privacy_class=message.privacy_class, privacy_mode=message.privacy_mode)
        async_withhold(self.hass, self.config_entry, self)
        # Another mapping, so that the platforms judge every entity anew.
        self.data = replace(self.data, entities=dict(self.data.entities))
        self._async_tell(None)

    @callback
    def _handle_event(self, event: Event) -> None:
        """Tell the event listeners."""
        for listener in self._event_listeners:
            listener(event)

    @callback
    def _async_tell_state(self, entity_id: str) -> None:
        """Tell those whom a state concerns."""
        for listener in self._state_listeners:
            listener(entity_id)
        self._async_tell(entity_id)

    @callback
    def _async_tell(self, context: str | None) -> None:
        """Tell the listeners of one context; a mistake in one entity must not take the others away."""
        for listener in list(self._listeners_by_context.get(context, ())):
            try:
                listener()
            except Exception:  # noqa: BLE001 - as async_update_listeners does
                LOGGER.exception("Unexpected error while updating what server %s tells", self.config_entry.title)


def _refusal_key(err: CommandError) -> str:
    """Return the key of what users are told of a refusal."""
    return err.code if err.code in REFUSALS else "refused"
