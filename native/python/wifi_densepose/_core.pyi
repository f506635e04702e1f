"""The compiled part of `wifi_densepose`: types, units and errors of everything that the public modules give out."""

from collections.abc import Sequence
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

# --- errors ----------------------------------------------------------------------------------------------------------

class WireError(ValueError):
    """Octets that a parser refused. The message has the expected and the found value."""

    layer: str
    """The format in which something was wrong, such as ``pcapng``."""
    offset: int
    """Octets from the start of the packet, line or file to what is wrong."""

# --- privacy ---------------------------------------------------------------------------------------------------------

@final
class PrivacyClass:
    """How much data may say about people, and therefore where it may go. Greater is stricter."""

    Raw: Final[PrivacyClass]
    """Tests and signal processing inside the process: never leaves it."""
    Derived: Final[PrivacyClass]
    """Research that its owner asked for: the local network only."""
    Anonymous: Final[PrivacyClass]
    """Homes."""
    Restricted: Final[PrivacyClass]
    """Care homes, rentals, offices."""

    @property
    def allows_network(self) -> bool:
        """Whether data of this class may leave the process for a network."""
    @property
    def allows_matter(self) -> bool:
        """Whether Matter may show data of this class."""
    @property
    def allows_hap(self) -> bool:
        """Whether HomeKit may show data of this class."""
    @property
    def as_u8(self) -> int:
        """The number on the wire, 0 to 3."""
    @staticmethod
    def from_u8(number: int) -> PrivacyClass:
        """The class of a number on the wire. `ValueError` unless it is 0 to 3."""
    @staticmethod
    def from_str(name: str) -> PrivacyClass:
        """The class of a name, in any case. `ValueError` for another name."""
    def __int__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __lt__(self, value: PrivacyClass, /) -> bool: ...
    def __le__(self, value: PrivacyClass, /) -> bool: ...
    def __gt__(self, value: PrivacyClass, /) -> bool: ...
    def __ge__(self, value: PrivacyClass, /) -> bool: ...

def allows_network(privacy_class: PrivacyClass) -> bool:
    """Whether data of `privacy_class` may leave the process for a network."""

def allows_matter(privacy_class: PrivacyClass) -> bool:
    """Whether Matter may show data of `privacy_class`."""

def allows_hap(privacy_class: PrivacyClass) -> bool:
    """Whether HomeKit may show data of `privacy_class`."""

# --- CSI -------------------------------------------------------------------------------------------------------------

@final
class CsiMetadata:
    """What is known about a measurement beside it. `None` where the container does not say it."""

    def __new__(
        cls,
        node: int = 0,
        rssi_dbm: int | None = None,
        noise_floor_dbm: int | None = None,
        frequency_mhz: int | None = None,
        seq: int | None = None,
    ) -> CsiMetadata: ...
    @property
    def node(self) -> int:
        """The number that the node was flashed with, 0 to 255."""
    @property
    def rssi_dbm(self) -> int | None:
        """Received signal strength, dBm."""
    @property
    def noise_floor_dbm(self) -> int | None:
        """Noise floor, dBm."""
    @property
    def frequency_mhz(self) -> int | None:
        """Centre frequency, MHz."""
    @property
    def seq(self) -> int | None:
        """The node's running number of this frame."""
    def to_dict(self) -> dict[str, int | None]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CsiMetadata:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class CsiFrame:
    """One channel measurement: amplitude and phase of every subcarrier, at every receive antenna."""

    def __new__(
        cls,
        amplitudes: npt.ArrayLike,
        phases: npt.ArrayLike,
        n_subcarriers: int,
        sample_index: int,
        sample_rate_hz: float,
        metadata: CsiMetadata | None = None,
    ) -> CsiFrame:
        """A frame of amplitudes (linear, >= 0) and phases (rad), `[n_subcarriers]` or `[n_antennas, n_subcarriers]`.

        Its time is `sample_index / sample_rate_hz`. Read-only float64 arrays are kept as they are, others are copied.
        `ValueError` names the argument whose shape or value does not fit, `TypeError` one that holds no real numbers.
        """
    @staticmethod
    def from_complex(
        csi: npt.ArrayLike, sample_index: int, sample_rate_hz: float, metadata: CsiMetadata | None = None
    ) -> CsiFrame:
        """A frame of complex samples, `[n_subcarriers]` or `[n_antennas, n_subcarriers]`."""
    @property
    def amplitudes(self) -> npt.NDArray[np.float64]:
        """Amplitudes, linear, in the shape in which they were given. Read-only, not copied."""
    @property
    def phases(self) -> npt.NDArray[np.float64]:
        """Phases in rad, in the shape in which they were given. Read-only, not copied."""
    @property
    def csi(self) -> npt.NDArray[np.complex64]:
        """The complex samples, in the amplitudes' shape. Computed on each call."""
    @property
    def n_antennas(self) -> int:
        """Receive antennas."""
    @property
    def n_subcarriers(self) -> int:
        """Subcarriers per antenna, guard and null bins included."""
    @property
    def sample_index(self) -> int:
        """The number of this frame in its stream."""
    @property
    def sample_rate_hz(self) -> float:
        """Frames per second."""
    @property
    def timestamp_s(self) -> float:
        """Seconds from the stream's beginning: `sample_index / sample_rate_hz`."""
    @property
    def metadata(self) -> CsiMetadata:
        """What is known about the measurement beside it."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CsiFrame:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...

# --- witness ---------------------------------------------------------------------------------------------------------

def witness_features(recording: bytes, threads: int = 1) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Give the witnessed features (version 2) of the CSI in a recording's lines, in ten-thousandths.

    First those of each frame, `[n_frames, 56 + n_used]`: amplitudes on the canonical grid relative to their mean, and
    the sanitised phases of the used bins in rad. Second the amplitudes after Hampel's filter, `[n_frames - 6, 56]`.
    They are the same on every platform and for any number of threads.

    `WireError` (with `line`) for a damaged line; `ValueError` for fewer than 7 frames, frames of several shapes or
    antennas, and frames without a signal.
    """

