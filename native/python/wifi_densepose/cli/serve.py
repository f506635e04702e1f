"""Run a RuView server: hands over to `ruview-server`, without arguments to `ruview-server run`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys

from .failure import CommandError

_PROGRAM = "ruview-server"
# Windows has an execv that leaves the terminal to its shell while the program runs.
_BECOMES = os.name != "nt"
_HOW = (
    f"{_PROGRAM} is not on PATH. It is another program; how to get it for Home Assistant OS, Docker or Linux is at "
    "https://github.com/ruvnet/RuView/blob/main/docs/install.md"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "arguments",
        nargs=argparse.REMAINDER,
        metavar="-- ARGUMENTS",
        help=f"arguments of {_PROGRAM}, such as: -- simulate",
    )


def run(options: argparse.Namespace) -> int:
    """Become the server; where programs cannot, run it and give its exit status."""
    arguments: list[str] = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    program = shutil.which(_PROGRAM)
    if program is None:
        raise CommandError(_HOW)
    command = [program, *(arguments or ["run"])]
    if not _BECOMES:
        return _run(command)
    sys.stdout.flush()
    try:
        os.execv(program, command)  # noqa: S606 - a list of arguments, no shell
    except OSError as error:
        message = f"{program}: {error.strerror}"
        raise CommandError(message) from error


def _run(command: list[str]) -> int:
    """Run it beside us. Ctrl-C reaches both, and it ends by itself."""
    with subprocess.Popen(command) as server:  # noqa: S603 - what PATH has
        while server.poll() is None:
            with contextlib.suppress(KeyboardInterrupt):
                server.wait()
        return server.returncode
