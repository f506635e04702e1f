"""The client of a broker, with a real mosquitto and a real server that simulates."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import publish
from running import Mosquitto, Server, free_port, own_certificate, wait_until
from wifi_densepose.client import (
    AuthenticationError,
    CannotConnectError,
    CertificateError,
    CommandError,
    ConnectionLostError,
    ServerTimeoutError,
)
from wifi_densepose.client.broker import parse_broker
from wifi_densepose.client.mqtt import (
    Cleared,
    CommandResult,
    Disconnected,
    Introduction,
    InvalidPayload,
    Missed,
    MqttMessage,
    NodeEvent,
    NodeState,
    NodeStatus,
    Reconnected,
    Registry,
    RuViewMqttClient,
    ServerStatus,
    UnknownTopic,
)

PATIENCE_S = 20.0
SERVER_ID = "4f6c1f0e-9d0e-4b52-8a53-2f6f4c9a7d11"
STATE: dict[str, Any] = {
    "state": "on",
    "attributes": {"reason": ["motion"]},
    "last_changed": "2026-11-26T16:53:27.145895Z",
    "last_updated": "2026-11-26T16:53:28.5Z",
}
REFUSAL = {"code": "not_found", "message": "no", "field": "node_id"}
M = TypeVar("M")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Run a broker that lets everybody in."""
    running = Mosquitto(tmp_path / "broker")
    yield running
    running.stop()


def to(broker: Mosquitto, **options: Any) -> RuViewMqttClient:
    return RuViewMqttClient("127.0.0.1", broker.port, **options)


