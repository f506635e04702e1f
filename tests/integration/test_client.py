"""The WebSocket transport against the fake server."""

import asyncio
import json
import logging
import ssl
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from unittest.mock import patch

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from custom_components.ruview.api import client
from custom_components.ruview.api.catalog import CLOSE_AUTH_INVALID, Service
from custom_components.ruview.api.client import WebSocketConnection, server_url
from custom_components.ruview.api.errors import (
    CannotConnectError,
    CertificateError,
    CommandError,
    ConnectionLostError,
    InvalidAuthError,
    InvalidHostError,
    NotRuViewError,
    ProtocolError,
    RateLimitedError,
    RuViewError,
    ServerTimeoutError,
    UnsupportedApiError,
)
from custom_components.ruview.api.frames import Command, Frame, parse_frame
from custom_components.ruview.api.models import Event, Message, Snapshot, StateChanged

from .fake_server import FakeServer, until
from .golden import golden


@pytest.fixture
async def session(server: FakeServer) -> AsyncGenerator[aiohttp.ClientSession]:  # noqa: ARG001 - closed after it
    """Return a session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def connection(session: aiohttp.ClientSession, server: FakeServer) -> AsyncGenerator[WebSocketConnection]:
    """Return a connection, not connected yet."""
    connection = WebSocketConnection(session, server_url("127.0.0.1", server.port, tls=False), server.token)
    yield connection
    await connection.close()


class Listener:
    """A running `listen`, what it delivered, and how it ended."""

    def __init__(self, connection: WebSocketConnection) -> None:
        """Start to listen."""
        self.messages: list[Message] = []
        self.task = asyncio.create_task(connection.listen(self.messages.append))

    async def ends_with(self, error: type[RuViewError]) -> str:
        """Wait for the end."""
        with pytest.raises(error) as raised:
            async with asyncio.timeout(5):
                await self.task
        return str(raised.value)


@pytest.fixture
async def listener(connection: WebSocketConnection) -> AsyncGenerator[Listener]:
    """Listen on a connection."""
    await connection.connect()
    await connection.subscribe()
    listener = Listener(connection)
    yield listener
    listener.task.cancel()
    await asyncio.wait([listener.task])


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("192.0.2.1", "ws://192.0.2.1:3000/ws/v1"),
        ("ruview.local", "ws://ruview.local:3000/ws/v1"),
        ("2001:db8::1", "ws://[2001:db8::1]:3000/ws/v1"),
    ],
)
def test_url(host: str, url: str) -> None:
    assert str(server_url(host, 3000, tls=False)) == url
    assert str(server_url(host, 3000, tls=True)) == url.replace("ws:", "wss:")


@pytest.mark.parametrize("host", ["", "http://ruview.local", "ruview.local:3000", "ruview.local/x", "ru view"])
def test_invalid_host(host: str) -> None:
    with pytest.raises(InvalidHostError, match="expected a host name or an IP address"):
        server_url(host, 3000, tls=False)


async def test_connect_subscribe_listen(server: FakeServer, connection: WebSocketConnection) -> None:
    info = await connection.connect()
    assert info.server_id == server.info["server_id"]
    snapshot = await connection.subscribe()
    assert len(snapshot.entities) == 6

    listener = Listener(connection)
    await server.send(golden("server_state_changed"))
    await server.send(golden("server_event"))
    await until(lambda: len(listener.messages) == 2)
    assert [type(message) for message in listener.messages] == [StateChanged, Event]

    await server.drop()
    assert await listener.ends_with(ConnectionLostError) == "connection closed with code 1001"


async def test_connect_again(server: FakeServer, connection: WebSocketConnection) -> None:
    for _ in range(2):
        await connection.connect()
        await connection.subscribe()
        await connection.close()
    assert server.commands == ["subscribe"] * 2
    await connection.close()


@pytest.mark.parametrize(
    "call",
    [
        lambda connection: connection.subscribe(),
        lambda connection: connection.listen(print),
        lambda connection: connection.get_diagnostics(),
    ],
)
async def test_not_connected(connection: WebSocketConnection, call: Callable[[WebSocketConnection], object]) -> None:
    with pytest.raises(ConnectionLostError, match="not connected"):
        await call(connection)  # type: ignore[misc]


async def test_nobody_listens(server: FakeServer, connection: WebSocketConnection) -> None:
    await server.stop()
    with pytest.raises(CannotConnectError):
        await connection.connect()


async def test_wrong_token(server: FakeServer, connection: WebSocketConnection) -> None:
    server.token = "another"
    with pytest.raises(InvalidAuthError) as error:
        await connection.connect()
    assert "an-example-token" not in str(error.value)


async def test_closed_instead_of_auth_invalid(server: FakeServer, connection: WebSocketConnection) -> None:
    """The close code says it as well as the frame that may be lost before it."""
    server.on_auth = lambda socket: socket.close(code=CLOSE_AUTH_INVALID)
    with pytest.raises(InvalidAuthError):
        await connection.connect()


async def test_closed_during_authentication(server: FakeServer, connection: WebSocketConnection) -> None:
    server.on_auth = lambda socket: socket.close(code=1011)
    with pytest.raises(ConnectionLostError, match="closed with code 1011"):
        await connection.connect()


@pytest.mark.parametrize(
    ("headers", "retry_after_s"),
    [({"Retry-After": "17"}, 17), ({}, 60), ({"Retry-After": "Sat, 21 Nov 2026 10:00:00 GMT"}, 60)],
)
async def test_rate_limited(
    server: FakeServer,
    connection: WebSocketConnection,
    headers: dict[str, str],
    retry_after_s: float,
) -> None:
    server.http_status = 429
    server.http_headers = headers
    with pytest.raises(RateLimitedError) as error:
        await connection.connect()
    assert error.value.retry_after_s == retry_after_s


@pytest.mark.parametrize("status", [200, 404, 502])
async def test_http_answer(server: FakeServer, connection: WebSocketConnection, status: int) -> None:
    server.http_status = status
    with pytest.raises(NotRuViewError, match=f"expected a WebSocket, found HTTP status {status}"):
        await connection.connect()


@pytest.mark.parametrize(
    ("greeting", "message"),
    [
        (b"hello", "frame: expected text, found bytes"),
        ("hello", "frame: expected JSON"),
        ({"type": "welcome"}, "expected auth_required, found NoneType"),
        (golden("server_auth_ok"), "expected auth_required, found ServerInfo"),
    ],
)
async def test_other_greeting(
    server: FakeServer,
    connection: WebSocketConnection,
    greeting: dict[str, str] | str | bytes,
    message: str,
) -> None:
    """The token is not sent to what is not a RuView server."""
    server.greeting = greeting
    server.on_auth = lambda _socket: pytest.fail("the token was sent")
    with pytest.raises(NotRuViewError, match=message):
        await connection.connect()


async def test_other_answer(server: FakeServer, connection: WebSocketConnection) -> None:
    server.info = golden("server_auth_required")
    with pytest.raises(NotRuViewError, match="expected auth_ok, found AuthRequired"):
        await connection.connect()


async def test_other_api_version(server: FakeServer, connection: WebSocketConnection) -> None:
    server.greeting = golden("server_auth_required") | {"api": 2}
    server.on_auth = lambda _socket: pytest.fail("the token was sent")
    with pytest.raises(UnsupportedApiError, match="expected API version 1, found 2"):
        await connection.connect()


async def test_no_greeting(server: FakeServer, connection: WebSocketConnection) -> None:
    server.greeting = None
    with patch.object(client, "TIMEOUT_S", 0.05), pytest.raises(ServerTimeoutError, match=r"no greeting within 0.05 s"):
        await connection.connect()


async def test_untrusted_certificate(session: aiohttp.ClientSession) -> None:
    connection = WebSocketConnection(session, server_url("ruview.local", 3000, tls=True), "token")
    key = ConnectionKey("ruview.local", 3000, True, True, None, None, None)
    error = aiohttp.ClientConnectorCertificateError(key, ssl.SSLCertVerificationError("self-signed"))
    with patch.object(session, "ws_connect", side_effect=error), pytest.raises(CertificateError):
        await connection.connect()


async def test_cancelled_connect_closes(server: FakeServer, connection: WebSocketConnection) -> None:
    server.greeting = None
    task = asyncio.create_task(connection.connect())
    await until(lambda: server.connects)
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ConnectionLostError, match="not connected"):
        await connection.subscribe()


async def test_subscribe_refused(server: FakeServer, connection: WebSocketConnection) -> None:
    server.failing = {"subscribe"}
    await connection.connect()
    with pytest.raises(CommandError, match="unknown_command"):
        await connection.subscribe()


async def test_subscribe_without_snapshot(server: FakeServer, connection: WebSocketConnection) -> None:
    server.silent = {"subscribe"}
    await connection.connect()
    with patch.object(client, "TIMEOUT_S", 0.05), pytest.raises(ServerTimeoutError, match="no snapshot"):
        await connection.subscribe()


async def test_wrong_first_snapshot(server: FakeServer, connection: WebSocketConnection) -> None:
    server.snapshot = {"type": "snapshot"}
    await connection.connect()
    with pytest.raises(ProtocolError, match=r"snapshot.devices: expected list, found nothing"):
        await connection.subscribe()


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[1, 2]",
        b"\x00\x01",
        {"id": 1, "type": "event", "event": {"type": "state_changed"}},
        {"id": 1, "type": "event", "event": {"type": "snapshot", "devices": 1}},
    ],
)
async def test_wrong_frames_are_skipped(
    server: FakeServer,
    connection: WebSocketConnection,
    listener: Listener,
    caplog: pytest.LogCaptureFixture,
    frame: dict[str, object] | str | bytes,
) -> None:
    """They are counted, the first is logged, and the stream goes on."""
    for _ in range(3):
        await server.send(frame)
    await server.send(golden("server_state_changed"))
    await until(lambda: listener.messages)
    assert connection.counters.frames_ignored == 3
    assert [record.levelno for record in caplog.records if "that is wrong" in record.message] == [logging.WARNING]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "weather"},
        {"id": 1, "type": "event", "event": {"type": "weather"}},
        golden("server_auth_invalid"),
        golden("server_auth_ok"),
        golden("server_auth_required"),
        {"id": 99, "type": "result", "success": True, "result": None},
    ],
)
async def test_frames_without_a_meaning_are_ignored(
    server: FakeServer,
    connection: WebSocketConnection,
    listener: Listener,
    frame: dict[str, object],
) -> None:
    await server.send(frame)
    await server.send(golden("server_state_changed"))
    await until(lambda: listener.messages)
    assert connection.counters.frames_ignored == 0


async def test_frame_of_10_mb(server: FakeServer, listener: Listener) -> None:
    """It is below the limit, and read."""
    await server.send(json.dumps(golden("server_state_changed") | {"padding": "x" * 10_000_000}))
    await until(lambda: listener.messages)


async def test_frame_over_the_limit(server: FakeServer, listener: Listener) -> None:
    """The connection ends; who uses it connects again."""
    with suppress(ConnectionError):
        await server.send("x" * (client.MAX_FRAME_BYTES + 1))
    assert await listener.ends_with(ConnectionLostError) == "connection closed with code 1009"


async def test_resync(server: FakeServer, connection: WebSocketConnection, listener: Listener) -> None:
    with patch.object(client, "TIMEOUT_S", 0.2):
        await server.send(golden("server_resync"))
        await server.send_snapshot()
        await until(lambda: listener.messages)
        await asyncio.sleep(0.3)
    assert isinstance(listener.messages[0], Snapshot)
    assert connection.counters.resyncs == 1
    assert not listener.task.done()


async def test_resync_without_snapshot(server: FakeServer, listener: Listener) -> None:
    with patch.object(client, "TIMEOUT_S", 0.05):
        await server.send(golden("server_resync"))
        assert await listener.ends_with(ServerTimeoutError) == "no snapshot within 0.05 s"


async def test_token_revoked(server: FakeServer, listener: Listener) -> None:
    await server.drop(CLOSE_AUTH_INVALID)
    await listener.ends_with(InvalidAuthError)


async def test_commands(server: FakeServer, connection: WebSocketConnection, listener: Listener) -> None:
    diagnostics, config, pong = await asyncio.gather(
        connection.get_diagnostics(),
        connection.command(Command.GET_CONFIG),
        connection.command(Command.PING),
    )
    assert diagnostics == server.results["get_diagnostics"]
    assert config == server.results["get_config"]
    assert pong is None
    assert not listener.task.done()


@pytest.mark.usefixtures("listener")
async def test_command_refused(server: FakeServer, connection: WebSocketConnection) -> None:
    server.failing = {"ping"}
    with pytest.raises(CommandError) as error:
        await connection.command(Command.PING)
    assert error.value.code == "unknown_command"


@pytest.mark.usefixtures("listener")
async def test_call_service(server: FakeServer, connection: WebSocketConnection) -> None:
    await connection.call_service(Service.CALIBRATE, {"node_id": "node_1", "duration_s": 10})
    expected = golden("client_call_service")
    assert server.calls == [{key: expected[key] for key in ("domain", "service", "data")}]
    server.refusals = {"calibrate": "room_not_empty"}
    with pytest.raises(CommandError) as error:
        await connection.call_service(Service.CALIBRATE, {})
    assert error.value.code == "room_not_empty"


@pytest.mark.usefixtures("listener")
async def test_wrong_diagnostics(server: FakeServer, connection: WebSocketConnection) -> None:
    server.results["get_diagnostics"] = "fine"
    with pytest.raises(ProtocolError, match=r"get_diagnostics.result: expected dict, found str"):
        await connection.get_diagnostics()


@pytest.mark.usefixtures("listener")
async def test_command_without_answer(server: FakeServer, connection: WebSocketConnection) -> None:
    server.silent = {"ping"}
    with patch.object(client, "TIMEOUT_S", 0.05), pytest.raises(ServerTimeoutError, match=r"no ping within 0.05 s"):
        await connection.command(Command.PING)


@pytest.mark.usefixtures("listener")
async def test_connection_lost_during_command(server: FakeServer, connection: WebSocketConnection) -> None:
    server.silent = {"ping"}
    command = asyncio.create_task(connection.command(Command.PING))
    await until(lambda: "ping" in server.commands)
    await server.drop()
    with pytest.raises(ConnectionLostError):
        await command


async def test_send_on_a_closing_connection(server: FakeServer, connection: WebSocketConnection) -> None:
    await connection.connect()
    await connection.subscribe()
    await server.drop()
    await asyncio.sleep(0.05)
    error = aiohttp.ClientConnectionResetError("Cannot write to closing transport")
    with (
        patch.object(aiohttp.ClientWebSocketResponse, "send_json", side_effect=error),
        pytest.raises(ConnectionLostError),
    ):
        await connection.command(Command.PING)


@pytest.mark.parametrize(("busy_s", "turns"), [(-1.0, 100), (60.0, 0)])
async def test_waiting_frames_leave_turns_for_others(
    connection: WebSocketConnection, busy_s: float, turns: int
) -> None:
    """What is received without waiting must not keep the event loop for itself."""
    frames = iter([StateChanged(entity_id="sensor.a", state=None)] * 100)
    taken = 0

    async def receive() -> StateChanged:
        if (frame := next(frames, None)) is None:
            raise ConnectionLostError
        return frame

    async def others() -> None:
        nonlocal taken
        while True:
            await asyncio.sleep(0)
            taken += 1

    messages: list[Message] = []
    with patch.object(client, "MAX_BUSY_S", busy_s), patch.object(connection, "_receive", receive):
        task = asyncio.create_task(others())
        with pytest.raises(ConnectionLostError):
            await connection.listen(messages.append)
        task.cancel()
    assert len(messages) == 100
    assert abs(taken - turns) <= 2


async def test_a_large_snapshot_is_read_by_a_thread(
    server: FakeServer, connection: WebSocketConnection, listener: Listener
) -> None:
    """It does not keep the event loop, and what comes after it still does so after it."""
    readers: list[threading.Thread] = []

    def read(text: str) -> Frame | None:
        readers.append(threading.current_thread())
        return parse_frame(text)

    assert isinstance(server.snapshot, dict)
    states = [{**server.snapshot["states"][0], "entity_id": f"sensor.many_{number}"} for number in range(1000)]
    server.snapshot["states"] = states
    with patch.object(client, "parse_frame", read):
        await server.send_snapshot()
        await server.send(golden("server_state_changed"))
        await until(lambda: len(listener.messages) == 2)
    snapshot, change = listener.messages
    assert isinstance(snapshot, Snapshot)
    assert len(snapshot.states) == len(states)
    assert isinstance(change, StateChanged)
    assert [reader is threading.main_thread() for reader in readers] == [False, True]
    assert connection.counters.frames_ignored == 0
