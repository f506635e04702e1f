"""The command `wifi-densepose`.

Each file here is one command: it says what it takes (`add_arguments`) and does it (`run`).
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from .. import __version__
from .failure import CommandError

COMMANDS = {
    "decode": "say what a capture file holds",
    "serve": "run a RuView server",
    "stream": "print what a RuView server says once a second",
    "verify": "check a witness bundle",
    "vitals": "find breathing rates in a recording of CSI",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="wifi-densepose", description="WiFi sensing: CSI, beamforming feedback, vital signs."
    )
    command.add_argument("--version", action="version", version=f"wifi-densepose {__version__}")
    commands = command.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, about in COMMANDS.items():
        module = import_module(f".{name}", __name__)
        sub = commands.add_parser(name, help=about, description=module.__doc__)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return command


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and gives the exit status: 0 done, 1 judged and found wanting, 2 not possible."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CommandError as error:
        print(f"wifi-densepose: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is left to say, not even by the interpreter when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
