"""A real mosquitto on a free port of 127.0.0.1."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from .processes import Process, free_port

_START_SECONDS = 20
_RETAINED_SECONDS = 0.5
# Started as root it would change to another user, which cannot read a temporary folder.
_CONFIGURATION = "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"


def _configure(folder: Path, port: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "mosquitto.conf"
    configuration.write_text(_CONFIGURATION.format(port=port))
    return configuration


@dataclass(slots=True)
class Mosquitto:
    """A running broker that lets everybody in."""

    process: Process
    port: int

    @classmethod
    async def start(cls, folder: Path, port: int = 0) -> Mosquitto:
        """Start it, at a free port unless told otherwise, and return once it accepts connections."""
        port = port or free_port()
        configuration = _configure(folder, port)
        process = await Process.start("mosquitto", ["mosquitto", "-c", configuration], folder / "mosquitto.log")
        async with asyncio.timeout(_START_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                return cls(process, port)

    @property
    def url(self) -> str:
        """The address that ruview-server takes."""
        return f"mqtt://127.0.0.1:{self.port}"

    async def retained(self) -> dict[str, str]:
        """Return what the broker keeps, by topic. It sends this at once, before anything newer."""
        async with self.watched() as published:
            await asyncio.sleep(_RETAINED_SECONDS)
        return {message.topic: message.payload.decode() for _, message in published if message.retain}

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[list[tuple[float, MQTTMessage]]]:
        """Listen to everything: when it came, and what it is."""
        published: list[tuple[float, MQTTMessage]] = []
        client = Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda _client, _data, message: published.append((time.time(), message))
        client.connect("127.0.0.1", self.port)
        client.subscribe("#")
        client.loop_start()
        try:
            yield published
        finally:
            client.disconnect()
            client.loop_stop()

    async def publish(self, topic: str, payload: str) -> None:
        """Say something, as anybody may."""
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        try:
            await asyncio.to_thread(client.publish(topic, payload, qos=1).wait_for_publish, _START_SECONDS)
        finally:
            client.disconnect()
            client.loop_stop()

    async def stop(self) -> None:
        """Stop it."""
        await self.process.stop()
