"""A client of what RuView servers publish to an MQTT 5 broker.

    with RuViewMqttClient("broker.local", username="operator", password=password, ssl_context=context) as client:
        for message in client.messages():
            if isinstance(message, NodeState):
                print(message.node, message.key, message.state)

Or with `on_message`, which is called on the client's own thread. It comes back when the connection ends, and says so:
`Disconnected`, then `Reconnected`. Without an `ssl_context` everybody on the way reads along, also the password.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from .._extra import load
from ._inbox import Inbox
from .broker import (
    BrokerMessage,
    Cleared,
    CommandRefusal,
    CommandResult,
    Introduction,
    InvalidPayload,
    NodeEvent,
    NodeState,
    NodeStatus,
    Registry,
    ServerStatus,
    UnknownTopic,
    filters,
    parse_broker,
)
from .errors import (
    AuthenticationError,
    CannotConnectError,
    CertificateError,
    CommandError,
    ConnectionLostError,
    ServerTimeoutError,
)
from .messages import Counters, Disconnected, Missed, Reconnected

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode
    from typing_extensions import Self

__all__ = [
    "BrokerMessage",
    "Cleared",
    "CommandRefusal",
    "CommandResult",
    "Counters",
    "Disconnected",
    "Introduction",
    "InvalidPayload",
    "Missed",
    "MqttMessage",
    "NodeEvent",
    "NodeState",
    "NodeStatus",
    "Reconnected",
    "Registry",
    "RuViewMqttClient",
    "ServerStatus",
    "UnknownTopic",
]

MqttMessage = BrokerMessage | Disconnected | Reconnected | Missed

_LOGGER = logging.getLogger(__name__)
_PORT, _TLS_PORT = 1883, 8883
_KEEPALIVE_S = 30
# Codes of MQTT 5: bad name or password, not authorized, banned, bad authentication method.
_REFUSED = (134, 135, 138, 140)
# Delays between attempts to connect double. They differ between clients, which should not all come back at once.
_FIRST_DELAYS_S = (1, 2)
_LAST_DELAYS_S = (45, 75)
_COMMANDS = "commands"


class RuViewMqttClient:
    """Reads what is published below `prefix`; a context manager that is entered once.

    `queue_size` messages wait for who takes them; then the oldest go, and the next one is a `Missed`. With `ask`,
    servers are asked to say everything again when they are met: brokers keep no numbers. `timeout_s` is for connecting.
    """

    def __init__(  # noqa: PLR0913 - options with a default each
        self,
        host: str,
        port: int | None = None,
        *,
        prefix: str = "ruview",
        username: str | None = None,
        password: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        on_message: Callable[[MqttMessage], None] | None = None,
        ask: bool = True,
        queue_size: int = 4096,
        timeout_s: float = 10.0,
    ) -> None:
        """Keep what is needed to connect. Raises ValueError for arguments that make no sense."""
        if not prefix or any(letter in prefix for letter in "+#/"):
            message = "prefix: expected one level of a topic"
            raise ValueError(message)
        if password is not None and username is None:
            message = "username: expected one beside a password"
            raise ValueError(message)
        self.host = host
        self.port = port or (_PORT if ssl_context is None else _TLS_PORT)
        self.counters = Counters()
        self.refused_filters: tuple[str, ...] = ()
        """Filters of topics that the broker does not let this client subscribe to."""
        self._prefix = prefix
        self._on_message = on_message
        self._ask = ask
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._inbox: Inbox[MqttMessage] = Inbox(queue_size, self._wake)
        self._introductions: dict[str, Introduction] = {}
        self._pending: dict[str, CommandResult | None] = {}
        self._connected = False
        self._lost_at: float | None = None
        self._thread: threading.Thread | None = None
        self._refusal: AuthenticationError | CannotConnectError | None = None
        self._client = self._paho(username, password, ssl_context)

    def _paho(self, username: str | None, password: str | None, ssl_context: ssl.SSLContext | None) -> Client:
        mqtt = load("paho.mqtt.client", "client")
        client: Client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect_timeout = self._timeout_s
        client.username_pw_set(username, password)
        if ssl_context is not None:
            client.tls_set_context(ssl_context)
            # The context decides, and has done so when paho would compare names once more.
            client.tls_insecure_set(not ssl_context.check_hostname)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_publish
        return client

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the broker now, on which everything that is published comes."""
        return self._connected

    def __enter__(self) -> Self:
        """Connect. Raises a ClientError where that fails: only a connection that was there is looked for again."""
        if self._thread is not None or self._inbox.closed:
            message = "a RuViewMqttClient is entered once"
            raise RuntimeError(message)
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the connection, and `messages` after what has come already. Any thread may, also twice."""
        self._inbox.close()
        self._client.disconnect()
        self._client.loop_stop()
        self._connected = False

    def get(self, timeout_s: float | None = None) -> MqttMessage:
        """The next message.

        Raises ServerTimeoutError when none comes in time, ConnectionLostError when the client is closed, and
        AuthenticationError when the broker does not let it in any more.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            while True:
                try:
                    message = self._inbox.take()
                except EOFError:
                    reason = "the client is closed"
                    raise ConnectionLostError(reason) from None
                if message is not None:
                    return message
                left_s = None if end is None else end - time.monotonic()
                if left_s is not None and left_s <= 0:
                    raise ServerTimeoutError(what="message", timeout_s=timeout_s or 0.0)
                self._changed.wait(left_s)

    def messages(self) -> Iterator[MqttMessage]:
        """Everything that is published, until the client is closed. Raises AuthenticationError as `get` does."""
        with contextlib.suppress(ConnectionLostError):
            while True:
                yield self.get()

    def call_service(
        self, server_id: str, service: str, data: Mapping[str, object] | None = None, *, timeout_s: float = 15.0
    ) -> None:
        """Ask a server to do something that takes commands from the broker (`--mqtt-commands`).

        Raises CommandError where it does not, ServerTimeoutError without an answer. Not for `on_message`, on whose
        thread answers come.
        """
        if threading.current_thread() is self._thread:
            message = "call_service waits for an answer, which comes on the thread of on_message"
            raise RuntimeError(message)
        introduction = self._introductions.get(server_id)
        if introduction is not None and _COMMANDS not in introduction.capabilities:
            raise CommandError(code="not_over_mqtt", message="the server takes no commands over MQTT")
        command_id = uuid.uuid4().hex
        command = json.dumps({"id": command_id, "service": service, "data": data or {}}, allow_nan=False)
        self._pending[command_id] = None
        try:
            result = self._ask_and_wait(f"{self._prefix}/{server_id}/command", command, command_id, timeout_s)
        finally:
            del self._pending[command_id]
        if result is None:
            raise ServerTimeoutError(what=f"answer to {service}", timeout_s=timeout_s)
        if not result.success:
            raise _refused(result)

    def _ask_and_wait(self, topic: str, command: str, command_id: str, timeout_s: float) -> CommandResult | None:
        """Publish a command, and wait for the answer; None where none comes in time."""
        if self._connected:
            self._client.publish(topic, command, qos=1)
        with self._changed:
            self._changed.wait_for(lambda: self._pending[command_id] or not self._connected, timeout_s)
            result = self._pending[command_id]
            if result is None and not self._connected:
                message = "not connected"
                raise ConnectionLostError(message)
            return result

    def _connect(self) -> None:
        try:
            self._client.connect(self.host, self.port, _KEEPALIVE_S, clean_start=True)
        except ssl.SSLCertVerificationError as error:
            raise CertificateError(str(error)) from error
        except TimeoutError as error:
            raise ServerTimeoutError(what="connection", timeout_s=self._timeout_s) from error
        except OSError as error:
            raise CannotConnectError(str(error)) from error
        self._client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._connected or self._refusal is not None, self._timeout_s)
        if self._refusal is not None:
            raise self._refusal
        if not self._connected:
            raise ServerTimeoutError(what="answer of a broker", timeout_s=self._timeout_s)

    # What follows is called on the thread of paho.

    def _on_connect(
        self, _client: object, _data: object, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._thread = threading.current_thread()
        if code.is_failure:
            self._refuse(str(code), hopeless=code.value in _REFUSED)
            return
        self._introductions.clear()
        options = load("paho.mqtt.subscribeoptions", "client").SubscribeOptions(qos=1)
        self._client.subscribe([(wanted, options) for wanted in filters(self._prefix)])

    def _refuse(self, code: str, *, hopeless: bool) -> None:
        """Tell who connects, or who reads when there is no hope of coming back."""
        kind = AuthenticationError if hopeless else CannotConnectError
        error = kind(f"the broker refuses the connection: {code}")
        if hopeless or self._lost_at is None:
            self._client.disconnect()
            self._inbox.close(error)
            with self._changed:
                self._refusal = error
                self._changed.notify_all()
        else:
            self.counters.failed_attempts += 1

    def _on_connect_fail(self, _client: object, _data: object) -> None:
        self.counters.failed_attempts += 1

    def _on_disconnect(
        self, _client: object, _data: object, _flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        with self._changed:
            was_connected, self._connected = self._connected, False
            self._changed.notify_all()
        if was_connected and not self._inbox.closed:
            self._lost_at = time.monotonic()
            first_s, last_s = random.choice(_FIRST_DELAYS_S), random.choice(_LAST_DELAYS_S)  # noqa: S311 - spreads load
            self._client.reconnect_delay_set(first_s, last_s)
            self._deliver(Disconnected(f"the connection to the broker ended: {code}"))

    def _on_subscribe(
        self, _client: object, _data: object, _id: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        answered = zip(filters(self._prefix), codes, strict=False)
        self.refused_filters = tuple(wanted for wanted, code in answered if code.is_failure)
        with self._changed:
            self._connected = True
            self._changed.notify_all()
        if self._lost_at is not None:
            self.counters.reconnects += 1
            self._deliver(Reconnected(round(time.monotonic() - self._lost_at, 3)))

    def _on_publish(self, _client: object, _data: object, published: MQTTMessage) -> None:
        self.counters.received += 1
        message = parse_broker(self._prefix, published.topic, published.payload, retained=published.retain)
        if isinstance(message, Introduction):
            self._introduce(message)
        elif isinstance(message, CommandResult) and self._answer(message):
            return
        self.counters.unknown += isinstance(message, UnknownTopic)
        self.counters.invalid += isinstance(message, InvalidPayload)
        self._deliver(message)

    def _introduce(self, introduction: Introduction) -> None:
        """Ask a server that is met for the first time since we connected."""
        server_id = introduction.server_id
        if self._ask and server_id not in self._introductions:
            self._client.publish(f"{self._prefix}/{server_id}/ask", b"?")
        self._introductions[server_id] = introduction

    def _answer(self, result: CommandResult) -> bool:
        """Hand an answer to who waits for it; whether anybody did."""
        with self._changed:
            if result.id not in self._pending:
                return False
            self._pending[result.id] = result
            self._changed.notify_all()
            return True

    def _deliver(self, message: MqttMessage) -> None:
        if self._on_message is None:
            self.counters.missed += not self._inbox.put(message)
            return
        try:
            self._on_message(message)
        except Exception:
            # It would end the thread, and with it the connection.
            _LOGGER.exception("on_message has failed")

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _refused(result: CommandResult) -> CommandError:
    """What became of a command that was not done."""
    error = result.error
    if error is None:
        return CommandError("unknown", "the server does not say why")
    return CommandError(error.code, error.message, field=error.field, expected=error.expected, found=error.found)
