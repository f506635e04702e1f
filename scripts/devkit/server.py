"""A real ruview-server on a free port of 127.0.0.1."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from .paths import server_binary
from .processes import Process

_START_SECONDS = 20


@dataclass(slots=True)
class RuViewServer:
    """A running server: where it listens and what its token is."""

    process: Process
    host: str
    port: int
    udp_port: int | None
    token: str
    server_id: str

    @classmethod
    async def start(cls, data_dir: Path, *arguments: str | Path, port: int = 0) -> RuViewServer:
        """Start `ruview-server ARGUMENTS` with its data in `data_dir` and wait until it says that it is ready."""
        command = [server_binary(), *arguments, "--data-dir", data_dir, "--listen", f"127.0.0.1:{port}"]
        process = await Process.start("ruview-server", command, data_dir / "server.log", pipe_stdout=True)
        try:
            line = await asyncio.wait_for(process.read_line(), _START_SECONDS)
        except TimeoutError:
            line = b""
        if not line:
            await process.stop()
            message = f"ruview-server did not start:\n{process.tail()}"
            raise RuntimeError(message)
        ready = json.loads(line)
        host, _, http_port = ready["http"].rpartition(":")
        udp = ready.get("udp")
        return cls(
            process=process,
            host=host,
            port=int(http_port),
            udp_port=int(udp.rpartition(":")[2]) if udp else None,
            token=(data_dir / "token").read_text().strip(),
            server_id=json.loads((data_dir / "server.json").read_text())["server_id"],
        )

    async def call_service(self, service: str, **data: object) -> None:
        """Ask the server to do something, as a client that owns the rooms does."""
        url = f"http://{self.host}:{self.port}/ws/v1"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "token": self.token})
            await socket.receive_json()
            command = {"id": 1, "type": "call_service", "domain": "ruview", "service": service, "data": data}
            await socket.send_json(command)
            answer = await socket.receive_json()
            if not answer.get("success"):
                message = f"{service}: {answer}"
                raise RuntimeError(message)

    async def stop(self) -> None:
        """Stop it gracefully."""
        await self.process.stop()
