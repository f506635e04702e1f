"""Waits for what tells nobody when it is so."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> float:
    """Wait until it holds, and return when it did, as `time.time()` has it."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)
    return time.time()
