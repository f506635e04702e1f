"""The WebSocket transport."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, NoReturn

import aiohttp
from yarl import URL

from .catalog import API_VERSION, CLOSE_AUTH_INVALID, Service
from .connection import ConnectionCounters
from .errors import (
    CannotConnectError,
    CertificateError,
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
from .fields import Fields
from .frames import (
    AuthInvalid,
    AuthRequired,
    Command,
    Frame,
    Result,
    Resync,
    auth_frame,
    command_frame,
    parse_frame,
    service_arguments,
)
from .models import Message, ServerInfo, Snapshot

LOGGER = logging.getLogger(__name__)

PATH: Final = "/ws/v1"
# Covers the connection and the authentication, or one command.
TIMEOUT_S: Final = 10.0
# The server pings as well; ours finds a server that went without a word.
HEARTBEAT_S: Final = 20.0
# How long frames are handled without a turn for anything else.
MAX_BUSY_S: Final = 0.01
# A frame of more characters is a snapshot of many nodes: what reads it is a thread, and the loop goes on.
MAX_READ_AT_ONCE: Final = 64 * 1024
# A snapshot of 64 nodes has some 200 KiB; more than this is not a RuView server.
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
# How long a server that gave no Retry-After is left alone: its limit counts attempts in a minute.
RATE_LIMIT_S: Final = 60.0
# A server that went away does not answer a close frame; nobody should wait for it.
CLOSE_TIMEOUT: Final = aiohttp.ClientWSTimeout(ws_close=2.0)


def server_url(host: str, port: int, *, tls: bool) -> URL:
    """Return the address of a server's WebSocket API."""
    try:
        return URL.build(scheme="wss" if tls else "ws", host=host, port=port, path=PATH)
    except ValueError as err:
        raise InvalidHostError(host) from err


