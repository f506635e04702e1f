"""What lies where in a bundle, and what is hashed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from .._core import witness_features

if TYPE_CHECKING:
    import numpy.typing as npt

RECORDING = "simulated.csi.jsonl"
FEATURES = "features_v2.i32"
FEATURES_HASH = "expected_features_v2.sha256"
ABOUT = "README.md"
SCRIPT = "VERIFY.sh"
PUBLIC_KEY = "public_key.pem"
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"

LISTED = (ABOUT, SCRIPT, FEATURES_HASH, FEATURES, PUBLIC_KEY, RECORDING)
"""What `SHA256SUMS` lists, in its order. With the list and its signature, all that a bundle holds."""

FILES = frozenset({*LISTED, SUMS, SIGNATURE})


def sha256(octets: bytes) -> str:
    """Give the hash as hexadecimal digits."""
    return hashlib.sha256(octets).hexdigest()


def sum_line(name: str, octets: bytes) -> str:
    """Give the line that `sha256sum` writes about a file."""
    return f"{sha256(octets)}  {name}\n"


class Features:
    """The quantised features of a recording, and the octets that are hashed: little-endian, frame by frame."""

    def __init__(self, recording: bytes, *, threads: int = 1) -> None:
        """Compute them. `ValueError` says what is wrong with the recording."""
        self._parts: tuple[npt.NDArray[np.int32], ...] = witness_features(recording, threads)

    @property
    def octets(self) -> bytes:
        """What is hashed."""
        return b"".join(part.astype("<i4").tobytes() for part in self._parts)

    def place(self, index: int) -> str:
        """Say which feature the number at `index` of the octets is."""
        for name, part in zip(("feature", "filtered amplitude"), self._parts, strict=True):
            if index < part.size:
                frame, feature = divmod(index, part.shape[1])
                return f"frame {frame}, {name} {feature}"
            index -= part.size
        return "beyond the last feature"
