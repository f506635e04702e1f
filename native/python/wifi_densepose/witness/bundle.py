"""Makes a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .keys import new_key, public_pem, read_private
from .layout import (
    ABOUT,
    FEATURES,
    FEATURES_HASH,
    LISTED,
    PUBLIC_KEY,
    RECORDING,
    SCRIPT,
    SIGNATURE,
    SUMS,
    Features,
    sum_line,
)
from .reference import reference_recording

if TYPE_CHECKING:
    import os

_ABOUT = """\
# Witness bundle of wifi-densepose

`simulated.csi.jsonl` are 1,000 CSI frames of a simulated channel. `features_v2.i32` are the features that the engine
computed of them, in ten-thousandths: of each frame its amplitudes on the canonical grid of 56 subcarriers and the
sanitised phases, then the amplitudes after Hampel's filter; little-endian 32-bit integers. Every build computes the
same ones.

Check everything, and compute the features again:

    pip install "wifi-densepose[witness]"
    wifi-densepose verify .

Check hashes and signature only, without this package: `sh VERIFY.sh`.

Who signed it? `public_key.pem` proves nothing by itself: compare it with the key that you know its maker by
(`wifi-densepose verify . --key their_key.pem`).
"""

_SCRIPT = """\
#!/bin/sh
# Checks the bundle's hashes and its Ed25519 signature with sha256sum and openssl 3, then, where wifi-densepose is
# installed, everything again and the features themselves.
set -eu
cd "$(dirname "$0")"
openssl pkeyutl -verify -pubin -inkey public_key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig
sha256sum --check --strict SHA256SUMS
sha256sum --check --strict expected_features_v2.sha256
if command -v wifi-densepose >/dev/null; then
  exec wifi-densepose verify .
fi
echo "hashes and signature are right; to compute the features again: pip install 'wifi-densepose[witness]'"
"""


class BundleError(Exception):
    """A bundle that cannot be made: the message says why."""


def generate_bundle(path: str | os.PathLike[str], *, key: bytes | None = None, threads: int = 1) -> str:
    """Make a bundle in the new or empty folder `path`, and give the hash of its features.

    `key` is an Ed25519 private key in PEM; without one, the bundle is signed by a key that is forgotten afterwards,
    which shows that nothing changed since and nothing more.
    """
    folder = Path(path)
    signer = new_key() if key is None else read_private(key)
    recording = reference_recording()
    octets = Features(recording, threads=threads).octets
    contents = {
        ABOUT: _ABOUT.encode(),
        SCRIPT: _SCRIPT.encode(),
        FEATURES_HASH: sum_line(FEATURES, octets).encode(),
        FEATURES: octets,
        PUBLIC_KEY: public_pem(signer),
        RECORDING: recording,
    }
    sums = "".join(sum_line(name, contents[name]) for name in LISTED).encode()
    contents |= {SUMS: sums, SIGNATURE: signer.sign(sums)}
    _write(folder, contents)
    return contents[FEATURES_HASH].decode().split()[0]


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BundleError(f"{folder}: expected a new or empty folder, found files in it")
        for name, octets in contents.items():
            (folder / name).write_bytes(octets)
        (folder / SCRIPT).chmod(0o755)
    except OSError as error:
        raise BundleError(str(error)) from error
