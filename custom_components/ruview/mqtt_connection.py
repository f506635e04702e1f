"""The MQTT transport: Home Assistant's own connection to its broker carries what a server publishes."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import uuid4

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .api.catalog import API_VERSION, Service
from .api.connection import ConnectionCounters
from .api.errors import (
    ConnectionLostError,
    MqttDisconnectedError,
    MqttMissingError,
    NotOverMqttError,
    NotRuViewError,
    ProtocolError,
    RefusedEventError,
    RuViewError,
    ServerOfflineError,
    ServerTimeoutError,
    SigningKeyChangedError,
    UnsupportedApiError,
    WrongServerError,
)
from .api.models import Message, ServerInfo, Snapshot
from .api.mqtt import ONLINE, Answer, House, Introduction, ServerTopics, command_payload, info_filter
from .const import LOGGER

# Covers all that a connection begins with, or one command.
TIMEOUT_S: Final = 10.0
# How long states are awaited once it is known which there are: a server that has just started does not have all.
SETTLE_S: Final = 2.0
# How long servers are looked for: what they say of themselves is kept by the broker.
SEARCH_S: Final = 2.0
# How long messages are handled without a turn for anything else.
MAX_BUSY_S: Final = 0.01
QOS: Final = 1


class MqttConnection:
    """A connection to a server by MQTT; `connect` can be called again after it ended."""

    def __init__(self, hass: HomeAssistant, topics: ServerTopics, public_key: str | None) -> None:
        """Keep what is needed to connect; without a key that is known, any is taken."""
        self._hass = hass
        self._topics = topics
        self._public_key = public_key
        self._queue: asyncio.Queue[mqtt.ReceiveMessage | RuViewError] = asyncio.Queue()
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._unwatch: list[CALLBACK_TYPE] = []
        self._house: House | None = None
        self._pending: dict[str, asyncio.Future[None]] = {}
        self.counters = ConnectionCounters()

    async def connect(self) -> ServerInfo:
        """Hear who the server is, and that it is there."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                introduction = await self._meet()
        except TimeoutError as err:
            await self.close()
            if not _is_connected(self._hass):
                raise MqttDisconnectedError from err
            raise ServerTimeoutError(what="introduction", timeout_s=TIMEOUT_S) from err
        except BaseException:
            await self.close()
            raise
        self._house = House(introduction)
        return introduction.server

    async def subscribe(self) -> Snapshot:
        """Hear what the server has, and how it is: it is asked to say everything, the broker does not keep all."""
        house = self._connected_house()
        try:
            async with asyncio.timeout(TIMEOUT_S) as limit:
                topics = (*self._topics.house, self._topics.result, self._topics.registry)
                await self._subscribe_to(*topics)
                await self._subscribed(topics)
                await self._publish(self._topics.ask, "")
                was_known = False
                while not house.is_complete:
                    self._take_or_count(await self._next())
                    if house.is_known and not was_known:
                        was_known = True
                        limit.reschedule(asyncio.get_running_loop().time() + SETTLE_S)
        except TimeoutError as err:
            if not house.is_known:
                raise ServerTimeoutError(what="registry", timeout_s=TIMEOUT_S) from err
        return house.snapshot

    async def listen(self, callback: Callable[[Message], None]) -> None:
        """Deliver messages until the connection ends. What is wrong is counted and skipped."""
        loop = asyncio.get_running_loop()
        yielded = loop.time()
        try:
            while True:
                # Messages that are waiting are received at once, without a turn for anything else.
                if loop.time() - yielded > MAX_BUSY_S:
                    await asyncio.sleep(0)
                    yielded = loop.time()
                for message in self._take_or_count(await self._next()):
                    callback(message)
        finally:
            for future in self._pending.values():
                future.cancel()

    async def get_diagnostics(self) -> Mapping[str, Any]:
        """Diagnostics are for those that have a token, not for everybody whom a broker lets in."""
        raise NotOverMqttError

    async def call_service(self, service: Service, data: Mapping[str, Any]) -> None:
        """Ask the server to do something, where it takes commands over MQTT."""
        if not self._connected_house().introduction.takes_commands:
            raise NotOverMqttError
        command_id = uuid4().hex
        future = self._pending[command_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._publish(self._topics.command, command_payload(command_id, service, data))
                # wait() instead of await: a future that listen() cancels must not look like our own cancellation.
                await asyncio.wait([future])
        except TimeoutError as err:
            raise ServerTimeoutError(what=service, timeout_s=TIMEOUT_S) from err
        finally:
            del self._pending[command_id]
        if future.cancelled():
            raise ConnectionLostError
        future.result()

    async def close(self) -> None:
        """Hear nothing any more."""
        self._stop()
        # Not in what is called by them: who is told after us must not be passed over.
        unwatch, self._unwatch = self._unwatch, []
        for stop in unwatch:
            stop()
        self._queue = asyncio.Queue()
        self._house = None

    async def _meet(self) -> Introduction:
        """Wait for what the broker keeps of a server: who it is, and whether it is there."""
        if not await mqtt.async_wait_for_mqtt_client(self._hass):
            raise MqttMissingError
        self._unwatch.append(mqtt.async_subscribe_connection_status(self._hass, self._connection_changed))
        self._unwatch += [
            entry.async_on_state_change(partial(self._entry_changed, entry))
            for entry in self._hass.config_entries.async_entries(mqtt.DOMAIN)
        ]
        await self._subscribe_to(self._topics.info, self._topics.status)
        introduction: Introduction | None = None
        is_online = False
        while introduction is None or not is_online:
            message = await self._next()
            if message.topic == self._topics.status:
                self._check_status(message)
                is_online = True
            else:
                try:
                    introduction = Introduction.parse(str(message.payload))
                except ProtocolError as err:
                    raise NotRuViewError(str(err)) from err
                self._check(introduction)
        return introduction

    def _check(self, introduction: Introduction) -> None:
        """Never mix two servers, and never believe one that has not the key that it had."""
        server = introduction.server
        if server.server_id != self._topics.server_id:
            raise WrongServerError(self._topics.server_id, server.server_id)
        if server.api != API_VERSION:
            raise UnsupportedApiError(server.api)
        if self._public_key not in {None, introduction.public_key}:
            raise SigningKeyChangedError

    def _check_status(self, message: mqtt.ReceiveMessage) -> None:
        """End the connection when the server has gone: it says so, or its last will does."""
        if message.payload != ONLINE:
            raise ServerOfflineError

    async def _subscribe_to(self, *topics: str) -> None:
        """Put what is said at these topics into the queue, for as long as it is this connection's."""
        queue = self._queue

        @callback
        def _received(message: mqtt.ReceiveMessage) -> None:
            if queue is self._queue:
                queue.put_nowait(message)

        try:
            for topic in topics:
                self._unsubscribe.append(await mqtt.async_subscribe(self._hass, topic, _received, QOS))
        except HomeAssistantError as err:
            raise MqttMissingError from err

    async def _subscribed(self, topics: tuple[str, ...]) -> None:
        """Wait until the broker has taken the subscriptions."""
        done: dict[str, asyncio.Event] = {topic: asyncio.Event() for topic in topics}
        watched = [mqtt.async_on_subscribe_done(self._hass, topic, QOS, event.set) for topic, event in done.items()]
        try:
            for event in done.values():
                await event.wait()
        finally:
            for stop in watched:
                stop()

    async def _publish(self, topic: str, payload: str) -> None:
        """Say something to the server."""
        try:
            await mqtt.async_publish(self._hass, topic, payload, QOS, retain=False)
        except HomeAssistantError as err:
            raise MqttDisconnectedError from err

    async def _next(self) -> mqtt.ReceiveMessage:
        """Return what is said next, or raise why nothing will be."""
        item = await self._queue.get()
        if isinstance(item, RuViewError):
            raise item
        return item

    def _take_or_count(self, message: mqtt.ReceiveMessage) -> list[Message]:
        """Read a message; one that is wrong says nothing and is counted."""
        try:
            return self._take(message)
        except RefusedEventError as err:
            if not self.counters.events_refused:
                LOGGER.warning("At %s (further ones are counted only): %s", message.topic, err)
            self.counters.events_refused += 1
        except ProtocolError as err:
            if not self.counters.frames_ignored:
                LOGGER.warning("Ignoring a message that is wrong (further ones are counted only): %s", err)
            self.counters.frames_ignored += 1
        return []

    def _take(self, message: mqtt.ReceiveMessage) -> list[Message]:
        """Read a message by its topic."""
        house, topic, payload = self._connected_house(), message.topic, str(message.payload)
        if topic == self._topics.status:
            self._check_status(message)
            return []
        if topic == self._topics.info:
            introduction = Introduction.parse(payload)
            self._check(introduction)
            return house.introduce(introduction)
        if topic == self._topics.registry:
            return house.registry(payload)
        if topic == self._topics.result:
            self._resolve(Answer.parse(payload))
            return []
        if topic.endswith("/state"):
            return house.state(topic, payload)
        return house.event(topic, payload, retained=message.retain, now=dt_util.utcnow())

    def _resolve(self, answer: Answer) -> None:
        """Hand an answer to the command that waits for it; others have asked for the rest."""
        if (future := self._pending.get(answer.id)) is None or future.done():
            return
        if answer.error:
            future.set_exception(answer.error)
        else:
            future.set_result(None)

    def _connected_house(self) -> House:
        """Return the house of a server that has been met."""
        if self._house is None:
            raise ConnectionLostError
        return self._house

    def _stop(self) -> None:
        """End all subscriptions."""
        unsubscribe, self._unsubscribe = self._unsubscribe, []
        for stop in unsubscribe:
            stop()

    @callback
    def _entry_changed(self, entry: ConfigEntry[Any]) -> None:
        """End with the MQTT integration, before it goes: a client that is made anew would take subscriptions over."""
        self._connection_changed(entry.state is ConfigEntryState.LOADED)

    @callback
    def _connection_changed(self, connected: bool) -> None:
        """End with the connection to the broker."""
        if not connected:
            self._stop()
            self._queue.put_nowait(MqttDisconnectedError())


async def async_find_servers(hass: HomeAssistant, prefix: str) -> list[Introduction]:
    """Return the servers that have introduced themselves to the broker under a prefix."""
    if not await mqtt.async_wait_for_mqtt_client(hass):
        raise MqttMissingError
    found: dict[str, Introduction] = {}

    @callback
    def _received(message: mqtt.ReceiveMessage) -> None:
        try:
            introduction = Introduction.parse(str(message.payload))
        except ProtocolError as err:
            LOGGER.debug("No server introduces itself at %s: %s", message.topic, err)
            return
        server_id = introduction.server.server_id
        if message.topic == ServerTopics(prefix, server_id).info:
            found[server_id] = introduction

    try:
        stop = await mqtt.async_subscribe(hass, info_filter(prefix), _received, QOS)
    except HomeAssistantError as err:
        raise MqttMissingError from err
    await asyncio.sleep(SEARCH_S)
    stop()
    if not found and not _is_connected(hass):
        raise MqttDisconnectedError
    return sorted(found.values(), key=lambda introduction: introduction.server.name)


def _is_connected(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant is connected to its broker."""
    try:
        return mqtt.is_connected(hass)
    except KeyError:
        return False
