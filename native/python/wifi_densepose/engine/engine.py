"""An engine as Python sees it: the core, its subscriptions and their end."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, final

from .._core import EngineCore, PrivacyClass
from .at_exit import STOPPED_AT_EXIT
from .errors import CommandError, EngineError, ServiceError
from .sources import Live, Replay, Simulate, Source
from .subscription import Event, Subscription

# Events that wait for a task; what is beyond waits in the engine, which holds 4,096.
_ROOM: Final = 256
# How often something is looked at that tells nobody when it changes.
_LOOK_S: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """What an engine is told once."""

    source: Source
    name: str
    data_dir: str | os.PathLike[str] | None
    privacy_class: PrivacyClass
    privacy_mode: bool
    tracking: bool
    stale_after_s: int
    max_nodes: int
    timezone: str | None
    experimental_heart_rate: bool
    trust_firmware: bool
    events_keep_days: int
    events_keep: int
    source_times: bool


@final
class Engine:
    """An engine in this process.

    `data_dir` is where it keeps what a restart must not forget (who it is, what it has learnt, rooms, events; see "What
    is remembered" in docs/websocket-api.md); `None` keeps nothing. One engine or server a directory.
    `source_times` publishes everything at the source's own times instead of now: one recording always says the same.
    The other arguments are those of `ruview-server run` (docs/configuration.md).

    `TypeError` and `ValueError` name the argument that is wrong.
    """

    def __init__(  # noqa: PLR0913 - each has a name and a default
        self,
        source: Source | None = None,
        *,
        name: str = "RuView",
        data_dir: str | os.PathLike[str] | None = None,
        privacy_class: PrivacyClass = PrivacyClass.Anonymous,
        privacy_mode: bool = False,
        tracking: bool = False,
        stale_after_s: int = 30,
        max_nodes: int = 64,
        timezone: str | None = None,
        experimental_heart_rate: bool = False,
        trust_firmware: bool = False,
        events_keep_days: int = 30,
        events_keep: int = 100_000,
        source_times: bool = False,
    ) -> None:
        """Keep what it is told. Nothing is opened yet."""
        source = Live() if source is None else source
        if not isinstance(source, Live | Replay | Simulate):
            message = f"source: expected Live, Replay or Simulate, found {type(source).__name__}"
            raise TypeError(message)
        self._core = EngineCore(
            _Settings(
                source=source,
                name=name,
                data_dir=data_dir,
                privacy_class=privacy_class,
                privacy_mode=privacy_mode,
                tracking=tracking,
                stale_after_s=stale_after_s,
                max_nodes=max_nodes,
                timezone=timezone,
                experimental_heart_rate=experimental_heart_rate,
                trust_firmware=trust_firmware,
                events_keep_days=events_keep_days,
                events_keep=events_keep,
                source_times=source_times,
            )
        )
        self._source = source
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []

    def __repr__(self) -> str:
        """Say what feeds it, and whether it runs."""
        return f"<Engine {'running' if self.is_running else 'stopped'} source={self._source!r}>"

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._core.is_running

    @property
    def server_id(self) -> str | None:
        """Who it is, from its first start on: that of `data_dir` for ever, or a new one for each `Engine` without."""
        return self._core.server_id

    @property
    def udp_address(self) -> str | None:
        """Where packets of ESP32 nodes are received; `None` where they are not."""
        return self._core.udp_address

    @property
    def nexmon_addresses(self) -> dict[str, str]:
        """Where CSI of each Nexmon radio is received."""
        return self._core.nexmon_addresses

    def start(self) -> None:
        """Start; return when it hears. Nothing happens where it runs already.

        `OSError` names the address or the file that cannot be had; `ValueError` a recording that is none; `EngineError`
        a `data_dir` that is damaged or somebody else's.
        """
        STOPPED_AT_EXIT.add(self)
        self._core.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop, end every subscription, and return when everything is on the disk and no callback is under way.

        May be called from a callback, which is not waited for then. Nothing happens where it does not run.
        `TimeoutError` after `timeout_s`: what is left goes on to end by itself. `EngineError` says why it had failed.
        """
        until = time.monotonic() + timeout_s
        try:
            self._core.stop(timeout_s)
        finally:
            with self._lock:
                subscriptions, self._subscriptions = self._subscriptions, []
            late = [subscription for subscription in subscriptions if not subscription.wait(until)]
        if late:
            message = f"{len(late)} callbacks have not returned within {timeout_s:g} s"
            raise TimeoutError(message)

    def __enter__(self) -> Engine:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def subscribe(self, callback: Callable[[Event], object]) -> Subscription:
        """Call `callback` with a snapshot, then with what changes, until it is unsubscribed or the engine stops.

        It is called on a thread of this subscription, one event at a time. One that is slow holds up nobody: when more
        than 4,096 events wait for it, it is told ``{"type": "resync"}`` and a fresh snapshot. What it raises is counted
        and logged. May be called before `start`: then nothing is missed.
        """
        return self._subscribe(callback, None)

    def _subscribe(self, callback: Callable[[Event], object], ended: Callable[[], object] | None) -> Subscription:
        # It waits for an engine that may never start.
        STOPPED_AT_EXIT.add(self)
        subscription = Subscription(self._core.subscribe(), callback, ended)
        with self._lock:
            running = [known for known in self._subscriptions if not known.has_ended]
            self._subscriptions = [*running, subscription]
        return subscription

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what `subscribe` tells, in the running loop; end when the engine stops. `EngineError` when it fails."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        room = threading.Semaphore(_ROOM)

        def tell(event: Event | None) -> None:
            # A loop that is closed has nobody who listens.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(queue.put_nowait, event)

        def told(event: Event) -> None:
            while not room.acquire(timeout=_LOOK_S):
                if not subscription.is_active or loop.is_closed():
                    subscription.unsubscribe()
                    return
            tell(event)

        subscription = self._subscribe(told, lambda: tell(None))
        with subscription:
            while (event := await queue.get()) is not None:
                room.release()
                yield event
        if self._core.has_failed:
            message = "the engine has failed"
            raise EngineError(message)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until every recording or story has ended and is handled; return whether it has. Radios never end.

        `EngineError` when the engine does not run (any more).
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while self._core.running_sources():
            if until is not None and time.monotonic() >= until:
                return False
            time.sleep(_LOOK_S)
        return True

    def command(self, name: str, **fields: object) -> Any:  # noqa: ANN401 - what JSON has
        """Do a command of the WebSocket API and return its result. `CommandError` says why it is not done."""
        try:
            text = json.dumps({**fields, "id": 1, "type": name}, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            message = f"{name}: expected values that JSON has: {error}"
            raise ValueError(message) from error
        answer = json.loads(self._core.ask(text))
        if answer["success"]:
            return answer["result"]
        refusal = answer["error"]
        if "field" in refusal:
            raise ServiceError(refusal["code"], refusal["field"], refusal["expected"], refusal["found"])
        raise CommandError(refusal["code"], refusal["message"])

    def call(self, domain: str, service: str, data: Mapping[str, object] | None = None) -> None:
        """Do a service, such as ``call("ruview", "calibrate", {"node_id": "node_1"})``.

        What it changes for good is on the disk then. `ServiceError` names the field that is to blame.
        """
        self.command("call_service", domain=domain, service=service, data=dict(data or {}))

    def get_states(self) -> list[dict[str, Any]]:
        """Return all states."""
        states: list[dict[str, Any]] = self.command("get_states")
        return states

    def get_config(self) -> dict[str, Any]:
        """Return who the engine is, its privacy class and its source."""
        config: dict[str, Any] = self.command("get_config")
        return config

    def get_diagnostics(self) -> dict[str, Any]:
        """Return counters and nodes; never CSI, feedback or addresses."""
        diagnostics: dict[str, Any] = self.command("get_diagnostics")
        return diagnostics

    def get_events(
        self,
        *,
        after: int | None = None,
        since: datetime | None = None,
        event_type: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return events that were kept, oldest first: behind the number `after`, from `since` (with a time zone) on.

        The last ones when neither is given. At most `limit`, and 1,000.
        """
        moment = None if since is None else since.isoformat()
        result = self.command("get_events", after=after, since=moment, event_type=event_type, limit=limit)
        events: list[dict[str, Any]] = result["events"]
        return events