def say(broker: Mosquitto, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
    publish.single(topic, payload, qos=1, retain=retain, port=broker.port, hostname="127.0.0.1")


def next_of(
    client: RuViewMqttClient, kind: type[M], true: Callable[[M], object] = bool, seconds: float = PATIENCE_S
) -> M:
    """Wait for the next message of a kind for which something is true, whatever comes before."""
    while True:
        message = client.get(seconds)
        if isinstance(message, kind) and true(message):
            return message


def serve(folder: Path, broker: Mosquitto, *arguments: str) -> Server:
    return Server(folder, "--mqtt-url", broker.url, *arguments)


# What a message is.


def read(topic: str, payload: object, *, retained: bool = False) -> MqttMessage:
    return parse_broker("ruview", topic, json.dumps(payload).encode(), retained=retained)


def test_states() -> None:
    assert read("ruview/3f2a91c4_node_1/presence/state", STATE, retained=True) == NodeState(
        node="3f2a91c4_node_1",
        key="presence",
        state="on",
        attributes={"reason": ["motion"]},
        last_changed=datetime(2026, 11, 26, 16, 53, 27, 145895, tzinfo=timezone.utc),
        last_updated=datetime(2026, 11, 26, 16, 53, 28, 500000, tzinfo=timezone.utc),
        retained=True,
    )
    for number in (-50, 85.9):
        state = read("ruview/3f2a91c4_node_1/rssi/state", STATE | {"state": number})
        assert isinstance(state, NodeState)
        assert (state.state, type(state.state)) == (number, type(number))
    feedback = read("ruview/3f2a91c4_monitor_attic/bfld/motion/state", STATE)
    assert isinstance(feedback, NodeState)
    assert feedback.key == "bfld_motion"


def test_status_of_servers_and_nodes() -> None:
    of_server = parse_broker("ruview", f"ruview/{SERVER_ID}/status", b"offline", retained=True)
    assert of_server == ServerStatus(server_id=SERVER_ID, online=False, retained=True)
    of_node = parse_broker("ruview", "ruview/3f2a91c4_node_1/status", b"online", retained=False)
    assert of_node == NodeStatus(node="3f2a91c4_node_1", online=True, retained=False)


def test_what_is_gone_is_told() -> None:
    topic = "ruview/3f2a91c4_node_1/breathing_rate/state"
    assert parse_broker("ruview", topic, b"", retained=False) == Cleared(topic=topic)


def test_results() -> None:
    done = read(f"ruview/{SERVER_ID}/result", {"id": "a", "success": True, "result": None})
    assert done == CommandResult(server_id=SERVER_ID, id="a", success=True)
    refused = read(f"ruview/{SERVER_ID}/result", {"id": "a", "success": False, "error": REFUSAL})
    assert isinstance(refused, CommandResult)
    assert refused.error is not None
    assert (refused.error.code, refused.error.field, refused.error.found) == ("not_found", "node_id", None)


@pytest.mark.parametrize("topic", ["ruview/a/raw/csi", "ruview", "other/a/status", "ruview/a/b/c/state", "ruview/a"])
def test_topics_of_later_versions_are_kept(topic: str) -> None:
    assert parse_broker("ruview", topic, b"x", retained=False) == UnknownTopic(topic, b"x")


@pytest.mark.parametrize(
    ("topic", "payload", "error"),
    [
        ("a_node_1/status", b"perhaps", "status: expected online or offline, found something else"),
        ("a_node_1/presence/state", b"\xff", "state: expected JSON, found UnicodeDecodeError"),
        ("a_node_1/presence/state", b"on", "state: expected JSON, found JSONDecodeError"),
        ("a_node_1/presence/state", b"[]", "state: expected an object, found a list"),
        ("a_node_1/presence/state", b"{}", "NodeState.state: expected text or an integer or a number, found nothing"),
        (
            "a_node_1/presence/state",
            json.dumps(STATE | {"state": True}).encode(),
            "NodeState.state: expected text or an integer or a number, found true or false",
        ),
        (
            "a_node_1/presence/state",
            json.dumps(STATE | {"last_changed": "yesterday"}).encode(),
            "NodeState.last_changed: expected a time (RFC 3339), found text",
        ),
        ("a_node_1/events/bed_exit", b"{}", "NodeEvent.event_type: expected text, found nothing"),
        ("x/info", b"{}", "Introduction.name: expected text, found nothing"),
        ("x/registry", b'{"devices": [], "entities": [1]}', "Registry.entities[0]: expected an object"),
        ("x/result", b'{"id": 1, "success": true}', "CommandResult.id: expected text, found an integer"),
    ],
)
def test_a_wrong_field_is_named(topic: str, payload: bytes, error: str) -> None:
    message = parse_broker("ruview", f"ruview/{topic}", payload, retained=False)
    assert isinstance(message, InvalidPayload)
    assert error in message.error
    assert message.payload == payload


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ENDS = ["status", "info", "registry", "result", "presence/state", "bfld/motion/state", "events/bed_exit", "raw/x"]


@given(st.sampled_from(ENDS), JSON.map(json.dumps).map(str.encode) | st.binary())
def test_any_payload_is_a_message(end: str, payload: bytes) -> None:
    message = parse_broker("ruview", f"ruview/a/{end}", payload, retained=False)
    assert isinstance(message, (Cleared, InvalidPayload, UnknownTopic)) is not (
        end.endswith("status") and payload in (b"online", b"offline")
    )


@given(st.sampled_from(sorted(STATE)), JSON)
def test_any_value_in_any_field_is_a_state_or_told(key: str, value: object) -> None:
    message = read("ruview/a/presence/state", STATE | {key: value})
    assert isinstance(message, (NodeState, InvalidPayload))


# The real server.


def test_everything_that_a_server_publishes_is_understood(broker: Mosquitto, tmp_path: Path) -> None:
    server = serve(tmp_path / "server", broker, "--speed", "20")
    kinds: dict[type[object], MqttMessage] = {}
    wanted = {ServerStatus, NodeStatus, Introduction, Registry, NodeState, NodeEvent}
    try:
        with to(broker) as client:
            assert client.connected
            while wanted - kinds.keys():
                message = client.get(PATIENCE_S)
                assert not isinstance(message, (InvalidPayload, UnknownTopic, Disconnected))
                kinds[type(message)] = message
            assert (client.counters.invalid, client.counters.unknown, client.refused_filters) == (0, 0, ())
    finally:
        server.stop()
    introduction, event = kinds[Introduction], kinds[NodeEvent]
    assert isinstance(introduction, Introduction)
    assert introduction.server_id == server.server_id
    assert introduction.topic == f"ruview/{server.server_id[:8]}"
    assert isinstance(event, NodeEvent)
    assert event.device_id == "node_1"
    assert event.public_key == introduction.public_key
    assert not event.retained


def test_who_comes_later_is_told_everything(broker: Mosquitto, tmp_path: Path) -> None:
    """The broker keeps no numbers: the server is asked for them."""
    server = serve(tmp_path / "server", broker)
    try:
        with to(broker) as first:
            next_of(first, NodeState, lambda state: state.key == "rssi")
        with to(broker) as later:
            rssi = next_of(later, NodeState, lambda state: state.key == "rssi" and state.state != "unknown", 5.0)
            assert not rssi.retained
            assert isinstance(rssi.state, int)
    finally:
        server.stop()


def test_a_server_that_goes_is_told(broker: Mosquitto, tmp_path: Path) -> None:
    server = serve(tmp_path / "server", broker)
    try:
        with to(broker) as client:
            assert next_of(client, ServerStatus).online
            server.process.kill()
            # The last will.
            assert not next_of(client, ServerStatus, lambda status: not status.online).online
            server.start()
            assert next_of(client, ServerStatus, lambda status: status.online).server_id == server.server_id
    finally:
        server.stop()


def test_an_outage_of_the_broker_is_told_and_survived(broker: Mosquitto) -> None:
    with to(broker) as client:
        say(broker, "ruview/a/status", "online")
        next_of(client, NodeStatus)
        broker.process.kill()
        assert "the connection to the broker ended" in next_of(client, Disconnected).reason
        assert not client.connected
        broker.start()
        assert next_of(client, Reconnected).gap_s > 0
        assert client.connected
        say(broker, "ruview/b/status", "online")
        assert next_of(client, NodeStatus).node == "b"
        assert client.counters.reconnects == 1


def test_commands(broker: Mosquitto, tmp_path: Path) -> None:
    server = serve(tmp_path / "server", broker, "--mqtt-commands")
    try:
        with to(broker) as client:
            next_of(client, Registry, lambda registry: any(device.kind == "node" for device in registry.devices))
            client.call_service(server.server_id, "reset_baseline", {"node_id": "node_1"})
            with pytest.raises(CommandError) as error:
                client.call_service(server.server_id, "calibrate", {"node_id": "node_99"})
            assert (error.value.code, error.value.field) == ("not_found", "node_id")
            with pytest.raises(ServerTimeoutError, match="no answer to calibrate within"):
                client.call_service(SERVER_ID, "calibrate", timeout_s=0.2)
    finally:
        server.stop()


def test_a_server_that_takes_no_commands(broker: Mosquitto, tmp_path: Path) -> None:
    server = serve(tmp_path / "server", broker)
    try:
        with to(broker) as client:
            next_of(client, Introduction)
            with pytest.raises(CommandError, match="not_over_mqtt"):
                client.call_service(server.server_id, "calibrate", {"node_id": "node_1"})
    finally:
        server.stop()


def test_a_command_whose_broker_goes_says_so(broker: Mosquitto) -> None:
    with to(broker) as client:
        threading.Timer(0.2, broker.process.kill).start()
        with pytest.raises(ConnectionLostError, match="not connected"):
            client.call_service(SERVER_ID, "calibrate")
        with pytest.raises(ConnectionLostError, match="not connected"):
            client.call_service(SERVER_ID, "calibrate")


def test_results_of_others_are_told(broker: Mosquitto) -> None:
    with to(broker) as client:
        say(broker, f"ruview/{SERVER_ID}/result", '{"id": "of-another", "success": true, "result": null}')
        assert next_of(client, CommandResult).id == "of-another"


# Brokers that are careful.


def test_name_password_and_access(tmp_path: Path) -> None:
    users, access = tmp_path / "users", tmp_path / "access"
    users.write_text("operator:secret\n")
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    access.write_text("user operator\ntopic read ruview/+/status\n")
    broker = Mosquitto(tmp_path / "broker", f"allow_anonymous false\npassword_file {users}\nacl_file {access}\n")
    try:
        for options in ({}, {"username": "operator", "password": "wrong"}):
            with pytest.raises(AuthenticationError, match="the broker refuses the connection: Not authorized"):
                to(broker, **options).__enter__()
        with to(broker, username="operator", password="secret") as client:
            assert client.connected
    finally:
        broker.stop()


def test_a_password_that_is_changed_ends_it(tmp_path: Path) -> None:
    users = tmp_path / "users"

    def change(password: str) -> None:
        users.write_text(f"operator:{password}\n")
        subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)

    change("first")
    broker = Mosquitto(tmp_path / "broker", f"allow_anonymous false\npassword_file {users}\n")
    try:
        with to(broker, username="operator", password="first") as client:
            broker.stop()
            change("second")
            broker.start()
            next_of(client, Disconnected)
            with pytest.raises(AuthenticationError):
                next_of(client, Reconnected)
            with pytest.raises(AuthenticationError):
                list(client.messages())
    finally:
        broker.stop()


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_with_an_own_certificate(tmp_path: Path) -> None:
    key, certificate = own_certificate(tmp_path)
    settings = f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\n"
    broker = Mosquitto(tmp_path / "broker", settings)
    try:
        with pytest.raises(CertificateError):
            to(broker, ssl_context=ssl.create_default_context()).__enter__()
        trusting = ssl.create_default_context(cafile=str(certificate))
        with to(broker, ssl_context=trusting) as client:
            assert client.connected
        trusting.check_hostname = False
        with to(broker, ssl_context=trusting) as client:
            assert client.connected
    finally:
        broker.stop()


