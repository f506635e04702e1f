"""Callbacks, each on a thread of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeAlias, final

from .._core import Feed
from .log import LOGGER

Event: TypeAlias = dict[str, Any]
"""What a subscriber is told: the `event` of an event frame of the WebSocket API, or `{"type": "resync"}`."""


@final
class Subscription:
    """A callback that is told what happens, on a thread of its own. Calling it ends it, as `unsubscribe` does."""

    def __init__(self, feed: Feed, callback: Callable[[Event], object], ended: Callable[[], object] | None) -> None:
        """Begin to wait; `ended` is called when nothing will come any more."""
        self._feed = feed
        self._callback: Callable[[Event], object] | None = callback
        self._ended = ended
        self._errors = 0
        self._resyncs = 0
        # No interpreter waits for it at its exit: the engine, which is stopped then, ends it.
        self._thread = threading.Thread(target=self._run, name="wifi_densepose.engine", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            feed.end()
            raise

    @property
    def is_active(self) -> bool:
        """Whether something may still come."""
        return not self._feed.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes any more and no call is under way."""
        return not self._thread.is_alive()

    @property
    def errors(self) -> int:
        """How often the callback has raised something."""
        return self._errors

    @property
    def resyncs(self) -> int:
        """How often it was too slow, and started again from a snapshot."""
        return self._resyncs

    def unsubscribe(self) -> None:
        """End it. A call that is under way on another thread is not waited for; no further one begins."""
        self._callback = None
        self._feed.end()

    __call__ = unsubscribe

    def __enter__(self) -> Subscription:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.unsubscribe()

    def _run(self) -> None:
        try:
            while (text := self._feed.next()) is not None:
                self._tell(text)
        finally:
            self._feed.end()
            self._callback = None
            ended, self._ended = self._ended, None
            if ended is not None:
                ended()

    def _tell(self, text: str) -> None:
        frame = json.loads(text)
        event: Event = frame["event"] if frame["type"] == "event" else {"type": frame["type"]}
        self._resyncs += event["type"] == "resync"
        if (callback := self._callback) is None:
            return
        try:
            callback(event)
        except BaseException:  # noqa: BLE001 - whatever it is, the next event is told
            self._errors += 1
            if self._errors == 1:
                LOGGER.exception("A subscriber's callback raised an error (further ones are counted only)")

    def wait(self, until: float) -> bool:
        """Wait for its end until this monotonic time, unless its own callback asks; return whether all is well."""
        if self._thread is not threading.current_thread():
            self._thread.join(max(0.0, until - time.monotonic()))
            return not self._thread.is_alive()
        return True
