"""A fake Supervisor: as much of its API as Home Assistant needs to take up an app's discovery, and as the app asks.

The real one is a container that cannot run here. Every answer is filled from the response models of its own client
library, so that it has the shape that Home Assistant reads.
"""

import asyncio
import dataclasses
import enum
import ipaddress
import types
import typing
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import aiohttp
from aiohasupervisor import models
from aiohasupervisor.models import addons, backups, ingress
from aiohttp import web

TOKEN = "fake-supervisor-token"  # noqa: S105 - of a fake
APP_SLUG = "local_ruview_capture"

# JSON that parses as a type, for types that a subclass of may be asked for.
_VALUES: dict[type, Callable[[Any], Any]] = {
    enum.Enum: lambda kind: next(iter(kind)).value,
    bool: lambda _: False,
    int: lambda _: 1,
    float: lambda _: 1.0,
    str: lambda _: "x",
    PurePath: lambda _: "x",
    datetime: lambda _: datetime.now(UTC).isoformat(),
    uuid.UUID: lambda _: uuid.uuid4().hex,
    ipaddress.IPv4Address: lambda _: "127.0.0.1",
    ipaddress.IPv6Address: lambda _: "::1",
    ipaddress.IPv4Network: lambda _: "127.0.0.0/8",
    ipaddress.IPv6Network: lambda _: "::1/128",
}
_EMPTY: dict[Any, Any] = {list: [], set: [], tuple: [], dict: {}}


def _fill(kind: Any, known: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - a type, and JSON
    """Return JSON that parses as `kind`; fields that are not `known` get whatever parses."""
    origin = typing.get_origin(kind)
    if origin in {types.UnionType, typing.Union}:
        members = typing.get_args(kind)
        return None if type(None) in members else _fill(members[0])
    if origin in _EMPTY:
        return _EMPTY[origin]
    if dataclasses.is_dataclass(kind):
        return _fill_fields(kind, known or {})
    if not isinstance(kind, type):
        return None
    return next(make(kind) for base, make in _VALUES.items() if issubclass(kind, base))


def _fill_fields(kind: Any, known: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a type
    hints = typing.get_type_hints(kind)
    names = {field.name: field.metadata.get("alias", field.name) for field in dataclasses.fields(kind)}
    return {alias: known[alias] if alias in known else _fill(hints[name]) for name, alias in names.items()}


_APP = _fill(
    addons.InstalledAddonComplete,
    {
        "name": "RuView",
        "slug": APP_SLUG,
        "description": "WiFi sensing",
        "repository": "local",
        "hostname": "local-ruview-capture",
        "state": "started",
        "version": "0.1.0",
        "version_latest": "0.1.0",
        "arch": ["amd64"],
        "available": True,
        "discovery": ["ruview"],
        "startup": "services",
        "ip_address": "127.0.0.1",
        "stage": "stable",
        "boot": "auto",
        "boot_config": "auto",
        "hassio_role": "default",
        "protected": True,
        "update_available": False,
        "url": None,
    },
)
_VERSION = {"version": "2026.11.0", "version_latest": "2026.11.0", "update_available": False}
_SYSTEM = {"supported": True, "healthy": True, "channel": "stable", "arch": "amd64", "state": "running"}
_ANSWERS: dict[str, Any] = {
    "/info": _fill(models.RootInfo, {**_SYSTEM, "supervisor": "2026.11.0", "homeassistant": "2026.11.0"}),
    "/core/info": _fill(models.HomeAssistantInfo, _VERSION),
    "/supervisor/info": _fill(models.SupervisorInfo, {**_VERSION, **_SYSTEM}),
    "/os/info": _fill(models.OSInfo, _VERSION),
    "/host/info": _fill(models.HostInfo),
    "/store": _fill(models.StoreInfo),
    "/network/info": _fill(models.NetworkInfo),
    "/ingress/panels": _fill(ingress.IngressPanels),
    "/mounts": _fill(models.MountsInfo),
    "/jobs/info": _fill(models.JobsInfo),
    "/resolution/info": _fill(models.ResolutionInfo),
    "/core/stats": _fill(models.HomeAssistantStats),
    "/supervisor/stats": _fill(models.SupervisorStats),
    "/backups": _fill(backups.BackupList),
    "/backups/info": _fill(backups.BackupsInfo),
    "/addons": {"addons": [{f.name: _APP[f.name] for f in dataclasses.fields(addons.InstalledAddon)}]},
    f"/addons/{APP_SLUG}/stats": _fill(addons.AddonsStats),
    "/supervisor/ping": {},
    "/ping": {},
}


class FakeSupervisor:
    """A fake Supervisor on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        """Begin with an app that has told nothing yet, and no broker."""
        self.port = 0
        self.mqtt: dict[str, Any] | None = None
        self.ip_address = "127.0.0.1"
        self.ingress_port = 8099
        self.announced: list[dict[str, Any]] = []
        self.app_state = "started"
        self.app_started = asyncio.Event()
        self._discovered: dict[str, dict[str, Any]] = {}
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)

    @classmethod
    async def start(cls) -> FakeSupervisor:
        """Listen."""
        supervisor = cls()
        await supervisor._runner.setup()
        site = web.TCPSite(supervisor._runner, "127.0.0.1", 0)
        await site.start()
        supervisor.port = int(supervisor._runner.addresses[0][1])
        return supervisor

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """Return what tells Home Assistant that it runs under a Supervisor."""
        return {"SUPERVISOR": f"127.0.0.1:{self.port}", "SUPERVISOR_TOKEN": TOKEN}

    async def discover(self, hass_url: str, token: str, config: dict[str, Any]) -> None:
        """Pass on what the app tells of its server, as it does with `POST /discovery`."""
        key = uuid.uuid4().hex
        self._discovered[key] = {"addon": APP_SLUG, "service": "ruview", "uuid": key, "config": config}
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{hass_url}/api/hassio_push/discovery/{key}"
        async with aiohttp.ClientSession(headers=headers) as session, session.post(url) as response:
            response.raise_for_status()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"result": "error", "message": "unauthorized"}, status=401)
        if request.method == "GET" and request.path.endswith("/logs"):
            return web.Response(text="")
        if request.path == "/supervisor/update":  # "done" would keep Home Assistant waiting for the new version
            return web.json_response({"result": "error", "message": "no update available"}, status=400)
        if request.method == "POST" and request.path == "/discovery":
            self.announced.append(await request.json())
            return web.json_response({"result": "ok", "data": {"uuid": uuid.uuid4().hex}})
        if request.method == "POST" and request.path == f"/addons/{APP_SLUG}/start":
            self.app_state = "started"
            self.app_started.set()
        data = self._answer(request.path) if request.method == "GET" else {}
        if data is None:
            return web.json_response({"result": "error", "message": "there is no such thing here"}, status=404)
        return web.json_response({"result": "ok", "data": data})

    def _answer(self, path: str) -> Any:  # noqa: ANN401 - JSON
        if path == "/discovery":
            return {"discovery": list(self._discovered.values())}
        if path == f"/addons/{APP_SLUG}/info":
            return {**_APP, "state": self.app_state}
        if path == "/services/mqtt":
            return self.mqtt
        if path == "/addons/self/info":  # what the app asks of itself
            return {**_APP, "hostname": "localhost", "ip_address": self.ip_address, "ingress_port": self.ingress_port}
        if path.startswith("/discovery/"):
            return self._discovered.get(path.rpartition("/")[2])
        return _ANSWERS.get(path)
