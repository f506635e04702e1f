"""A WebSocket connection to a server that comes back by itself: what both clients of `.ws` have in common."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
import time
from collections.abc import AsyncIterator, Awaitable
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from .._extra import load
from ._inbox import Inbox
from ._json import decode_object, text_of
from .errors import (
    AuthenticationError,
    CannotConnectError,
    CertificateError,
    ClientError,
    ConnectionLostError,
    MessageError,
    NotRuViewError,
    RateLimitedError,
    ServerTimeoutError,
    UnsupportedApiError,
)
from .home import ServerInfo
from .messages import Counters, Disconnected, InvalidMessage, Missed, Reconnected

API_VERSION = 1
# How long a server that gave no Retry-After is left alone: its limit counts attempts in a minute.
_RATE_LIMIT_S = 60.0
# Finds a server that went without a word.
_PING_S = 20.0
# A server that went does not answer a close frame; nobody should wait for it.
_CLOSE_S = 2.0
_CLOSE_AUTH = 4401
_CLOSE_TOO_BIG = 1009
_CLOSE_NO_PONG = 1011
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}

if TYPE_CHECKING:
    from typing_extensions import Self

M = TypeVar("M")
T = TypeVar("T")


class Socket(Protocol):
    """What is used of a connection of `websockets`, whose classes differ between its versions."""

    async def recv(self) -> str | bytes: ...
    async def send(self, message: str, /) -> None: ...
    async def close(self) -> None: ...


class Close(Protocol):
    """A close frame."""

    code: int
    reason: str


class Closed(Protocol):
    """The error of `websockets` that says how a connection was closed: by which frames."""

    rcvd: Close | None
    sent: Close | None


class Link(Generic[M]):
    """An async context manager that connects at its beginning, and again whenever the connection ends."""

    _PATH: ClassVar[str]

    def __init__(  # noqa: PLR0913 - options with a default each
        self,
        url: str,
        *,
        token: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        queue_size: int = 4096,
        timeout_s: float = 10.0,
        max_message_bytes: int = 16 * 1024 * 1024,
        first_delay_s: float = 1.0,
        max_delay_s: float = 30.0,
    ) -> None:
        """Keep what is needed to connect. Raises ValueError for a `url` that is none."""
        self.url = _address(url, self._PATH)
        if ssl_context is not None and not self.url.startswith("wss:"):
            message = "ssl_context: expected a url of wss or https with it"
            raise ValueError(message)
        self.server: ServerInfo | None = None
        self.counters = Counters()
        self._token = token
        self._ssl_context = ssl_context
        self._timeout_s = timeout_s
        self._max_message_bytes = max_message_bytes
        self._backoff = _Backoff(first_delay_s, max_delay_s)
        self._news = asyncio.Event()
        self._inbox: Inbox[M | InvalidMessage | Disconnected | Reconnected | Missed] = Inbox(queue_size, self._news.set)
        self._socket: Socket | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._socket is not None

    async def __aenter__(self) -> Self:
        """Connect. Raises a ClientError where that fails: only a connection that was there is looked for again."""
        if self._task is not None or self._inbox.closed:
            message = f"a {type(self).__name__} is entered once"
            raise RuntimeError(message)
        socket, first = await self._connect()
        if self._inbox.closed:
            self._socket = None
            await _close(socket)
            message = "the client was closed while it connected"
            raise ConnectionLostError(message)
        self._task = asyncio.create_task(self._run(socket, first), name=type(self).__name__)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """End the connection, and the stream after what has come already. Any task may; harmless when it is closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._inbox.close()

    def stream(self) -> AsyncIterator[M | InvalidMessage | Disconnected | Reconnected | Missed]:
        """Everything the server says, until the client is closed.

        It raises a ClientError when coming back is without hope: the token is not accepted any more, or the server
        speaks another API. To cancel `anext` loses nothing; the next one goes on. Each message is delivered once, also
        to several streams.
        """
        if self._task is None:
            message = f"expected an entered {type(self).__name__}: async with …"
            raise RuntimeError(message)
        return _Stream(self._inbox, self._news)

    async def _begin(self, socket: Socket, first: str | None) -> None:
        """Do what a new connection needs. `first` is what came in place of a greeting."""

    def _take(self, raw: str) -> None:
        """Deliver a message. Raises MessageError."""
        raise NotImplementedError

    def _lost(self) -> None:
        """The connection has ended."""

    def _deliver(self, item: M | InvalidMessage | Disconnected | Reconnected | Missed) -> bool:
        """Add to the stream; whether there was room."""
        fits = self._inbox.put(item)
        self.counters.missed += not fits
        return fits

    async def _run(self, socket: Socket, first: str | None) -> None:
        """Read, and come back, until there is no hope."""
        try:
            while True:
                reason = await self._read(socket, first)
                lost_at = time.monotonic()
                self._deliver(Disconnected(reason))
                socket, first = await self._reconnect()
                self.counters.reconnects += 1
                self._deliver(Reconnected(round(time.monotonic() - lost_at, 3)))
        except Exception as error:  # noqa: BLE001 - whatever it is, who listens is told
            self._inbox.close(error)

    async def _reconnect(self) -> tuple[Socket, str | None]:
        """Try until it succeeds. Raises what further attempts would not change."""
        while True:
            delay_s = self._backoff.next_s()
            while True:
                await asyncio.sleep(delay_s)
                try:
                    return await self._connect()
                except (AuthenticationError, UnsupportedApiError):
                    raise
                except RateLimitedError as error:
                    self.counters.failed_attempts += 1
                    delay_s = error.retry_after_s
                except ClientError:
                    self.counters.failed_attempts += 1
                    break

    async def _connect(self) -> tuple[Socket, str | None]:
        """Open a connection, authenticate, and begin."""
        socket = await self._open()
        try:
            first = await self._in_time("greeting", self._greet(socket))
            await self._in_time("answer", self._begin(socket, first))
        except BaseException as error:
            await _close(socket)
            if (closed := as_closed(error)) is not None:
                raise self._why(closed) from error
            raise
        self._socket = socket
        return socket, first

    async def _open(self) -> Socket:
        """Open the WebSocket; each way to fail has its own error."""
        connect, exceptions = _websockets()
        try:
            options = {} if self._ssl_context is None else {"ssl": self._ssl_context}
            socket: Socket = await connect(
                self.url,
                open_timeout=self._timeout_s,
                close_timeout=_CLOSE_S,
                ping_interval=_PING_S,
                ping_timeout=_PING_S,
                max_size=self._max_message_bytes,
                compression=None,
                **options,
            )
        except ssl.SSLCertVerificationError as error:
            raise CertificateError(str(error)) from error
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise ServerTimeoutError(what="WebSocket", timeout_s=self._timeout_s) from error
        except (OSError, UnicodeError) as error:
            raise CannotConnectError(str(error)) from error
        except exceptions.WebSocketException as error:
            raise _refusal(error) from error
        return socket

    async def _greet(self, socket: Socket) -> str | None:
        """Exchange the greeting. The token is sent only to what greets like a RuView server of our API.

        Returns the first frame of a server that greets nobody.
        """
        raw = await socket.recv()
        try:
            frame = decode_object(raw, "greeting")
            kind = text_of(frame, "type", "greeting")
            if kind == "auth_required":
                frame = await self._authenticate(socket, frame.get("api"))
                kind = text_of(frame, "type", "answer")
                if kind != "auth_ok":
                    message = f"expected auth_ok, found {printable(kind)}"
                    raise NotRuViewError(message)
            if kind != "auth_ok":
                return _text(raw)
            self.server = ServerInfo.from_dict(frame)
        except MessageError as error:
            raise NotRuViewError(str(error)) from error
        return None

    async def _authenticate(self, socket: Socket, api: object) -> dict[str, Any]:
        """Send the token, and return the answer."""
        if api != API_VERSION:
            message = f"expected API version {API_VERSION}, found {printable(api)}"
            raise UnsupportedApiError(message)
        if self._token is None:
            message = "the server wants a token"
            raise AuthenticationError(message)
        await socket.send(json.dumps({"type": "auth", "token": self._token}))
        answer = decode_object(await socket.recv(), "answer")
        if answer.get("type") == "auth_invalid":
            raise AuthenticationError(printable(answer.get("message", "the token is not valid")))
        return answer

    async def _read(self, socket: Socket, first: str | None) -> str:
        """Deliver messages until the connection ends, and return why it did."""
        try:
            if first is not None:
                self._receive(first)
            while True:
                self._receive(await socket.recv())
                self._backoff.reset()
                # Frames that are waiting are received at once; who takes them must have a turn too.
                await asyncio.sleep(0)
        except ConnectionLostError as error:
            return str(error)
        except Exception as error:
            if (closed := as_closed(error)) is None:
                raise
            why = self._why(closed)
            if isinstance(why, AuthenticationError):
                raise why from error
            return str(why)
        finally:
            self._socket = None
            self._lost()
            await _close(socket)

    def _receive(self, raw: str | bytes) -> None:
        """Deliver a message; one that is wrong is told as such."""
        self.counters.received += 1
        try:
            self._take(_text(raw))
        except MessageError as error:
            self.counters.invalid += 1
            self._deliver(InvalidMessage(str(error), raw))

    def _why(self, closed: Closed) -> ClientError:
        """Why a connection was closed, in words."""
        received, sent = closed.rcvd, closed.sent
        if received is not None:
            reason = f": {printable(received.reason)}" if received.reason else ""
            message = f"the server closed the connection with code {received.code}{reason}"
            return (AuthenticationError if received.code == _CLOSE_AUTH else ConnectionLostError)(message)
        if sent is not None and sent.code == _CLOSE_TOO_BIG:
            return ConnectionLostError(f"a message was over {self._max_message_bytes} bytes")
        if sent is not None and sent.code == _CLOSE_NO_PONG:
            return ConnectionLostError("the server answers no pings")
        return ConnectionLostError("the connection broke")

    async def _in_time(self, what: str, waiting: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(waiting, self._timeout_s)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise ServerTimeoutError(what=what, timeout_s=self._timeout_s) from error


class _Stream(Generic[M]):
    """An async iterator over an inbox. It is no generator: those end when they are cancelled."""

    def __init__(self, inbox: Inbox[M], news: asyncio.Event) -> None:
        self._inbox = inbox
        self._news = news

    def __aiter__(self) -> _Stream[M]:
        return self

    async def __anext__(self) -> M | Missed:
        while True:
            self._news.clear()
            try:
                item = self._inbox.take()
            except EOFError:
                raise StopAsyncIteration from None
            if item is not None:
                return item
            await self._news.wait()


class _Backoff:
    """Delays that double up to a limit. The jitter keeps many clients of one server from coming back all at once."""

    def __init__(self, first_s: float, max_s: float) -> None:
        self._first_s = min(first_s, max_s)
        self._max_s = max_s
        self._ceiling_s = self._first_s

    def next_s(self) -> float:
        """The next delay: between half of the current limit and all of it."""
        delay_s = self._ceiling_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        self._ceiling_s = min(self._ceiling_s * 2, self._max_s)
        return delay_s

    def reset(self) -> None:
        """Begin again."""
        self._ceiling_s = self._first_s


def _address(url: str, path: str) -> str:
    """The address of the endpoint: of `url` itself where it has a path."""
    try:
        parts = urlsplit(url)
        scheme, host, _ = _SCHEMES.get(parts.scheme), parts.hostname, parts.port
    except ValueError as error:
        message = f"url: expected ws://HOST:PORT, found one that cannot be read ({error})"
        raise ValueError(message) from error
    if scheme is None or not host:
        message = "url: expected ws://HOST:PORT or wss://HOST:PORT"
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "url: expected no query; a token belongs in `token`, because proxies write addresses into their logs"
        raise ValueError(message)
    return parts._replace(scheme=scheme, path=path if parts.path in ("", "/") else parts.path).geturl()


def _websockets() -> tuple[Any, Any]:
    """`connect` and the exceptions of `websockets`. Version 13 brought the implementation that later ones keep."""
    exceptions = load("websockets.exceptions", "client")
    try:
        connect = load("websockets.asyncio.client", "client").connect
    except ImportError:
        connect = load("websockets.client", "client").connect
    return connect, exceptions


def as_closed(error: BaseException) -> Closed | None:
    """The error, where it means that the connection was closed."""
    _, exceptions = _websockets()
    kind: type[Closed] = exceptions.ConnectionClosed
    return error if isinstance(error, kind) else None


def _refusal(error: Exception) -> ClientError:
    """What a server means that answers the request for a WebSocket with something else."""
    # Up to version 12 the error is the response.
    response = getattr(error, "response", error)
    status, headers = getattr(response, "status_code", None), getattr(response, "headers", {})
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = str(headers.get("Retry-After", ""))
        return RateLimitedError(float(wait) if wait.isdecimal() else _RATE_LIMIT_S)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        # The server says so too where there is nothing at the path, so that nobody learns what is.
        return AuthenticationError(f"the server answers HTTP status {status}: a wrong token, or a wrong path")
    if status is not None:
        return NotRuViewError(f"expected a WebSocket, found HTTP status {status}")
    return NotRuViewError(f"expected a WebSocket: {printable(error)}")


def _text(raw: str | bytes) -> str:
    if not isinstance(raw, str):
        raise MessageError(where="frame", expected="text", found="bytes")
    return raw


def printable(value: object) -> str:
    """What came from outside, fit for a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value)[:200])


async def _close(socket: Socket) -> None:
    with contextlib.suppress(Exception):
        await socket.close()
