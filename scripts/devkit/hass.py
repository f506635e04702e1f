"""A real Home Assistant on a free port of 127.0.0.1, with our integration, onboarded and driven by its own APIs."""

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from .paths import INTEGRATION, hass_binary
from .processes import Process, free_port

USER, PASSWORD = "demo", "demo-pass-1"
_START_SECONDS = 120

# Only what the demo shows: default_config would look for devices on the network and call home.
_CONFIGURATION = """\
homeassistant:
  name: RuView demo
  latitude: 0
  longitude: 0
  time_zone: UTC
  country: US
  unit_system: metric
frontend:
config:
history:
logbook:
person:
schedule:
automation: !include automations.yaml
"""


def prepare(config_dir: Path, port: int) -> None:
    """Write a configuration folder that listens on 127.0.0.1 only and starts at the onboarding's user step."""
    storage = config_dir / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (config_dir / "configuration.yaml").write_text(_CONFIGURATION)
    (config_dir / "automations.yaml").touch()
    # Copied as HACS does it, so that what is tested is what users get.
    shutil.copytree(
        INTEGRATION,
        config_dir / "custom_components" / "ruview",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    # The http settings live in a store since 2026; YAML for them makes Home Assistant exit after some minutes.
    (storage / "http").write_text(
        json.dumps(
            {
                "version": 3,
                "minor_version": 1,
                "key": "http",
                "data": {
                    "stable": {
                        "server_host": ["127.0.0.1"],
                        "server_port": port,
                        "cors_allowed_origins": ["https://cast.home-assistant.io"],
                        "login_attempts_threshold": -1,
                        "ip_ban_enabled": False,
                        "ssl_profile": "intermediate_v6",
                        "use_x_frame_options": True,
                        "created_at": "2026-11-01T00:00:00+00:00",
                        "error": None,
                        "error_message": None,
                    },
                    "pending": None,
                    "yaml_migration_done": True,
                },
            }
        )
    )
    # The other steps would start integrations that need the internet.
    (storage / "onboarding").write_text(
        json.dumps(
            {
                "version": 4,
                "minor_version": 1,
                "key": "onboarding",
                "data": {"done": ["core_config", "analytics", "integration"]},
            }
        )
    )


class HassError(RuntimeError):
    """Home Assistant answered with an error."""


@dataclass(slots=True)
class HomeAssistant:
    """A running Home Assistant and a session that is logged in to it."""

    process: Process
    url: str
    config_dir: Path
    session: aiohttp.ClientSession
    tokens: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def start(
        cls, config_dir: Path, port: int | None = None, *, env: Mapping[str, str] | None = None
    ) -> HomeAssistant:
        """Start it, create the demo user, and return once it runs."""
        port = port or free_port()
        prepare(config_dir, port)
        log = config_dir / "hass.out"
        command: list[str | Path] = [hass_binary(), "-c", config_dir, "--log-no-color", "--skip-pip"]
        process = await Process.start("Home Assistant", command, log, env=env)
        hass = cls(process, f"http://127.0.0.1:{port}", config_dir, aiohttp.ClientSession())
        try:
            async with asyncio.timeout(_START_SECONDS):
                await hass._wait_for_api()
                await hass._onboard()
                await hass._wait_until_running()
        except BaseException:
            await hass.stop()
            raise
        return hass

    async def stop(self) -> None:
        """Stop it as its own service manager would."""
        await self.session.close()
        await self.process.stop(60)

    async def rest(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Call the REST API; a status of 400 or more is an error."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if self.tokens else {}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as response:
            text = await response.text()
            if response.status >= 400:  # noqa: PLR2004
                message = f"{method} {path}: HTTP {response.status}: {text[:300]}"
                raise HassError(message)
            return json.loads(text) if text else None

    async def state(self, entity_id: str) -> str | None:
        """Return an entity's state, or None while it has none."""
        with contextlib.suppress(HassError):
            return str((await self.rest("GET", f"/api/states/{entity_id}"))["state"])
        return None

    async def states(self, prefix: str = "") -> dict[str, str]:
        """Return the states of every entity whose id starts with `prefix`."""
        return {
            entry["entity_id"]: entry["state"]
            for entry in await self.rest("GET", "/api/states")
            if entry["entity_id"].startswith(prefix)
        }

    async def wait_for_state(self, entity_id: str, *wanted: str, seconds: float = 30) -> str:
        """Wait until an entity's state is one of `wanted` and return it."""
        deadline = time.monotonic() + seconds
        while (state := await self.state(entity_id)) not in wanted:
            if time.monotonic() > deadline:
                message = f"{entity_id} is {state!r} after {seconds} s, wanted {' or '.join(wanted)}"
                raise HassError(message)
            await asyncio.sleep(0.1)
        return str(state)

    @contextlib.asynccontextmanager
    async def websocket(self) -> AsyncIterator[HassWebSocket]:
        """Open an authenticated WebSocket connection."""
        async with self.session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.tokens["access_token"]})
            answer = await socket.receive_json()
            if answer["type"] != "auth_ok":
                message = f"Home Assistant refused the login: {answer}"
                raise HassError(message)
            yield HassWebSocket(socket)

    async def command(self, **command: Any) -> Any:  # noqa: ANN401 - JSON
        """Run one WebSocket command on a connection of its own."""
        async with self.websocket() as socket:
            return await socket.command(**command)

    async def add_ruview(self, *, host: str, port: int, token: str) -> str:
        """Add the integration through its config flow and return the entry's id."""
        flow = await self._begin_flow("ruview", "server")
        answer = {"host": host, "port": port, "token": token, **ruview_flow_defaults(flow)}
        return await self._make_entry(flow, answer)

    async def add_ruview_over_mqtt(self, prefix: str = "ruview") -> str:
        """Add the one server that is on Home Assistant's broker and return the entry's id."""
        return await self._make_entry(await self._begin_flow("ruview", "broker"), {"topic_prefix": prefix})

    async def add_broker(self, port: int) -> str:
        """Add the MQTT integration as its config flow does, and return the entry's id."""
        flow = await self._begin_flow("mqtt", "broker")
        plain = {"set_client_cert": False, "set_ca_cert": "off"}
        return await self._make_entry(flow, {"broker": "127.0.0.1", "port": port, "other_settings": plain})

    async def take_found(self, source: str, seconds: float = 60) -> str:
        """Wait for the card of a server that was found in some way, click it, and return the entry's id."""
        async with asyncio.timeout(seconds):
            while True:
                flows = await self.command(type="config_entries/flow/progress")
                found = [f for f in flows if f["handler"] == "ruview" and f["context"]["source"] == source]
                if found:
                    return await self._make_entry(found[0], {})
                await asyncio.sleep(0.1)

    async def _begin_flow(self, handler: str, choice: str) -> dict[str, Any]:
        """Start a config flow; where it has a menu, choose."""
        flow = await self.rest("POST", "/api/config/config_entries/flow", {"handler": handler})
        while flow["type"] == "menu":
            step = {"next_step_id": choice}
            flow = await self.rest("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", step)
        return dict(flow)

    async def _make_entry(self, flow: dict[str, Any], answer: dict[str, Any]) -> str:
        """Submit the last form of a config flow and return the entry's id."""
        result = await self.rest("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", answer)
        if result["type"] != "create_entry":
            message = f"the config flow did not make an entry: {result}"
            raise HassError(message)
        return str(result["result"]["entry_id"])

    async def ruview_entities(self, entry_id: str | None = None) -> list[dict[str, Any]]:
        """Return the registry's entries of our entities, or of one config entry's; disabled ones too."""
        entries = await self.command(type="config/entity_registry/list")
        return [
            entry for entry in entries if entry["platform"] == "ruview" and entry_id in {None, entry["config_entry_id"]}
        ]

    async def enable_ruview(self, entry_id: str, keys: Iterable[str], *, host: str, port: int, token: str) -> str:
        """Enable entities of an entry that started disabled, and return the id of the entry that takes its place.

        Enabling an entity makes Home Assistant reload the entry half a minute later, in the middle of everything. An
        entry that was removed is not reloaded, and one that is added again gets its entities back as they were.
        """
        wanted = set(keys)
        for entry in await self.ruview_entities(entry_id):
            if entry["disabled_by"] == "integration" and entry["translation_key"] in wanted:
                await self.command(type="config/entity_registry/update", entity_id=entry["entity_id"], disabled_by=None)
        await self.rest("DELETE", f"/api/config/config_entries/entry/{entry_id}")
        return await self.add_ruview(host=host, port=port, token=token)

    async def fill_in_room(self, entry_id: str, **room: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Describe a room through the form of its subentry and return the form's answer."""
        url = "/api/config/config_entries/subentries/flow"
        flow = await self.rest("POST", url, {"handler": [entry_id, "room"]})
        if flow["type"] != "form":
            message = f"no room can be added: {flow}"
            raise HassError(message)
        defaults = {item["name"]: item["default"] for item in flow["data_schema"] if "default" in item}
        answer: dict[str, Any] = await self.rest("POST", f"{url}/{flow['flow_id']}", {"exact": {}, **defaults, **room})
        return answer

    async def install_blueprints(self, entry_id: str) -> None:
        """Tick the box of the options, and return once the entry is loaded again with what that brings."""
        url = "/api/config/config_entries/options/flow"
        flow = await self.rest("POST", url, {"handler": entry_id})
        answer = {item["name"]: item.get("description", {}).get("suggested_value") for item in flow["data_schema"]}
        await self.rest("POST", f"{url}/{flow['flow_id']}", answer | {"install_blueprints": True})
        folder = self.config_dir / "blueprints" / "automation" / "ruview"
        async with asyncio.timeout(30):
            while not (folder / "unknown_presence_notification.yaml").exists():
                await asyncio.sleep(0.1)
            while await self._entry_state(entry_id) != "loaded":
                await asyncio.sleep(0.1)

    async def _entry_state(self, entry_id: str) -> str | None:
        """Return the state of a config entry."""
        entries = await self.rest("GET", "/api/config/config_entries/entry")
        return next((str(entry["state"]) for entry in entries if entry["entry_id"] == entry_id), None)

    async def wait_for_mqtt_entities(self, ending: str, count: int, seconds: float = 60) -> list[str]:
        """Wait until so many of the MQTT integration's entities have a unique id with this ending; their ids."""
        async with asyncio.timeout(seconds):
            while True:
                entries = await self.command(type="config/entity_registry/list")
                ours = [e for e in entries if e["platform"] == "mqtt" and e["unique_id"].endswith(ending)]
                if len(ours) == count:
                    return [entry["entity_id"] for entry in ours]
                await asyncio.sleep(0.5)

    def ruview_log(self) -> list[str]:
        """Return the log lines of our integration."""
        return [line for line in self.process.log.read_text().splitlines() if "custom_components.ruview" in line]

    async def _wait_for_api(self) -> None:
        while True:
            if not self.process.running:
                message = f"Home Assistant ended with {self.process.returncode}:\n{self.process.tail()}"
                raise HassError(message)
            with contextlib.suppress(aiohttp.ClientError):
                async with self.session.get(f"{self.url}/api/onboarding") as response:
                    if response.status == 200:  # noqa: PLR2004
                        return
            await asyncio.sleep(0.1)

    async def _onboard(self) -> None:
        client_id = f"{self.url}/"  # the origin that a browser uses, with the slash
        answer = await self.rest(
            "POST",
            "/api/onboarding/users",
            {"client_id": client_id, "name": "Demo", "username": USER, "password": PASSWORD, "language": "en"},
        )
        form = {"grant_type": "authorization_code", "code": answer["auth_code"], "client_id": client_id}
        async with self.session.post(f"{self.url}/auth/token", data=form) as response:
            self.tokens = await response.json()

    async def _wait_until_running(self) -> None:
        async with self.websocket() as socket:
            while (await socket.command(type="get_config"))["state"] != "RUNNING":
                await asyncio.sleep(0.1)


def ruview_flow_defaults(flow: dict[str, Any]) -> dict[str, Any]:
    """Return the config flow form's own defaults for the fields that the caller does not care about."""
    return {
        item["name"]: item["default"]
        for item in flow.get("data_schema") or []
        if "default" in item and item["name"] not in {"host", "port", "token"}
    }


class HassWebSocket:
    """An authenticated WebSocket connection: commands and one subscription."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Wrap an authenticated socket."""
        self._socket = socket
        self._last_id = 0

    async def command(self, **command: Any) -> Any:  # noqa: ANN401 - JSON
        """Run a command and return its result."""
        self._last_id += 1
        await self._socket.send_json({"id": self._last_id, **command})
        while True:
            message = await self._socket.receive_json()
            if message.get("id") == self._last_id and message["type"] == "result":
                if not message["success"]:
                    text = f"{command['type']}: {message['error']}"
                    raise HassError(text)
                return message["result"]

    async def events(self, event_type: str) -> AsyncIterator[dict[str, Any]]:
        """Subscribe to an event type and yield each event."""
        await self.command(type="subscribe_events", event_type=event_type)
        while True:
            message = await self._socket.receive_json()
            if message["type"] == "event":
                yield message["event"]
