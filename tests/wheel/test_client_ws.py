"""Clients of a server's WebSockets, with a real server that simulates; misbehaviour comes from a fake endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Server, free_port, own_certificate, server_binary
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from wifi_densepose.client import (
    AuthenticationError,
    CannotConnectError,
    CertificateError,
    CommandError,
    ConnectionLostError,
    MessageError,
    NotRuViewError,
    RateLimitedError,
    ServerTimeoutError,
    UnsupportedApiError,
    ws,
)
from wifi_densepose.client._json import Value
from wifi_densepose.client.sensing import parse_sensing
from wifi_densepose.client.ws import (
    ApiClient,
    Disconnected,
    EdgeVitals,
    InvalidMessage,
    Missed,
    PoseData,
    Reconnected,
    Resync,
    SensingClient,
    SensingUpdate,
    Snapshot,
    State,
    StateChanged,
    UnknownMessage,
)

GOLDEN = Path(__file__).parents[1] / "golden"
PATIENCE_S = 20.0
# In tests nobody waits for a server that has not gone away.
QUICK: dict[str, Any] = {"first_delay_s": 0.05, "max_delay_s": 0.2}

M = TypeVar("M")
Handler = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests that only read."""
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


async def next_of(stream: AsyncIterator[object], kind: type[M], seconds: float = PATIENCE_S) -> M:
    """Wait for the next message of a kind, whatever comes before."""

    async def wait() -> M:
        async for message in stream:
            if isinstance(message, kind):
                return message
        pytest.fail(f"the stream ended without {kind.__name__}")

    return await asyncio.wait_for(wait(), seconds)


async def soon(waiting: Awaitable[M]) -> M:
    return await asyncio.wait_for(waiting, PATIENCE_S)


@contextlib.asynccontextmanager
async def fake(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """Run a fake endpoint on 127.0.0.1 that does what no server should; give its address."""
    async with serve(handler, "127.0.0.1", port, max_size=None) as endpoint:
        yield f"ws://127.0.0.1:{next(iter(endpoint.sockets)).getsockname()[1]}"


WELCOME = (GOLDEN / "ws_v1/server_auth_ok.json").read_text()
ASK = (GOLDEN / "ws_v1/server_auth_required.json").read_text()
VITALS = (GOLDEN / "ws_sensing/edge_vitals.json").read_text()


def saying(*frames: str | bytes) -> Handler:
    """Make a fake that lets everybody in, says this, and then nothing."""

    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        for frame in frames:
            await socket.send(frame)
        await socket.wait_closed()

    return handler


def golden(name: str) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads((GOLDEN / name).read_text())
    return frame


# What a frame is.


@pytest.mark.parametrize("name", ["edge_vitals", "edge_vitals_restricted", "sensing_update", "pose_data"])
def test_golden_frames_of_the_stream(name: str) -> None:
    """Everything that a frame says is in the message, and nothing else."""
    frame = golden(f"ws_sensing/{name}.json")
    message = parse_sensing(json.dumps(frame))
    assert isinstance(message, (EdgeVitals, SensingUpdate, PoseData))
    assert message.to_dict() == frame
    assert type(message).from_dict(message.to_dict()) == message


def test_what_may_not_leave_is_none() -> None:
    restricted = parse_sensing(json.dumps(golden("ws_sensing/edge_vitals_restricted.json")))
    assert isinstance(restricted, EdgeVitals)
    assert restricted.breathing_rate_bpm is None
    assert restricted.presence is True


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"node_id": 5}, "edge_vitals.node_id: expected text, found an integer"),
        ({"presence": 1}, "edge_vitals.presence: expected true or false, found an integer"),
        ({"fall_detected": None}, "edge_vitals.fall_detected: expected true or false, found null"),
        ({"rssi": "loud"}, "edge_vitals.rssi: expected a number, found text"),
        ({"rssi": True}, "edge_vitals.rssi: expected a number, found true or false"),
        ({"rssi": 10**400}, "edge_vitals.rssi: expected a finite number"),
        ({"n_persons": 1.5}, "edge_vitals.n_persons: expected an integer, found a number"),
        ({"type": 5}, "frame.type: expected text, found an integer"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(MessageError) as error:
        parse_sensing(json.dumps(golden("ws_sensing/edge_vitals.json") | change))
    assert where in str(error.value)


def test_a_missing_field_is_named() -> None:
    frame = golden("ws_sensing/edge_vitals.json")
    del frame["node_id"]
    with pytest.raises(MessageError, match=r"edge_vitals\.node_id: expected text, found nothing"):
        parse_sensing(json.dumps(frame))


def test_a_nested_field_is_named() -> None:
    frame = golden("ws_sensing/sensing_update.json")
    frame["nodes"][0]["rssi"] = []
    with pytest.raises(MessageError, match=r"sensing_update\.nodes\[0\]\.rssi: expected a number, found a list"):
        parse_sensing(json.dumps(frame))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "NaN", '{"type": "edge_vitals", "rssi": NaN}', "[" * 200_000])