class WebSocketConnection:
    """A connection to a server by WebSocket; `connect` can be called again after it ended."""

    def __init__(self, session: aiohttp.ClientSession, url: URL, token: str) -> None:
        """Keep what is needed to connect."""
        self._session = session
        self._url = url
        self._token = token
        self._websocket: aiohttp.ClientWebSocketResponse | None = None
        self._last_id = 0
        self._pending: dict[int, asyncio.Future[object]] = {}
        self.counters = ConnectionCounters()

    async def connect(self) -> ServerInfo:
        """Connect and authenticate."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                self._websocket = await self._open()
                return await self._authenticate()
        except TimeoutError as err:
            await self.close()
            raise ServerTimeoutError(what="greeting", timeout_s=TIMEOUT_S) from err
        except BaseException:
            await self.close()
            raise

    async def subscribe(self) -> Snapshot:
        """Subscribe and wait for the first snapshot. A frame that is wrong here is an error, there is nothing yet."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._send(command_frame(self._next_id(), Command.SUBSCRIBE))
                while not isinstance(frame := await self._receive(), Snapshot):
                    if isinstance(frame, Result) and frame.error:
                        raise frame.error
                return frame
        except TimeoutError as err:
            raise ServerTimeoutError(what="snapshot", timeout_s=TIMEOUT_S) from err

    async def listen(self, callback: Callable[[Message], None]) -> None:
        """Deliver messages until the connection ends.

        A frame that is wrong is counted and skipped: one bad state must not take a whole house away. After a resync
        the snapshot has to come, though; without it what is known could be wrong for good.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as snapshot_due:
                yielded = loop.time()
                while True:
                    # Frames that are waiting are received at once, without a turn for anything else.
                    if loop.time() - yielded > MAX_BUSY_S:
                        await asyncio.sleep(0)
                        yielded = loop.time()
                    try:
                        frame = await self._receive()
                    except ProtocolError as err:
                        self._ignore(err)
                        continue
                    match frame:
                        case Result():
                            self._resolve(frame)
                        case Resync():
                            self.counters.resyncs += 1
                            snapshot_due.reschedule(loop.time() + TIMEOUT_S)
                        case None | AuthRequired() | AuthInvalid() | ServerInfo():
                            LOGGER.debug("Ignoring a frame that has no meaning here")
                        case _:
                            if isinstance(frame, Snapshot):
                                snapshot_due.reschedule(None)
                            callback(frame)
        except TimeoutError as err:
            raise ServerTimeoutError(what="snapshot", timeout_s=TIMEOUT_S) from err
        finally:
            for future in self._pending.values():
                future.cancel()

    async def command(self, command: Command, arguments: Mapping[str, Any] | None = None) -> object:
        """Ask for something and return the answer; needs a running `listen`."""
        command_id = self._next_id()
        future = self._pending[command_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._send(command_frame(command_id, command, arguments))
                # wait() instead of await: a future that listen() cancels must not look like our own cancellation.
                await asyncio.wait([future])
        except TimeoutError as err:
            raise ServerTimeoutError(what=command, timeout_s=TIMEOUT_S) from err
        finally:
            del self._pending[command_id]
        if future.cancelled():
            raise ConnectionLostError
        return future.result()

    async def get_diagnostics(self) -> Mapping[str, Any]:
        """Return the server's own diagnostics."""
        result = {"result": await self.command(Command.GET_DIAGNOSTICS)}
        return Fields(result, Command.GET_DIAGNOSTICS).read("result", dict)

    async def call_service(self, service: Service, data: Mapping[str, Any]) -> None:
        """Ask the server to do something; CommandError says why it does not."""
        await self.command(Command.CALL_SERVICE, service_arguments(service, data))

    async def close(self) -> None:
        """Close the connection if there is one."""
        websocket, self._websocket = self._websocket, None
        if websocket is not None:
            await websocket.close()

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        """Open the WebSocket; each way to fail has its own error."""
        try:
            return await self._session.ws_connect(
                self._url,
                heartbeat=HEARTBEAT_S,
                max_msg_size=MAX_FRAME_BYTES,
                timeout=CLOSE_TIMEOUT,
            )
        except aiohttp.ClientResponseError as err:
            if err.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise RateLimitedError(_retry_after_s(err)) from err
            message = f"expected a WebSocket, found HTTP status {err.status}"
            raise NotRuViewError(message) from err
        except aiohttp.ClientConnectorCertificateError as err:
            raise CertificateError(str(err)) from err
        except (aiohttp.ClientError, OSError) as err:
            raise CannotConnectError(str(err)) from err

    async def _authenticate(self) -> ServerInfo:
        """Exchange the greeting. The token is sent only to what greets like a RuView server of our version."""
        try:
            greeting = await self._receive()
            if not isinstance(greeting, AuthRequired):
                _not_ruview("auth_required", greeting)
            if greeting.api != API_VERSION:
                raise UnsupportedApiError(greeting.api)
            await self._send(auth_frame(self._token))
            answer = await self._receive()
        except ProtocolError as err:
            raise NotRuViewError(str(err)) from err
        if isinstance(answer, AuthInvalid):
            raise InvalidAuthError
        if not isinstance(answer, ServerInfo):
            _not_ruview("auth_ok", answer)
        return answer

    def _next_id(self) -> int:
        """Return an id that no command had yet."""
        self._last_id += 1
        return self._last_id

    async def _send(self, frame: Mapping[str, Any]) -> None:
        """Send a frame."""
        if self._websocket is None:
            raise ConnectionLostError
        try:
            await self._websocket.send_json(frame)
        except aiohttp.ClientError as err:
            raise ConnectionLostError(self._websocket.close_code) from err

    async def _receive(self) -> Frame | None:
        """Return the next frame, None when its type is unknown."""
        if self._websocket is None:
            raise ConnectionLostError
        message = await self._websocket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            if len(message.data) > MAX_READ_AT_ONCE:
                return await asyncio.to_thread(parse_frame, message.data)
            return parse_frame(message.data)
        if message.type is aiohttp.WSMsgType.BINARY:
            raise ProtocolError(where="frame", expected="text", found="bytes")
        if self._websocket.close_code == CLOSE_AUTH_INVALID:
            raise InvalidAuthError
        raise ConnectionLostError(self._websocket.close_code)

    def _resolve(self, result: Result) -> None:
        """Hand an answer to the command that waits for it; one that gave up has none."""
        if (future := self._pending.get(result.id)) is None or future.done():
            return
        if result.error:
            future.set_exception(result.error)
        else:
            future.set_result(result.value)

    def _ignore(self, err: RuViewError) -> None:
        """Count a frame that is wrong; the log tells of the first, diagnostics of their number."""
        if not self.counters.frames_ignored:
            LOGGER.warning("Ignoring a frame of the server that is wrong (further ones are counted only): %s", err)
        self.counters.frames_ignored += 1


def _not_ruview(expected: str, found: object) -> NoReturn:
    message = f"expected {expected}, found {type(found).__name__}"
    raise NotRuViewError(message)


def _retry_after_s(err: aiohttp.ClientResponseError) -> float:
    """Read Retry-After; only seconds, a date in it is as good as none."""
    value = err.headers.get("Retry-After", "") if err.headers else ""
    return float(value) if value.isdecimal() else RATE_LIMIT_S
