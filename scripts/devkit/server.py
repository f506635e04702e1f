"""A real ruview-server on a free port of 127.0.0.1."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

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
        )

    async def stop(self) -> None:
        """Stop it gracefully."""
        await self.process.stop()