def test_what_is_no_frame_is_an_error(text: str) -> None:
    with pytest.raises(MessageError):
        parse_sensing(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FRAMES = [golden(f"ws_sensing/{name}.json") for name in ("edge_vitals", "sensing_update", "pose_data")]


@given(st.sampled_from(FRAMES), st.data())
def test_any_value_in_any_field_is_a_message_or_a_typed_error(frame: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(frame)))
    try:
        message = parse_sensing(json.dumps(frame | {key: data.draw(JSON)}))
    except MessageError as error:
        assert error.where  # noqa: PT017 - the other outcome is as good
    else:
        assert isinstance(message, (EdgeVitals, SensingUpdate, PoseData, UnknownMessage))


@given(JSON)
def test_any_json_is_a_message_or_a_typed_error(value: object) -> None:
    with contextlib.suppress(MessageError):
        assert isinstance(parse_sensing(json.dumps(value)), UnknownMessage)


@given(st.text() | st.binary())
def test_any_text_is_a_message_or_a_typed_error(text: str | bytes) -> None:
    with contextlib.suppress(MessageError):
        parse_sensing(text)


EVENTS = ["snapshot", "snapshot_monitor", "state_changed", "state_changed_duplicate", "state_removed", "event"]
EVENTS += ["event_calibration", "config_updated", "device_registry_updated", "entity_registry_updated"]


async def messages_of(client: ApiClient | SensingClient, count: int) -> list[object]:
    stream = client.stream()
    return [await soon(anext(stream)) for _ in range(count)]


def api(*frames: object) -> Handler:
    """Make a fake of the API that lets everybody in, accepts a subscription, and says this."""

    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        command = json.loads(await socket.recv())
        assert command["type"] == "subscribe"
        await socket.send(json.dumps({"id": command["id"], "type": "result", "success": True, "result": None}))
        for frame in frames:
            await socket.send(json.dumps(frame))
        await socket.wait_closed()

    return handler


async def test_golden_events_of_the_api() -> None:
    frames = [golden(f"ws_v1/server_{name}.json") for name in EVENTS]
    async with fake(api(*frames)) as url, ApiClient(url) as client:
        messages = await messages_of(client, len(frames))
    for frame, message in zip(frames, messages, strict=True):
        assert isinstance(message, Value)
        assert {**message.to_dict()} == frame["event"] | ({"id": None} if "id" in message.to_dict() else {})


async def test_what_the_api_may_say_in_future_is_kept() -> None:
    event = {"id": 1, "type": "event", "event": {"type": "weather_changed", "sun": True}}
    frame = {"id": 1, "type": "farewell", "why": "none"}
    resync = golden("ws_v1/server_resync.json")
    async with fake(api(event, frame, resync, {"type": "event", "event": 3}, [])) as url, ApiClient(url) as client:
        messages = await messages_of(client, 5)
        assert client.counters.unknown == 2
    assert messages[:3] == [
        UnknownMessage("weather_changed", {"type": "weather_changed", "sun": True}),
        UnknownMessage("farewell", frame),
        Resync(),
    ]
    assert [message.error for message in messages[3:] if isinstance(message, InvalidMessage)] == [
        "event: expected an object, found an integer",
        "frame: expected an object, found a list",
    ]


# The real server.


