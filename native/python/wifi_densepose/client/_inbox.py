"""A bounded queue between what receives messages and who takes them: who is too slow is told how much is gone."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from .messages import Missed

M = TypeVar("M")


class Inbox(Generic[M]):
    """Keeps the newest `size` messages. `wake` is called whenever there is something to take; any thread may use it."""

    def __init__(self, size: int, wake: Callable[[], None]) -> None:
        if size < 1:
            message = f"queue_size: expected at least 1, found {size}"
            raise ValueError(message)
        self._size = size
        self._wake = wake
        self._lock = threading.Lock()
        self._items: deque[M] = deque()
        self._missed = 0
        self._error: BaseException | None = None
        self.closed = False

    def put(self, item: M) -> bool:
        """Add a message; whether there was room. Without room the oldest is dropped."""
        with self._lock:
            fits = len(self._items) < self._size
            if not fits:
                self._items.popleft()
                self._missed += 1
            self._items.append(item)
        self._wake()
        return fits

    def clear(self) -> int:
        """Drop everything, which the next who takes is told; how much that was."""
        with self._lock:
            dropped = len(self._items)
            self._missed += dropped
            self._items.clear()
        self._wake()
        return dropped

    def close(self, error: BaseException | None = None) -> None:
        """Nothing more will come; `error` is raised to who takes after the last message."""
        with self._lock:
            if not self.closed:
                self.closed, self._error = True, error
        self._wake()

    def take(self) -> M | Missed | None:
        """The next message, None where there is none now. Raises what it was closed with, or EOFError."""
        with self._lock:
            if self._missed:
                missed, self._missed = Missed(self._missed, "messages"), 0
                return missed
            if self._items:
                return self._items.popleft()
            if self._error is not None:
                raise self._error
            if self.closed:
                raise EOFError
            return None
