"""Checks a bundle: every octet of it, its signature, and that the features come out the same here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from .keys import is_signed, read_public
from .layout import (
    FEATURES,
    FEATURES_HASH,
    FILES,
    LISTED,
    PUBLIC_KEY,
    RECORDING,
    SIGNATURE,
    SUMS,
    Features,
    sha256,
    sum_line,
)

if TYPE_CHECKING:
    import os


@dataclass(frozen=True)
class Verdict:
    """What was found. True exactly for PASS."""

    verdict: Literal["PASS", "FAIL"]
    detail: str

    def __bool__(self) -> bool:
        """Whether the bundle passed."""
        return self.verdict == "PASS"


class _Failure(Exception):  # noqa: N818
    """Ends up as a verdict, not with the caller."""


def verify_bundle(path: str | os.PathLike[str], *, key: bytes | None = None, threads: int = 1) -> Verdict:
    """Check the bundle in the folder `path`, and say PASS, or FAIL and where.

    `key` is the Ed25519 public key in PEM of whom you expect to have signed it; without it, the bundle's own is taken,
    and the detail says so. `OSError` when there is no folder at `path`, `ValueError` when `key` is none.
    """
    folder = Path(path)
    found = {entry.name for entry in folder.iterdir()}
    expected = None if key is None else read_public(key)
    try:
        contents = _read(folder, found)
        _check_integrity(contents)
        features_hash = _check_features(contents, threads)
        if expected is None:
            signer = f"signed by {PUBLIC_KEY}, which was compared with no other key"
        elif is_signed(expected, contents[SIGNATURE], contents[SUMS]):
            signer = "signed by the expected key"
        else:
            raise _Failure(f"{PUBLIC_KEY}: the bundle is whole, but signed by another key than the expected one")
    except _Failure as failure:
        return Verdict("FAIL", str(failure))
    return Verdict("PASS", f"features {features_hash}; {signer}")


def _read(folder: Path, found: set[str]) -> dict[str, bytes]:
    for what, names in (("is missing", FILES - found), ("does not belong to a bundle", found - FILES)):
        if names:
            raise _Failure(f"{min(names)}: {what}")
    try:
        return {name: (folder / name).read_bytes() for name in FILES}
    except OSError as error:
        raise _Failure(f"{error.filename}: {error.strerror}") from error


def _check_integrity(contents: dict[str, bytes]) -> None:
    """Hold the files against the list and the list against its signature; between them they tell what was changed."""
    lines = contents[SUMS].splitlines(keepends=True)
    if len(lines) != len(LISTED):
        raise _Failure(f"{SUMS}: expected a line for each of {len(LISTED)} files, found {len(lines)}")
    listed = dict(zip(LISTED, lines, strict=True))
    differing = [name for name in LISTED if listed[name] != sum_line(name, contents[name]).encode()]
    mismatch = "".join(
        f"hash {sha256(contents[name])}, listed in {SUMS} as {listed[name].decode(errors='replace').strip()!r}"
        for name in differing[:1]
    )
    if PUBLIC_KEY in differing[:1]:
        raise _Failure(f"{PUBLIC_KEY}: {mismatch}")
    try:
        signed = is_signed(read_public(contents[PUBLIC_KEY]), contents[SIGNATURE], contents[SUMS])
    except ValueError as error:
        raise _Failure(f"{PUBLIC_KEY}: {error}") from error
    if differing:
        changed = differing[0] if signed else f"{SUMS}: the line of {differing[0]}"
        raise _Failure(f"{changed}: {mismatch}")
    if not signed:
        raise _Failure(f"{SIGNATURE}: not the signature of {SUMS} by {PUBLIC_KEY}")


def _check_features(contents: dict[str, bytes], threads: int) -> str:
    if contents[FEATURES_HASH] != sum_line(FEATURES, contents[FEATURES]).encode():
        raise _Failure(f"{FEATURES_HASH}: not the hash of {FEATURES}")
    try:
        features = Features(contents[RECORDING], threads=threads)
    except ValueError as error:
        raise _Failure(f"{RECORDING}: {error}") from error
    computed, expected = (np.frombuffer(octets, "<i4") for octets in (features.octets, contents[FEATURES]))
    if computed.size != expected.size:
        raise _Failure(f"{FEATURES}: expected {computed.size} numbers, found {expected.size}")
    differing = np.flatnonzero(computed != expected)
    if differing.size:
        at = int(differing[0])
        where = f"{features.place(at)}: this build computes {computed[at]}, the bundle has {expected[at]}"
        raise _Failure(f"{FEATURES}: {differing.size} of {computed.size} numbers differ, first at {where}")
    return sha256(features.octets)
