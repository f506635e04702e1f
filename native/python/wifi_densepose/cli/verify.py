"""Check a witness bundle: every octet, the signature, and that this build computes the same features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .failure import CommandError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("bundle", type=Path, help="the bundle's folder")
    parser.add_argument("--key", type=Path, metavar="PEM", help="the public key of whom you expect to have signed it")
    parser.add_argument("--threads", type=int, default=1, help="threads that compute; the hash does not depend on them")


def run(options: argparse.Namespace) -> int:
    """Print PASS (exit status 0) or FAIL (1) and why."""
    from ..witness import verify_bundle

    try:
        key = options.key.read_bytes() if options.key else None
        verdict = verify_bundle(options.bundle, key=key, threads=options.threads)
    except (ImportError, OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    print(verdict.verdict, verdict.detail, sep=": ")
    return 0 if verdict else 1
