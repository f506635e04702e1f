"""Child processes that never outlive us, and that are always stopped by their own pid."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone, also after a kill -9 of the parent."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One child process, with its own session so that a Ctrl-C at the terminal reaches only us."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        """Use `start` instead."""
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        pipe_stdout: bool = False,
    ) -> Process:
        """Start `command`, appending what it prints to `log` (with `pipe_stdout`, only its stderr)."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *map(str, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if pipe_stdout else sink,
                stderr=sink,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.returncode

    async def read_line(self) -> bytes:
        """Return the next line of its standard output, empty at its end."""
        if self._process.stdout is None:
            message = f"{self.name} was started without pipe_stdout"
            raise RuntimeError(message)
        return await self._process.stdout.readline()

    def tail(self, lines: int = 25) -> str:
        """Return the end of its log, for an error message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def wait(self, seconds: float | None = None) -> int:
        """Wait for its end and return the exit code."""
        return await asyncio.wait_for(self._process.wait(), seconds)

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def stop(self, seconds: float = 30) -> int:
        """Ask it to end, insist after `seconds`, and return the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            return await self.wait(seconds)
        except TimeoutError:
            self.kill()
            return await self.wait()