# Whoever misbehaves.


def test_nobody_listens() -> None:
    with pytest.raises(CannotConnectError):
        RuViewMqttClient("127.0.0.1", free_port()).__enter__()


def test_what_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = RuViewMqttClient("127.0.0.1", silent.getsockname()[1], timeout_s=0.3)
        with pytest.raises(ServerTimeoutError, match=r"no answer of a broker within 0\.3 s"):
            client.__enter__()


def test_what_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = other.accept()
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    connection.close()

        threading.Thread(target=answer, daemon=True).start()
        client = RuViewMqttClient("127.0.0.1", other.getsockname()[1], timeout_s=0.5)
        with pytest.raises((ServerTimeoutError, CannotConnectError)):
            client.__enter__()
        other.shutdown(socket.SHUT_RDWR)


def test_garbage_is_told_and_the_client_goes_on(broker: Mosquitto) -> None:
    with to(broker) as client:
        say(broker, "ruview/a/presence/state", b"\xff\x00")
        say(broker, "ruview/a/presence/state", "x" * 1_000_000)
        say(broker, "ruview/a/presence/state", json.dumps(STATE))
        for _ in range(2):
            assert next_of(client, InvalidPayload).topic == "ruview/a/presence/state"
        assert next_of(client, NodeState).state == "on"
        assert client.counters.invalid == 2