# --- beamforming feedback --------------------------------------------------------------------------------------------

@final
class BfldKind:
    """How feedback was sent, and over which bandwidth."""

    CompressedHE20: Final[BfldKind]
    CompressedHE40: Final[BfldKind]
    CompressedHE80: Final[BfldKind]
    CompressedHE160: Final[BfldKind]
    """Angles from which V was computed (IEEE 802.11ax-2021, 9.4.1.65), at 20, 40, 80 and 160 MHz."""
    UncompressedHT20: Final[BfldKind]
    UncompressedHT40: Final[BfldKind]
    """V itself, in numbers of 4, 6 or 8 bits (IEEE 802.11-2020, 9.4.1.28), at 20 and 40 MHz."""

    @property
    def bandwidth_mhz(self) -> int:
        """20, 40, 80 or 160."""
    @property
    def is_compressed(self) -> bool:
        """Whether V was sent as angles."""
    def __int__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class BfldFrame:
    """A station's answer to one sounding: the matrix V of every subcarrier, as the access point would steer by it."""

    @staticmethod
    def from_compressed_feedback(
        timestamp_ms: int,
        sounding_index: int,
        sta_mac: str,
        bandwidth_mhz: int,
        n_subcarriers: int,
        feedback_matrix: npt.ArrayLike,
    ) -> BfldFrame:
        """A frame of feedback that came as angles, at 20, 40, 80 or 160 MHz.

        `feedback_matrix` is complex64 `[Nr, Nc, Nsc]`: 1 to 8 rows (antennas of the access point), 1 to Nr columns
        (streams), `n_subcarriers` (1 to 2048) subcarriers. Its columns have length 1, to 1e-4. Read-only complex64
        arrays are kept as they are, others are copied; complex128 is rounded.
        `timestamp_ms` (0 to 2^64 - 1) counts from the Unix epoch, `sounding_index` (0 to 2^32 - 1) is the caller's own,
        `sta_mac` is the station's address as ``aa:bb:cc:dd:ee:ff`` or with hyphens.
        `ValueError` names the argument whose shape or value does not fit, `TypeError` one of another type.
        """
    @staticmethod
    def from_uncompressed_v(
        timestamp_ms: int,
        sounding_index: int,
        sta_mac: str,
        bandwidth_mhz: int,
        n_subcarriers: int,
        feedback_matrix: npt.ArrayLike,
    ) -> BfldFrame:
        """A frame of feedback that came as V itself, at 20 or 40 MHz.

        As `from_compressed_feedback`, but columns may have any length from 0.75 to 1.25: their numbers were rounded to
        4, 6 or 8 bits.
        """
    @property
    def kind(self) -> BfldKind:
        """How it was sent."""
    @property
    def timestamp_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
    @property
    def sounding_index(self) -> int:
        """Which sounding it answers."""
    @property
    def sta_mac(self) -> str:
        """The station's address as it was given. `repr` shows its last octet only."""
    @property
    def bandwidth_mhz(self) -> int:
        """20, 40, 80 or 160."""
    @property
    def n_subcarriers(self) -> int:
        """Subcarriers that have a matrix."""
    @property
    def n_rows(self) -> int:
        """Rows of V: antennas of the access point."""
    @property
    def n_cols(self) -> int:
        """Columns of V: spatial streams."""
    @property
    def feedback_matrix(self) -> npt.NDArray[np.complex64]:
        """V, `[n_rows, n_cols, n_subcarriers]`. Read-only, not copied."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold, with the whole address; complex numbers are pairs (real, imaginary)."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> BfldFrame:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool:
        """Whether all is equal; how the address is written does not matter."""

@final
class BfldReport:
    """What several frames of one station say together."""

    def __new__(cls, frames: Sequence[BfldFrame]) -> BfldReport:
        """A report of one or more frames of the same station, kind and shape, in any order.

        `ValueError` names the first frame that differs from the first one.
        """
    @property
    def n_frames(self) -> int:
        """How many frames."""
    @property
    def timestamp_first(self) -> int:
        """The earliest frame's time, ms since the Unix epoch."""
    @property
    def timestamp_last(self) -> int:
        """The latest frame's time, ms since the Unix epoch."""
    @property
    def mean_amplitude_per_subcarrier(self) -> npt.NDArray[np.float64]:
        """The mean of `abs(V)` over frames, rows and columns, `[n_subcarriers]`. Read-only."""
    @property
    def coherence_score(self) -> float:
        """How steady the channel was: 1 if it did not change, 1/√n_rows if the frames are unrelated.

        It is the `path_stability` of `wifi_densepose.bfi.BfiFeatures`, over all frames. A column's phase, which is
        arbitrary in feedback, makes no difference.
        """
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> BfldReport:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...

