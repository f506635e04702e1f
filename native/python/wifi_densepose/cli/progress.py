"""A progress bar on standard error, where a person looks at it."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

_WIDTH = 40
_EVERY_S = 0.1
# Work that is done by then needs no bar.
_PATIENCE_S = 0.5


class Progress:
    """A bar that fills while something of known size is done. Draws nothing where standard error is no terminal."""

    def __init__(self, total: int, what: str, stream: TextIO | None = None) -> None:
        """A bar for `total` of anything, such as octets."""
        self._stream = sys.stderr if stream is None else stream
        self._total, self._what = total, what
        self._next = time.monotonic() + _PATIENCE_S
        self._shown = False
        self._visible = total > 0 and self._stream.isatty()

    def __enter__(self) -> Progress:  # noqa: PYI034  # typing.Self is of Python 3.11
        """The bar itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Takes the bar away, so that what is printed next begins on a clean line."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def update(self, done: int) -> None:
        """Says how much is done. Cheap enough to call often."""
        if not self._visible or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY_S
        share = min(1.0, done / self._total)
        bar = "█" * round(share * _WIDTH)
        self._stream.write(f"\r{self._what} {bar:░<{_WIDTH}} {share:4.0%}")
        self._stream.flush()
        self._shown = True