def test_who_is_too_slow_is_told_how_much_is_gone(broker: Mosquitto) -> None:
    with to(broker, queue_size=3) as client:
        messages: list[tuple[str, str, int, bool]] = [
            (f"ruview/node_{n}/status", "online", 1, False) for n in range(10)
        ]
        publish.multiple([*messages], hostname="127.0.0.1", port=broker.port)
        wait_until(lambda: client.counters.received == 10, "messages")
        assert client.get() == Missed(7, "messages")
        assert [next_of(client, NodeStatus).node for _ in range(3)] == ["node_7", "node_8", "node_9"]


# Callbacks, and who ends.


def test_a_callback_is_called_and_may_fail(broker: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[MqttMessage] = []

    def on_message(message: MqttMessage) -> None:
        seen.append(message)
        if len(seen) == 1:
            raise ZeroDivisionError

    with caplog.at_level(logging.ERROR), to(broker, on_message=on_message):
        for name in ("a", "b"):
            say(broker, f"ruview/{name}/status", "online")
        wait_until(lambda: len(seen) == 2, "messages")
    assert [message.node for message in seen if isinstance(message, NodeStatus)] == ["a", "b"]
    assert "on_message has failed" in caplog.text


def test_a_callback_cannot_wait_for_an_answer_but_may_close(broker: Mosquitto) -> None:
    errors: list[str] = []

    def on_message(_message: MqttMessage) -> None:
        try:
            client.call_service(SERVER_ID, "calibrate")
        except RuntimeError as error:
            errors.append(str(error))
        client.close()

    with to(broker, on_message=on_message) as client:
        say(broker, "ruview/a/status", "online")
        wait_until(lambda: not client.connected, "the end")
    assert "on the thread of on_message" in errors[0]


def test_close_from_another_thread_ends_the_messages(broker: Mosquitto) -> None:
    with to(broker) as client:
        say(broker, "ruview/a/status", "online")
        threading.Timer(0.3, client.close).start()
        assert [type(message) for message in client.messages()] == [NodeStatus]
        with pytest.raises(ConnectionLostError, match="the client is closed"):
            client.get()
        with pytest.raises(RuntimeError, match="entered once"):
            client.__enter__()


def test_no_thread_is_left(broker: Mosquitto) -> None:
    before = threading.active_count()
    with to(broker):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_nothing_comes_in_time(broker: Mosquitto) -> None:
    with to(broker) as client, pytest.raises(ServerTimeoutError, match=r"no message within 0\.1 s"):
        client.get(0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": ""}, "prefix: expected one level"),
        ({"prefix": "a/b"}, "prefix: expected one level"),
        ({"prefix": "#"}, "prefix: expected one level"),
        ({"password": "secret"}, "username: expected one beside a password"),
        ({"queue_size": 0}, "queue_size: expected at least 1"),
    ],
)
def test_arguments_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RuViewMqttClient("127.0.0.1", **options)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(ImportError, match=r'pip install "wifi-densepose\[client\]"'):
        RuViewMqttClient("127.0.0.1")