async def test_edge_vitals_of_a_simulation_within_5_s(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    try:
        async with SensingClient(server.url, token=server.token) as client:
            assert client.connected
            assert client.server is not None
            assert client.server.server_id == server.server_id
            vitals = await next_of(client.stream(), EdgeVitals, 5.0)
            update = await next_of(client.stream(), SensingUpdate)
    finally:
        server.stop()
    assert vitals.node_id == "node_1"
    assert update.source == "simulated"
    assert not client.connected


async def test_a_restart_of_the_server_is_told_and_survived(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    try:
        async with SensingClient(server.url, token=server.token, **QUICK) as client:
            stream = client.stream()
            await next_of(stream, EdgeVitals)
            await asyncio.to_thread(server.stop)
            lost = await next_of(stream, Disconnected)
            assert "the server stops" in lost.reason
            assert not client.connected
            await asyncio.to_thread(server.start)
            back = await next_of(stream, Reconnected)
            assert back.gap_s > 0
            assert client.connected
            await next_of(stream, EdgeVitals)
            assert client.counters.reconnects == 1
    finally:
        server.stop()


async def test_a_killed_server_is_told(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    try:
        async with SensingClient(server.url, token=server.token, **QUICK) as client:
            stream = client.stream()
            await next_of(stream, SensingUpdate)
            server.process.kill()
            assert (await next_of(stream, Disconnected)).reason == "the connection broke"
    finally:
        server.stop()


async def test_a_wrong_token_ends_it_and_is_not_repeated(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    try:
        for client in (SensingClient(server.url, token="wrong"), ApiClient(server.url, token="wrong")):
            with pytest.raises(AuthenticationError, match="the token is not valid"):
                await client.__aenter__()
        with pytest.raises(AuthenticationError, match="wants a token"):
            await SensingClient(server.url).__aenter__()
        for _ in range(8):
            with pytest.raises(AuthenticationError):
                await SensingClient(server.url, token="wrong").__aenter__()
        with pytest.raises(RateLimitedError) as limited:
            await SensingClient(server.url, token=server.token).__aenter__()
        assert 0 < limited.value.retry_after_s <= 60
    finally:
        server.stop()


async def test_a_token_that_is_revoked_ends_the_stream(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")

    def token(*arguments: str) -> str:
        command = [server_binary(), "token", *arguments, "--data-dir", str(server.folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    server.stop()
    further = token("create", "test")
    server.start()
    try:
        async with SensingClient(server.url, token=further, **QUICK) as client:
            stream = client.stream()
            await next_of(stream, SensingUpdate)
            token("revoke", "test")
            with pytest.raises(AuthenticationError, match="revoked"):
                await next_of(stream, Reconnected)
            assert not client.connected
    finally:
        server.stop()


async def test_commands(server: Server) -> None:
    async with ApiClient(server.url, token=server.token) as client:
        stream = client.stream()
        snapshot = await next_of(stream, Snapshot)
        assert "server" in {device.kind for device in snapshot.devices}
        # The node is heard after the server is there.
        changed = await next_of(stream, StateChanged)
        states = await client.get_states()
        assert changed.entity_id in {state.entity_id for state in states}
        assert all(isinstance(state, State) for state in states)
        assert abs(datetime.now(timezone.utc) - states[0].last_updated) < timedelta(days=1)
        config = await client.get_config()
        assert (config.server_id, config.source) == (server.server_id, "simulated")
        assert "counters" in await client.get_diagnostics()
        await client.ping()
        assert isinstance(await client.get_events(limit=5), tuple)
        with pytest.raises(ValueError, match="since: expected a time with a time zone"):
            await client.get_events(since=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


async def test_a_refused_command_names_code_and_field(server: Server) -> None:
    async with ApiClient(server.url, token=server.token) as client:
        with pytest.raises(CommandError) as error:
            await client.call_service("calibrate", {"node_id": "node_99"})
        assert error.value.code == "not_found"
        with pytest.raises(CommandError) as error:
            await client.call_service("calibrate", {"node_id": "node_1", "duration_s": "long"})
        assert (error.value.code, error.value.field) == ("invalid_data", "duration_s")
        with pytest.raises(CommandError, match="unknown_service"):
            await client.call_service("dance")


async def test_a_service_is_done(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    try:
        async with ApiClient(server.url, token=server.token) as client:
            stream = client.stream()
            await client.call_service("set_privacy_class", {"privacy_class": 3})
            updated = await next_of(stream, ws.ConfigUpdated)
            assert updated == ws.ConfigUpdated(privacy_class=3, privacy_mode=True)
    finally:
        server.stop()


async def test_a_snapshot_follows_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    try:
        async with ApiClient(server.url, token=server.token, **QUICK) as client:
            stream = client.stream()
            await next_of(stream, Snapshot)
            server.stop()
            await next_of(stream, Disconnected)
            with pytest.raises(ConnectionLostError):
                await client.get_states()
            await asyncio.to_thread(server.start)
            await next_of(stream, Reconnected)
            assert isinstance(await soon(anext(stream)), Snapshot)
            await client.ping()
    finally:
        server.stop()


async def test_tls_with_an_own_certificate(tmp_path: Path) -> None:
    key, certificate = own_certificate(tmp_path)
    server = Server(tmp_path / "server", "--tls-cert", str(certificate), "--tls-key", str(key))
    try:
        url = server.url.replace("ws:", "wss:")
        with pytest.raises(CertificateError):
            await SensingClient(url, token=server.token).__aenter__()
        context = ssl.create_default_context(cafile=str(certificate))
        async with SensingClient(url, token=server.token, ssl_context=context) as client:
            await next_of(client.stream(), SensingUpdate)
    finally:
        server.stop()


# Whoever misbehaves.


async def test_garbage_is_told_and_the_stream_goes_on() -> None:
    garbage: list[str | bytes] = [
        "",
        "garbage",
        "[1]",
        '{"type": "edge_vitals"}',
        b"\x00\x01",
        '{"type": "new", "a": 1}',
    ]
    async with fake(saying(*garbage, VITALS)) as url, SensingClient(url) as client:
        messages = await messages_of(client, 7)
        assert client.counters.invalid == 5
        assert client.counters.unknown == 1
        assert client.connected
    invalid = [message for message in messages if isinstance(message, InvalidMessage)]
    assert [message.raw for message in invalid] == garbage[:5]
    assert invalid[3].error == "edge_vitals.node_id: expected text, found nothing"
    assert messages[5] == UnknownMessage("new", {"type": "new", "a": 1})
    assert isinstance(messages[6], EdgeVitals)


async def test_text_that_is_not_utf8_ends_the_connection_and_is_told() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        await socket.send(b"\xff\xfe", text=True)
        await socket.wait_closed()

    async with fake(handler) as url, SensingClient(url, **QUICK) as client:
        stream = client.stream()
        await next_of(stream, Disconnected)
        await next_of(stream, Reconnected)


async def test_a_huge_message_is_refused_and_told() -> None:
    huge = json.dumps({"type": "edge_vitals", "node_id": "x" * 100_000})
    async with fake(saying(huge)) as url, SensingClient(url, max_message_bytes=65_536, **QUICK) as client:
        stream = client.stream()
        assert (await next_of(stream, Disconnected)).reason == "a message was over 65536 bytes"
        await next_of(stream, Reconnected)


async def test_a_server_that_never_greets() -> None:
    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with fake(silent) as url:
        for client in (SensingClient(url, timeout_s=0.2), ApiClient(url, timeout_s=0.2)):
            with pytest.raises(ServerTimeoutError, match=r"no greeting within 0\.2 s"):
                await client.__aenter__()


async def test_a_port_that_never_answers() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(ServerTimeoutError, match=r"no WebSocket within 0\.2 s"):
            await SensingClient(f"ws://127.0.0.1:{port}", timeout_s=0.2).__aenter__()


async def test_a_server_that_is_no_ruview() -> None:
    for greeting in ('"hello"', "hello", b"hello", '{"hello": 1}'):

        async def handler(socket: ServerConnection, greeting: str | bytes = greeting) -> None:
            await socket.send(greeting)
            await socket.wait_closed()

        async with fake(handler) as url:
            for client in (SensingClient(url), ApiClient(url)):
                with pytest.raises(NotRuViewError):
                    await client.__aenter__()


async def test_a_path_that_is_no_websocket(server: Server) -> None:
    with pytest.raises(NotRuViewError, match="HTTP status 200"):
        await SensingClient(f"{server.url}/health", token=server.token).__aenter__()


async def test_the_token_is_not_told_to_another_api() -> None:
    heard: list[str | bytes] = []

    async def handler(socket: ServerConnection) -> None:
        await socket.send('{"type": "auth_required", "version": "9", "api": 2}')
        heard.extend([message async for message in socket])

    async with fake(handler) as url:
        with pytest.raises(UnsupportedApiError, match="expected API version 1, found 2"):
            await SensingClient(url, token="secret").__aenter__()
    assert heard == []


async def test_a_server_that_greets_nobody_is_read() -> None:
    """Behind a proxy that vouches for its users the stream begins at once."""

    async def handler(socket: ServerConnection) -> None:
        await socket.send(VITALS)
        await socket.wait_closed()

    async with fake(handler) as url, SensingClient(url) as client:
        assert isinstance(await soon(anext(client.stream())), EdgeVitals)


async def test_a_host_that_is_no_name() -> None:
    with pytest.raises(CannotConnectError):
        await SensingClient(f"ws://{'x' * 70}.invalid").__aenter__()


async def test_a_server_that_leads_elsewhere() -> None:
    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: gopher://x\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(lead, "127.0.0.1", 0) as listener:
        with pytest.raises(NotRuViewError):
            await SensingClient(f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}").__aenter__()


async def test_nobody_listens() -> None:
    with pytest.raises(CannotConnectError):
        await SensingClient(f"ws://127.0.0.1:{free_port()}").__aenter__()


async def test_attempts_to_come_back_are_counted_and_end_when_the_client_does() -> None:
    async with fake(saying(VITALS)) as url:
        client = SensingClient(url, **QUICK)
        await client.__aenter__()
    while client.counters.failed_attempts < 3:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)
    await soon(client.close())
    messages = [message async for message in client.stream()]
    assert [type(message) for message in messages] == [EdgeVitals, Disconnected]


async def test_a_token_that_is_not_accepted_any_more_ends_coming_back() -> None:
    connections = 0

    async def handler(socket: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await socket.send(ASK)
        await socket.recv()
        if connections > 1:
            await socket.send((GOLDEN / "ws_v1/server_auth_invalid.json").read_text())
            await socket.close(4401)
            return
        await socket.send(WELCOME)

    async with fake(handler) as url, SensingClient(url, token="old", **QUICK) as client:
        with pytest.raises(AuthenticationError, match="the token is not valid"):
            await next_of(client.stream(), Reconnected)
        await asyncio.sleep(0.3)
        assert connections == 2


async def test_who_is_limited_on_coming_back_waits_as_long_as_it_is_told() -> None:
    requests = 0

    def limit(connection: ServerConnection, _request: Request) -> Response | None:
        nonlocal requests
        requests += 1
        if requests != 2:
            return None
        refusal = connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "")
        refusal.headers["Retry-After"] = "1"
        return refusal

    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)

    async with serve(handler, "127.0.0.1", 0, process_request=limit) as endpoint:
        port = next(iter(endpoint.sockets)).getsockname()[1]
        async with SensingClient(f"ws://127.0.0.1:{port}", **QUICK) as client:
            assert (await next_of(client.stream(), Reconnected)).gap_s >= 1.0
            assert client.counters.failed_attempts == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"id": 1, "type": "result", "success": False, "error": {"code": "stopping", "message": "no"}}, CommandError),
        ({"id": 1, "type": "result", "success": False}, NotRuViewError),
        ({"id": 2, "type": "result", "success": True}, NotRuViewError),
        ({"type": "event"}, NotRuViewError),
    ],
)
async def test_a_subscription_that_is_refused(answer: dict[str, object], error: type[Exception]) -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        await socket.recv()
        await socket.send(json.dumps(answer))
        await socket.wait_closed()

    async with fake(handler) as url:
        with pytest.raises(error):
            await ApiClient(url).__aenter__()


# Who reads slowly, and who ends.


async def test_who_is_too_slow_is_told_how_much_is_gone() -> None:
    frames = [json.dumps(golden("ws_sensing/edge_vitals.json") | {"node_id": f"node_{n}"}) for n in range(10)]
    async with fake(saying(*frames)) as url, SensingClient(url, queue_size=3) as client:
        while client.counters.received < 10:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        messages = await messages_of(client, 4)
        assert client.counters.missed == 7
    assert messages[0] == Missed(7, "messages")
    assert [message.node_id for message in messages if isinstance(message, EdgeVitals)] == [
        "node_7",
        "node_8",
        "node_9",
    ]


async def test_seconds_that_the_server_passed_over_are_told() -> None:
    update = golden("ws_sensing/sensing_update.json")
    frames = [json.dumps(update | {"tick": tick}) for tick in (7, 8, 12, 3)]
    async with fake(saying(*frames)) as url, SensingClient(url) as client:
        messages = await messages_of(client, 5)
    assert messages[2] == Missed(3, "seconds")
    assert [message.tick for message in messages if isinstance(message, SensingUpdate)] == [7, 8, 12, 3]


async def test_the_api_begins_anew_for_who_is_too_slow() -> None:
    change, snapshot = golden("ws_v1/server_state_changed.json"), golden("ws_v1/server_snapshot.json")
    connections = 0

    async def handler(socket: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await api(snapshot, *[change] * (9 if connections == 1 else 0))(socket)

    async with fake(handler) as url, ApiClient(url, queue_size=5, **QUICK) as client:
        while client.counters.reconnects < 1:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        messages = await messages_of(client, 4)
    assert [type(message) for message in messages] == [Missed, Disconnected, Reconnected, Snapshot]
    # One was dropped for the sixth, and the five that were there then.
    assert messages[0] == Missed(6, "messages")


async def test_close_from_another_task_ends_the_stream() -> None:
    async with fake(saying(VITALS)) as url, SensingClient(url) as client:
        seen: list[object] = []

        async def listen() -> None:
            async for message in client.stream():
                seen.append(message)  # noqa: PERF401 - one after the other, or nobody sees the first

        listening = asyncio.create_task(listen())
        while not seen:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        await soon(client.close())
        await soon(listening)
        await client.close()
    assert [type(message) for message in seen] == [EdgeVitals]


async def test_a_cancelled_wait_loses_nothing() -> None:
    go_on = asyncio.Event()

    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        await go_on.wait()
        await socket.send(VITALS)
        await socket.wait_closed()

    async with fake(handler) as url, SensingClient(url) as client:
        stream = client.stream()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(stream), 0.05)
        go_on.set()
        assert isinstance(await soon(anext(stream)), EdgeVitals)


async def test_to_cancel_a_program_closes_the_connection() -> None:
    gone = asyncio.Event()

    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        await socket.wait_closed()
        gone.set()

    async def program(url: str) -> None:
        async with SensingClient(url) as client:
            async for _ in client.stream():
                pass

    async with fake(handler) as url:
        task = asyncio.create_task(program(url))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(task)
        await soon(gone.wait())


async def test_to_cancel_while_connecting_leaves_nothing() -> None:
    gone = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()
        gone.set()

    async with fake(silent) as url:
        task = asyncio.create_task(SensingClient(url).__aenter__())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(task)
        await soon(gone.wait())


async def test_close_while_connecting() -> None:
    async def slow(socket: ServerConnection) -> None:
        await asyncio.sleep(0.3)
        await socket.send(WELCOME)
        await socket.wait_closed()

    async with fake(slow) as url:
        client = SensingClient(url)
        entering = asyncio.create_task(client.__aenter__())
        await asyncio.sleep(0.1)
        await client.close()
        with pytest.raises(ConnectionLostError, match="closed while it connected"):
            await soon(entering)
        assert not client.connected


async def test_a_command_whose_connection_ends_says_so() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(WELCOME)
        await socket.recv()
        await socket.send('{"id": 1, "type": "result", "success": true, "result": null}')
        await socket.recv()

    async with fake(handler) as url, ApiClient(url) as client:
        with pytest.raises(ConnectionLostError, match="the connection ended before the answer"):
            await soon(client.ping())


async def test_a_command_without_an_answer_says_so() -> None:
    async with fake(api()) as url, ApiClient(url, timeout_s=0.2) as client:
        with pytest.raises(ServerTimeoutError, match=r"no answer to ping within 0\.2 s"):
            await client.ping()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("127.0.0.1:3000", "url: expected ws://HOST:PORT"),
        ("ftp://host", "url: expected ws://HOST:PORT"),
        ("ws://", "url: expected ws://HOST:PORT"),
        ("ws://host:99999", "url: expected ws://HOST:PORT"),
        ("ws://[::1", "url: expected ws://HOST:PORT"),
        ("ws://host/?token=secret", "a token belongs in `token`"),
    ],
)
def test_an_address_that_is_none(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        SensingClient(url)
    assert "secret" not in str(error.value)


def test_addresses() -> None:
    assert SensingClient("http://host:3000/").url == "ws://host:3000/ws/sensing"
    assert ApiClient("https://host").url == "wss://host/ws/v1"
    assert ApiClient("wss://host/ruview/ws/v1").url == "wss://host/ruview/ws/v1"


def test_a_certificate_without_tls_is_an_error() -> None:
    with pytest.raises(ValueError, match="ssl_context: expected a url of wss"):
        SensingClient("ws://host", ssl_context=ssl.create_default_context())


async def test_it_is_entered_once() -> None:
    client = SensingClient("ws://127.0.0.1:1")
    with pytest.raises(RuntimeError, match="async with"):
        client.stream()
    await client.close()
    with pytest.raises(RuntimeError, match="entered once"):
        await client.__aenter__()


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.exceptions", None)
    with pytest.raises(ImportError, match=r'pip install "wifi-densepose\[client\]"'):
        await SensingClient("ws://127.0.0.1:1").__aenter__()
