"""Recordings as frames, piece by piece, so that lines of any number take the same memory.

    from wifi_densepose.recording import read_recording
    from wifi_densepose.vitals import process

    readings = process(read_recording("bedroom.jsonl.gz", node=1))

Reads what `ruview-server record` writes, one JSON object a line, compressed or not, and arrays: `.npz` with `t`
(seconds, `[N]`) and `iq` (`[N, n_antennas, n_subcarriers, 2]` or complex without the last axis). Of a capture of
packets (pcap, pcapng) with Nexmon CSI it gives the busiest link. Arrays and captures are read whole.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ._core import CsiBatch, RecordingParser, read_nexmon
from .capture import NexmonCsi

__all__ = ["CsiBatch", "RecordingParser", "RecordingReader", "read_recording"]

_PIECE = 1 << 18
_FRAMES = 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK"
# pcap of either byte order, with microseconds and nanoseconds, and pcapng.
_CAPTURES = (b"\xd4\xc3", b"\xa1\xb2", b"\x4d\x3c", b"\x0a\x0d")
_WITH_GZIP_HEADER = 31

Array = npt.NDArray[Any]


class RecordingReader(Iterator[CsiBatch]):
    """The frames of a recording, in batches of one node each. Iterate over it, once.

    `path` is where it lies, `size` its octets on disk and `position` how many of them were read. `n_frames` counts the
    frames read, of all nodes; `n_others` the lines that hold something else than CSI; `n_refused` what was refused.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        node: int | None = None,
        on_refused: Callable[[ValueError], None] | None = None,
    ) -> None:
        """Opens the file; `read_recording` says what the arguments mean."""
        self.path = os.fspath(path)
        self.n_frames = self.n_others = self.n_refused = 0
        self._node, self._on_refused = node, on_refused
        self._file: BinaryIO = Path(path).open("rb")  # noqa: SIM115  # closed where the reading ends
        self.size = os.fstat(self._file.fileno()).st_size
        self.position = 0
        self._batches = self._read()

    def __next__(self) -> CsiBatch:
        """The next batch. `ValueError` for what is refused, unless it is told to `on_refused`."""
        return next(self._batches)

    def __enter__(self) -> RecordingReader:  # noqa: PYI034  # typing.Self is of Python 3.11
        """The reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the file."""
        self.close()

    def close(self) -> None:
        """Closes the file. Done by itself at its end, and where the reader is no longer used."""
        self._batches.close()
        self._file.close()

    def _read(self) -> Generator[CsiBatch, None, None]:
        with self._file as file:
            start = file.read(len(_GZIP))
            file.seek(0)
            if start in _CAPTURES:
                yield from self._capture()
            else:
                yield from self._arrays() if start == _ZIP else self._lines(compressed=start == _GZIP)

    def _arrays(self) -> Iterator[CsiBatch]:
        try:
            with np.load(self._file) as arrays:
                times, csi = arrays["t"], arrays["iq"]
        except (KeyError, OSError, BadZipFile, ValueError) as error:
            wrong = self._wrong(f"expected arrays t and iq, found {error}")
            raise wrong from error
        if len(times) != len(csi):
            wrong = self._wrong(f"expected a time for each frame, found {len(times)} times of {len(csi)} frames")
            raise wrong
        yield from self._sliced(times, csi)

    def _capture(self) -> Iterator[CsiBatch]:
        """The busiest link of a capture: each transmitter, core and stream is another way through the room."""
        found = NexmonCsi(**read_nexmon(self.path))
        if not len(found):
            wrong = self._wrong("no Nexmon CSI in this capture of packets")
            raise wrong
        links = np.column_stack([found.transmitter, found.core, found.stream])
        _, of_frame, counts = np.unique(links, axis=0, return_inverse=True, return_counts=True)
        followed = of_frame.reshape(-1) == counts.argmax()
        self.n_others = int(len(found) - followed.sum())
        # Bins that are not the channel are passed over where they are zero.
        yield from self._sliced(found.timestamp_ns[followed] / 1e9, found.csi[followed] * found.usable)
        if found.fault is not None:
            self._refuse(self._wrong(str(found.fault)))

    def _sliced(self, times: Array, csi: Array) -> Iterator[CsiBatch]:
        node = 0 if self._node is None else self._node
        for start in range(0, len(csi), _FRAMES):
            piece = slice(start, start + _FRAMES)
            batch = CsiBatch(csi[piece], timestamps_s=times[piece], node=node)
            self.n_frames += len(batch)
            self.position = self.size * min(start + _FRAMES, len(csi)) // len(csi)
            yield batch

    def _lines(self, *, compressed: bool) -> Iterator[CsiBatch]:
        parser = RecordingParser()
        pieces = self._inflated() if compressed else self._pieces()
        for octets in pieces:
            yield from self._sorted(parser, *parser.push(octets))
        yield from self._sorted(parser, *parser.finish())

    def _sorted(
        self, parser: RecordingParser, batches: list[CsiBatch], refused: Sequence[ValueError]
    ) -> Iterator[CsiBatch]:
        self.n_frames, self.n_others = parser.n_frames, parser.n_others
        for error in refused:
            self._refuse(error)
        yield from (batch for batch in batches if self._node in (None, batch.node))

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"{self.path}: {what}")

    def _refuse(self, error: ValueError) -> None:
        self.n_refused += 1
        if self._on_refused is None:
            raise error
        self._on_refused(error)

    def _pieces(self) -> Iterator[bytes]:
        while octets := self._file.read(_PIECE):
            self.position += len(octets)
            yield octets

    def _inflated(self) -> Iterator[bytes]:
        """What was compressed: any number of members, one after the other, never much of it at once."""
        member = zlib.decompressobj(_WITH_GZIP_HEADER)
        for piece in self._pieces():
            octets = piece
            while octets:
                if member.eof:
                    member = zlib.decompressobj(_WITH_GZIP_HEADER)
                try:
                    yield member.decompress(octets, _PIECE)
                except zlib.error as error:
                    self._refuse(self._wrong(f"damaged after {self.position} octets, {error}"))
                    return
                octets = member.unused_data if member.eof else member.unconsumed_tail
        if not member.eof:
            self._refuse(self._wrong("the file ends before what was compressed does"))


def read_recording(
    path: str | os.PathLike[str],
    *,
    node: int | None = None,
    on_refused: Callable[[ValueError], None] | None = None,
) -> RecordingReader:
    """The frames of a recording, in batches of one node each, in the order in which they came.

    `node` picks the frames of one node (and numbers those of an `.npz` or a capture, which have one). What is no record
    is refused: a `ValueError`, a `WireError` with its `line` where it is a line, ends the reading. With `on_refused`
    each is told there and the reading goes on. Lines about something else than CSI are passed over and counted.

    Raises `OSError` where the file cannot be read. Holds a quarter of a mebioctet, of arrays and captures all.
    """
    return RecordingReader(path, node=node, on_refused=on_refused)
