"""Print what a RuView server says once a second, until Ctrl-C. When the server goes away, wait for it to come back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .failure import CommandError

if TYPE_CHECKING:
    import argparse
    import ssl

_TOKEN = "RUVIEW_TOKEN"  # noqa: S105 - the name of a variable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "url", nargs="?", default="ws://127.0.0.1:3000", metavar="URL", help="the server [default: %(default)s]"
    )
    token = parser.add_mutually_exclusive_group()
    token.add_argument(
        "--token", help="what `ruview-server token show` prints; others may see it in lists of processes"
    )
    token.add_argument("--token-file", type=Path, metavar="FILE", help=f"a file with the token [default: ${_TOKEN}]")
    parser.add_argument("--ca", type=Path, metavar="PEM", help="certificates that are trusted instead of the system's")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line, as docs/ws-sensing.md describes them"
    )


def run(options: argparse.Namespace) -> int:
    """Print until somebody ends it, or the server does not let us in."""
    import asyncio

    from ..client import ClientError
    from ._streaming import Lines, show_json, stream

    show = show_json if options.json else Lines().show
    try:
        asyncio.run(stream(options.url, _token(options), _context(options.ca), show))
    except BrokenPipeError:
        raise
    except (ClientError, ImportError, OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    return 0


def _token(options: argparse.Namespace) -> str | None:
    """The token of an option, or of the environment."""
    if options.token_file is not None:
        return str(options.token_file.read_text(encoding="utf-8")).strip()
    return options.token or os.environ.get(_TOKEN)


def _context(ca: Path | None) -> ssl.SSLContext | None:
    import ssl

    return None if ca is None else ssl.create_default_context(cafile=str(ca))
