"""A server for tests: it speaks the WebSocket API from the golden frames, and misbehaves when told to."""

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Self

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from .golden import golden
from .home import WHOLE_HOME, whole_home

AUTH_INVALID = 4401


class FakeServer:
    """A RuView server that knows what the snapshot in `devices`, `entities` and `states` says."""

    def __init__(self, announced: str = "server_snapshot") -> None:
        """Begin as the golden frames are."""
        self.port = 0
        self.token: str = golden("client_auth")["token"]
        self.greeting: dict[str, Any] | str | bytes | None = golden("server_auth_required")
        self.info = golden("server_auth_ok")
        self.http_status = 0
        self.http_headers: dict[str, str] = {}
        self.on_auth: Callable[[web.WebSocketResponse], Any] | None = None
        # Answers by command; a value of None means that there is no answer.
        self.results: dict[str, Any] = {
            "get_diagnostics": golden("server_diagnostics")["result"],
            "get_config": golden("server_config")["result"],
            "ping": None,
        }
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        # Error codes by service, and what was called.
        self.refusals: dict[str, str] = {}
        self.calls: list[dict[str, Any]] = []
        event = whole_home() if announced == WHOLE_HOME else golden(announced)["event"]
        self.snapshot: dict[str, Any] | str = deepcopy(event)
        self.commands: list[str] = []
        self.connects = 0
        self.sockets: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None

    async def start(self) -> Self:
        """Listen, on the port that it had before if there was one."""
        app = web.Application()
        app.router.add_get("/ws/v1", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        return self

    async def stop(self) -> None:
        """Close everything."""
        if self._runner is not None:
            await self.drop()
            await self._runner.cleanup()
            self._runner = None

    async def drop(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Close the connections, and go on listening."""
        for socket in self.sockets[:]:
            await socket.close(code=code)

    async def send(self, frame: dict[str, Any] | str | bytes) -> None:
        """Send a frame to every subscriber."""
        for socket in self.sockets:
            await _send(socket, frame)

    async def send_event(self, event: dict[str, Any]) -> None:
        """Send an event to every subscriber."""
        await self.send({"id": 1, "type": "event", "event": event})

    async def send_snapshot(self) -> None:
        """Send the snapshot again."""
        assert isinstance(self.snapshot, dict)
        await self.send_event(self.snapshot)

    async def set_state(self, entity_id: str, state: str, **attributes: object) -> None:
        """Change a state, here and for the subscribers."""
        new = self.state(entity_id)
        new["state"] = state
        new["attributes"] = attributes or new["attributes"]
        await self.send_event({"type": "state_changed", "entity_id": entity_id, "state": new})

    def state(self, entity_id: str) -> dict[str, Any]:
        """Return the state that the snapshot has."""
        assert isinstance(self.snapshot, dict)
        state: dict[str, Any] = next(s for s in self.snapshot["states"] if s["entity_id"] == entity_id)
        return state

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one client."""
        self.connects += 1
        if self.http_status:
            return web.Response(status=self.http_status, headers=self.http_headers)
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        if self.greeting is not None:
            await _send(socket, self.greeting)
        try:
            await self._serve(socket)
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        """Authenticate a client and answer its commands."""
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            return
        auth = json.loads(message.data)
        if self.on_auth is not None:
            await self.on_auth(socket)
            return
        if auth != {"type": "auth", "token": self.token}:
            await socket.send_json(golden("server_auth_invalid"))
            await socket.close(code=AUTH_INVALID)
            return
        await socket.send_json(self.info)
        async for command in socket:
            await self._answer(socket, command)

    async def _answer(self, socket: web.WebSocketResponse, message: WSMessage) -> None:
        """Answer one command."""
        command = json.loads(message.data)
        kind = command["type"]
        self.commands.append(kind)
        if kind == "call_service":
            self.calls.append({key: value for key, value in command.items() if key not in {"id", "type"}})
        if kind in self.silent:
            return
        if kind in self.failing:
            await socket.send_json({**golden("server_error"), "id": command["id"]})
            return
        if (code := self.refusals.get(command.get("service", ""))) is not None:
            refusal = golden("server_service_error")
            refusal["error"]["code"] = code
            await socket.send_json({**refusal, "id": command["id"]})
            return
        await socket.send_json({**golden("server_result"), "id": command["id"], "result": self.results.get(kind)})
        if kind == "subscribe":
            self.sockets.append(socket)
            frame = {"id": command["id"], "type": "event", "event": self.snapshot}
            await _send(socket, self.snapshot if isinstance(self.snapshot, str) else frame)


async def _send(socket: web.WebSocketResponse, frame: dict[str, Any] | str | bytes) -> None:
    """Send JSON, text as it is, or bytes."""
    if isinstance(frame, bytes):
        await socket.send_bytes(frame)
    elif isinstance(frame, str):
        await socket.send_str(frame)
    else:
        await socket.send_json(frame)


async def until(condition: Callable[[], object], timeout_s: float = 5) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - there is nothing to be notified by
            await asyncio.sleep(0.005)
