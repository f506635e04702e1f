"""Engines and the end of an interpreter."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from contextlib import suppress
from typing import Final, Protocol

from .log import LogThread

# What all engines together may take.
_EXIT_S: Final = 1.0
# And what they have said last.
_LOG_S: Final = 0.2


class Stoppable(Protocol):
    """What has to be stopped."""

    def stop(self, timeout_s: float) -> None:
        """Stop."""


class _StoppedAtExit:
    """The engines that the interpreter's exit stops, so that no thread comes back to an interpreter that is gone."""

    def __init__(self) -> None:
        """Begin without any."""
        self.forget()
        self._log = LogThread()
        atexit.register(self._stop)
        if hasattr(os, "register_at_fork"):
            # Those of another process are not this one's to stop.
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Forget all, and whoever held the lock."""
        self._lock = threading.Lock()
        self._engines: weakref.WeakSet[Stoppable] = weakref.WeakSet()

    def add(self, engine: Stoppable) -> None:
        """Stop this one too, and hear what it logs."""
        self._log.start()
        with self._lock:
            self._engines.add(engine)

    def _stop(self) -> None:
        until = time.monotonic() + _EXIT_S
        with self._lock:
            engines = list(self._engines)
        for engine in engines:
            # Nobody is left whom an error could be told.
            with suppress(Exception):
                engine.stop(max(0.0, until - time.monotonic()))
        self._log.stop(_LOG_S)


STOPPED_AT_EXIT: Final = _StoppedAtExit()
