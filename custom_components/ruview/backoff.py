"""How long to wait before the next attempt to connect."""

import random
from typing import Final

FIRST_S: Final = 1.0
MAX_S: Final = 30.0


class Backoff:
    """Delays that double up to a limit. The jitter keeps many clients of one server from coming back all at once."""

    def __init__(self) -> None:
        """Begin with the shortest delay: a server that restarts is back within a second or two."""
        self._ceiling_s = FIRST_S

    def next_s(self) -> float:
        """Return the next delay: between half of the current limit and all of it."""
        delay_s = self._ceiling_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        self._ceiling_s = min(self._ceiling_s * 2, MAX_S)
        return delay_s

    def reset(self) -> None:
        """Begin again."""
        self._ceiling_s = FIRST_S
