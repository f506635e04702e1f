"""What the engine logs, in the log of Python: `logging.getLogger("wifi_densepose.engine")`."""

from __future__ import annotations

import logging
import threading
from typing import Final

from .._core import Logs

LOGGER: Final = logging.getLogger("wifi_densepose.engine")


class LogThread:
    """Hands records on from the first start of an engine to the interpreter's exit."""

    def __init__(self) -> None:
        """Begin without a thread."""
        self._logs: Logs | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; nothing happens the second time."""
        logs = Logs.of_process()
        if logs is None:
            return
        self._logs = logs
        self._thread = threading.Thread(target=_hand_on, args=(logs,), name="wifi_densepose.engine log", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End when everything is handed on, or after this time."""
        if self._logs is not None and self._thread is not None:
            self._logs.end()
            self._thread.join(timeout_s)


def _hand_on(logs: Logs) -> None:
    while (record := logs.next()) is not None:
        level, text = record
        LOGGER.log(level, "%s", text)