@final
class BfiFeatures:
    """What a window of 32 frames says. Every number is finite.

    θ(a, b) is the angle between the directions of two frames, 0 to π/2 rad, averaged over subcarriers; p is the share
    of the first stream's power that a subcarrier gives to an antenna.
    """

    @property
    def mean_angle_delta(self) -> float:
        """Mean of θ between consecutive frames not more than 10 s apart, rad."""
    @property
    def subcarrier_variance(self) -> float:
        """Variance of p over the subcarriers, averaged over antennas and frames: 0 to 1/4."""
    @property
    def temporal_entropy(self) -> float:
        """Entropy over the window of p in 16 equal bins, as a share of what is possible: 0 (frozen) to 1."""
    @property
    def doppler_proxy(self) -> float:
        """Amplitude of the strongest sinusoid in θ(frame, mean of the window), rad, by Lomb-Scargle."""
    @property
    def path_stability(self) -> float:
        """Length of the mean projector relative to one frame's: 1 for a frozen channel, 1/√n_rows for a random one."""
    @property
    def cross_antenna_correlation(self) -> float:
        """Correlation over time of p at two antennas, averaged over pairs and subcarriers: -1 to 1."""
    @property
    def burst_motion_score(self) -> float:
        """Angular speed above its usual one, as a share of π/2 rad/s: 0 to 1."""
    @property
    def stationarity_score(self) -> float:
        """How alike the window's halves are in their distribution of p: 0 to 1."""
    @property
    def identity_separability_score(self) -> float:
        """How much the window stands out as one that was seen before, 0 to 1; 0 until 8 whole windows have passed."""
    def to_dict(self) -> dict[str, float]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> BfiFeatures:
        """From what `to_dict` gave."""
    __hash__: None  # type: ignore[assignment]
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class BfiWindow:
    """The last 32 frames of one station. Stateful; what it knows of earlier windows cannot be read.

    Stations answer every 1 to 2 s, and faster in bursts: features use the frames' own times.
    """

    def __new__(cls) -> BfiWindow: ...
    def push(self, frame: BfldFrame) -> None:
        """Takes in a frame. One of another shape, or older than the last, starts the window anew.

        `ValueError` for a frame of one row, which has no direction.
        """
    @property
    def is_full(self) -> bool:
        """Whether there are 32 frames."""
    def features(self) -> BfiFeatures | None:
        """The features, or `None` until the window is full. Some milliseconds; the GIL is released."""
