"""Prints who comes and goes, as a server says: `RUVIEW_TOKEN=… python presence_of_a_server.py ws://127.0.0.1:3000`."""

from __future__ import annotations

import asyncio
import os
import sys

from wifi_densepose.client.ws import Disconnected, EdgeVitals, SensingClient


async def main(url: str) -> None:
    """Print each change of presence, and that nothing is known while the server is away."""
    known: dict[str, bool | None] = {}
    async with SensingClient(url, token=os.environ.get("RUVIEW_TOKEN")) as client:
        async for message in client.stream():
            if isinstance(message, Disconnected):
                known.clear()
                print("the server is away")
            elif isinstance(message, EdgeVitals) and known.get(message.node_id, ...) != message.presence:
                known[message.node_id] = message.presence
                print(message.node_id, {True: "somebody", False: "nobody", None: "not known"}[message.presence])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
