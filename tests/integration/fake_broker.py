"""A broker as Home Assistant's MQTT integration shows it, and a server that publishes to it."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from homeassistant.components.mqtt import ReceiveMessage
from homeassistant.exceptions import HomeAssistantError

from .mqtt_home import SERVER_ID, info, registry, states

type Received = Callable[[ReceiveMessage], None]


class FakeBroker:
    """What the connection uses of `homeassistant.components.mqtt`: keeps, delivers, and fails as it is told."""

    ReceiveMessage = ReceiveMessage
    DOMAIN = "mqtt"

    def __init__(self) -> None:
        """Begin with nothing."""
        self.retained: dict[str, str] = {}
        self.subscriptions: list[tuple[str, Received]] = []
        self.connection_listeners: list[Callable[[bool], None]] = []
        self.published: list[tuple[str, str]] = []
        self.on_publish: Callable[[str, str], None] = lambda _topic, _payload: None
        self.is_there = True
        self.connected = True
        self.takes_subscriptions = True
        self.takes_publications = True

    async def async_wait_for_mqtt_client(self, _hass: object) -> bool:
        """Return whether the integration is set up."""
        return self.is_there

    def is_connected(self, _hass: object) -> bool:
        """Return whether it is connected; without an integration nobody knows."""
        if not self.is_there:
            raise KeyError
        return self.connected

    def async_subscribe_connection_status(self, _hass: object, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Tell of the connection."""
        self.connection_listeners.append(listener)
        return lambda: self.connection_listeners.remove(listener)

    async def async_subscribe(self, _hass: object, topic: str, received: Received, _qos: int) -> Callable[[], None]:
        """Deliver what is kept, soon, and what comes."""
        if not self.takes_subscriptions:
            raise HomeAssistantError
        subscription = (topic, received)
        self.subscriptions.append(subscription)
        asyncio.get_running_loop().call_soon(self._deliver_retained, subscription)
        return lambda: self.subscriptions.remove(subscription)

    def async_on_subscribe_done(
        self, _hass: object, _topic: str, _qos: int, done: Callable[[], None]
    ) -> Callable[[], None]:
        """Say that a subscription is taken, soon."""
        asyncio.get_running_loop().call_soon(done)
        return lambda: None

    async def async_publish(self, _hass: object, topic: str, payload: str, _qos: int, retain: bool) -> None:
        """Take what is published here."""
        assert not retain
        if not self.takes_publications:
            raise HomeAssistantError
        self.published.append((topic, payload))
        self.on_publish(topic, payload)

    def say(self, topic: str, payload: object, *, keep: bool = False, retained: bool = False) -> None:
        """Deliver a message now."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        if keep:
            self.retained[topic] = text
        for filters, received in list(self.subscriptions):
            if _matches(filters, topic):
                received(_message(topic, text, retained=retained))

    def lose(self) -> None:
        """Lose the connection."""
        self.connected = False
        for listener in list(self.connection_listeners):
            listener(False)

    def _deliver_retained(self, subscription: tuple[str, Received]) -> None:
        """Deliver what is kept."""
        filters, received = subscription
        for topic, payload in self.retained.items():
            if self.connected and subscription in self.subscriptions and _matches(filters, topic):
                received(_message(topic, payload, retained=True))


class FakeMqttServer:
    """A server that publishes a golden snapshot, and does what it is asked."""

    def __init__(self, broker: FakeBroker, *, commands: bool = False) -> None:
        """Publish who it is and what it has."""
        self.broker = broker
        self.start = f"ruview/{SERVER_ID}"
        self.states = states()
        self.answer: dict[str, Any] | None = {"success": True, "result": None}
        broker.on_publish = self._asked
        broker.say(f"{self.start}/info", info(commands=commands), keep=True)
        broker.say(f"{self.start}/status", "online", keep=True)
        broker.say(f"{self.start}/registry", registry(), keep=True)

    def _asked(self, topic: str, payload: str) -> None:
        """Say everything again, or what became of a command."""
        if topic == f"{self.start}/ask":
            for state_topic, state in self.states.items():
                self.broker.say(state_topic, state)
        elif topic == f"{self.start}/command" and self.answer is not None:
            self.broker.say(f"{self.start}/result", {"id": json.loads(payload)["id"], **self.answer})


def _message(topic: str, payload: str, *, retained: bool) -> ReceiveMessage:
    """Make a message as Home Assistant delivers it."""
    return ReceiveMessage(topic, payload, 1, retained, topic, time.monotonic())


def _matches(filters: str, topic: str) -> bool:
    """Return whether a topic is meant by a filter without '#'."""
    wanted, levels = filters.split("/"), topic.split("/")
    return len(wanted) == len(levels) and all(want in {"+", level} for want, level in zip(wanted, levels, strict=True))
