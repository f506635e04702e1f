"""The compiled part of `wifi_densepose`: types, units and errors of everything that the public modules give out."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, final, overload

import numpy as np
import numpy.typing as npt

# --- errors ----------------------------------------------------------------------------------------------------------

class WireError(ValueError):
    """Octets that a parser refused. The message has the expected and the found value."""

    layer: str
    """The format in which something was wrong, such as ``pcapng``."""
    offset: int
    """Octets from the start of the packet, line or file to what is wrong."""
    line: int
    """The line, from 1; only of recordings read line by line."""

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
        """Frames per second; of frames from a recording, whose times are not regular, the ticks of its clock: 1e6."""
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

# --- recordings ------------------------------------------------------------------------------------------------------

@final
class CsiBatch:
    """Frames of one node, in the order in which they came. Read-only; an index and iterating make `CsiFrame`s."""

    def __new__(
        cls,
        csi: npt.NDArray[Any],
        *,
        timestamps_s: npt.ArrayLike | None = None,
        sample_rate_hz: float | None = None,
        node: int = 0,
    ) -> CsiBatch:
        """Frames of an array and its times, as `wifi_densepose.vitals.process` takes them."""
    @property
    def node(self) -> int:
        """The node's number, 0 to 255."""
    @property
    def timestamps_s(self) -> npt.NDArray[np.float64]:
        """When each frame was received, `[N]`: seconds, of recordings since 1970. Copied on each call."""
    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The different shapes among the frames: antennas and subcarriers."""
    @property
    def csi(self) -> npt.NDArray[np.complex64]:
        """The samples, `[N, n_antennas, n_subcarriers]`. Copied on each call. `ValueError` for several shapes."""
    def of_shape(self, n_antennas: int, n_subcarriers: int) -> CsiBatch:
        """The frames of one shape."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[CsiFrame]: ...
    @overload
    def __getitem__(self, index: int, /) -> CsiFrame:
        """The frame at an index. Its clock counts microseconds: `sample_rate_hz` is 1e6."""
    @overload
    def __getitem__(self, index: slice, /) -> CsiBatch:
        """The frames of a slice. Copied."""

@final
class RecordingParser:
    """Takes a recording of one JSON object a line apart, as its octets come. Stateful.

    `read_recording` reads files with it; by itself it serves what comes from elsewhere.
    """

    def __new__(cls) -> RecordingParser: ...
    def push(self, octets: bytes) -> tuple[list[CsiBatch], list[WireError]]:
        """The frames of the lines that are whole now, one batch a node, and the lines that were refused.

        Each refusal is an exception with its `line`, from 1, and the offset in that line. Lines of more than a
        mebioctet are refused without being kept.
        """
    def finish(self) -> tuple[list[CsiBatch], list[WireError]]:
        """The same of what stands behind the last line end. To be called where the recording ends."""
    @property
    def n_frames(self) -> int:
        """Frames so far."""
    @property
    def n_others(self) -> int:
        """Lines so far that are records of something else than CSI."""

# --- signal ----------------------------------------------------------------------------------------------------------

@final
class CsiProcessorConfig:
    """How a stream is conditioned."""

    def __new__(
        cls,
        sample_rate_hz: float = 10.0,
        max_gap_s: float = 2.0,
        hampel_reach: int = 3,
        hampel_sigmas: float = 3.0,
    ) -> CsiProcessorConfig:
        """A configuration. `ValueError` names what is out of range."""
    @property
    def sample_rate_hz(self) -> float:
        """Samples a second of the uniform clock, 0.1 to 1000."""
    @property
    def max_gap_s(self) -> float:
        """After a longer silence the stream starts afresh; at most 1000 samples are joined by a straight line."""
    @property
    def hampel_reach(self) -> int:
        """Samples to either side against which Hampel's identifier looks, at most 32; 0: no filter."""
    @property
    def hampel_sigmas(self) -> float:
        """Standard deviations, told by the median absolute deviation, from which on a sample is wild."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CsiProcessorConfig:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class CsiProcessor:
    """A stream of frames as clean samples on a uniform clock: for spectra, plots and models. Stateful.

    Each packet is divided by its mean amplitude, which takes out gain control and power steps; neighbouring bins that
    carry the channel are averaged into groups, at most 32 an antenna and 64 in all; packets are brought onto the clock
    by their times; single wild values give way to the median of their neighbours (Hampel, JASA 69, 1974).
    """

    def __new__(cls, config: CsiProcessorConfig | None = None) -> CsiProcessor: ...
    def push(
        self,
        frames: npt.NDArray[Any] | Iterable[CsiFrame | CsiBatch],
        *,
        timestamps_s: npt.ArrayLike | None = None,
        sample_rate_hz: float | None = None,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Takes in frames, as `wifi_densepose.vitals.process` does, and gives the samples that are complete now.

        Times `[M]` in seconds, and samples `[M, n_features]` with mean 1 for each antenna. The first 16 frames teach
        which bins carry the channel and give none; samples come `hampel_reach` + 1 of their periods late. Frames of
        another shape or format than the first, and without a finite, non-zero amplitude, are passed over and counted.
        """
    @property
    def config(self) -> CsiProcessorConfig:
        """How it conditions."""
    @property
    def n_features(self) -> int | None:
        """Groups of subcarriers; `None` before they are known."""
    @property
    def n_passed_over(self) -> int:
        """Frames that were passed over after the first 16."""

@final
class HampelFilter:
    """Replaces single wild values by the median of their neighbours (Hampel, JASA 69, 1974). Stateful."""

    def __new__(cls, reach: int = 3, n_sigmas: float = 3.0) -> HampelFilter:
        """A filter that looks `reach` samples (1 to 32) to both sides.

        What lies more than `n_sigmas` standard deviations, as told by the median absolute deviation, from their median
        is wild.
        """
    def push(self, samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Takes in samples `[N, n_features]` and gives those that are complete, `[M, n_features]`, `reach` late.

        Another number of features starts afresh.
        """
    def clear(self) -> None:
        """Forgets the samples."""

@final
class PhaseSanitizer:
    """Takes a radio's carrier and sampling offset out of phases.

    It unwraps them and removes the straight line that fits best (Sen et al., PinLoc, MobiSys 2012).
    """

    def __new__(cls) -> PhaseSanitizer: ...
    def sanitize(self, csi: npt.ArrayLike, positions: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Phases in rad of complex `csi`, `[n_bins]` or `[N, n_bins]`, in the same shape.

        `positions`, `[n_bins]`, are the subcarrier numbers of the bins in rising order, so that gaps at null bins do
        not bend the line. A row with a bin that has no phase, being zero or not finite, is NaN.
        """

@final
class HardwareNormalizer:
    """Brings amplitudes of any chip onto one grid: 56 subcarriers, -28 … -1 and 1 … 28, of 312.5 kHz.

    Which bins are which is learnt from those that every transmitter leaves empty; nothing about the chip is assumed.
    """

    def __new__(cls, csi: npt.ArrayLike) -> HardwareNormalizer:
        """Learns the layout from packets of one antenna, `[N, n_subcarriers]`; ten are enough.

        `ValueError` where fewer than two bins carry the channel.
        """
    @property
    def order(self) -> Literal["fft", "shifted", "unknown"]:
        """Whether bins come as 0 … N/2-1, -N/2 … -1 (``fft``) or in rising frequency; ``unknown``: nothing tells."""
    @property
    def subcarriers(self) -> list[int | None]:
        """Per bin, the number of its subcarrier, counted from the channel's centre; `None` for null and guard bins."""
    @property
    def selected(self) -> list[int]:
        """The bins that carry the channel, in rising frequency."""
    def normalize(self, csi: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Amplitudes with mean 1 on the grid, `[56]` or `[N, 56]`, of `[n_subcarriers]` or `[N, n_subcarriers]`.

        A row with a sample that is not finite, or all zero, is NaN.
        """

@final
class CsiFeatures:
    """How a stream was in two seconds, against no baseline."""

    def __new__(
        cls,
        timestamp_s: float,
        variance: float,
        motion_power: float | None,
        correlation: float | None,
        level: float,
        shape: npt.ArrayLike,
    ) -> CsiFeatures: ...
    @property
    def timestamp_s(self) -> float:
        """The end of the two seconds, on the clock of the frames."""
    @property
    def variance(self) -> float:
        """Variance of the shape in slots of 30 ms about a straight line, relative to the mean amplitude squared."""
    @property
    def motion_power(self) -> float | None:
        """The part of it that is correlated from slot to slot: what moves, without noise. Negative by chance.

        `None` for a stream too slow to tell, below some 10 frames a second (WiDetect, IMWUT 3(3), 2019).
        """
    @property
    def correlation(self) -> float | None:
        """The lag-one autocorrelation, in [-1, 1]; `None` likewise."""
    @property
    def level(self) -> float:
        """The mean amplitude, in the receiver's own linear units."""
    @property
    def shape(self) -> npt.NDArray[np.float32]:
        """The mean shape: relative amplitudes of groups of subcarriers, at most 64. Copied on each call."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CsiFeatures:
        """From what `to_dict` gave."""
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class FeatureExtractor:
    """Takes features of the stream of one node, for models of your own. Stateful."""

    def __new__(cls) -> FeatureExtractor: ...
    def push(
        self,
        frames: npt.NDArray[Any] | Iterable[CsiFrame | CsiBatch],
        *,
        timestamps_s: npt.ArrayLike | None = None,
        sample_rate_hz: float | None = None,
    ) -> list[CsiFeatures]:
        """Takes in frames, as `wifi_densepose.vitals.process` does, and gives the features of each second that ended.

        The first 16 frames teach which bins carry the channel. Frames of another shape or format than the first,
        without a finite, non-zero amplitude, and single packets that do not belong to their neighbours are passed over.
        """

@final
class MotionScore:
    """What the detector says at one moment. `None`: it does not know."""

    def __new__(
        cls,
        timestamp_s: float,
        motion: bool | None,
        level_percent: float | None,
        energy: float | None,
        presence: bool | None,
        presence_score: float | None,
        reason: str,
        calibration: str,
        progress: float,
        job: str | None = None,
    ) -> MotionScore: ...
    @property
    def timestamp_s(self) -> float:
        """The moment: seconds on the clock of the frames."""
    @property
    def motion(self) -> bool | None:
        """Somebody moves."""
    @property
    def level_percent(self) -> float | None:
        """Amount of motion, 0 to 100; 7.7 where it begins."""
    @property
    def energy(self) -> float | None:
        """Power of the motion alone, relative to the channel's mean amplitude squared, >= 0."""
    @property
    def presence(self) -> bool | None:
        """Somebody is there."""
    @property
    def presence_score(self) -> float | None:
        """How far the channel speaks for somebody, in [0, 1]: from 0.5 on somebody is there."""
    @property
    def reason(self) -> Literal["motion", "breathing", "baseline_departure", "hold", "quiet"]:
        """Why presence is what it is."""
    @property
    def calibration(self) -> Literal["learning", "self_calibrated", "calibrated"]:
        """What it is judged against: nothing yet, the quietest stretch so far, or what was learnt on request."""
    @property
    def progress(self) -> float:
        """Of the calibration that runs, or of learning, in [0, 1]."""
    @property
    def job(self) -> str | None:
        """The requested calibration: ``running``, ``finished``, or ``refused_`` and why; `None` without a request.

        Reasons are ``motion``, ``breathing``, ``presence`` and ``too_few_frames``.
        """
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> MotionScore:
        """From what `to_dict` gave."""
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class MotionDetector:
    """Motion and presence of one node, against what it learnt of the empty room. Stateful.

    It learns by itself from the first ten quiet seconds, or better on request (`calibrate`). Motion is the power of
    what is correlated from one instant to the next (WiDetect, IMWUT 3(3), 2019), whitened by the empty room's noise. A
    stream needs 3 frames a second, and 10 for movement to be told from noise by its correlation. Shapes may alternate.
    """

    def __new__(
        cls, *, sensitivity: Literal["low", "medium", "high"] = "medium", hold_s: float = 10.0
    ) -> MotionDetector:
        """A detector that knows nothing yet. Presence outlasts what was seen by `hold_s` seconds."""
    def push(
        self,
        frames: npt.NDArray[Any] | Iterable[CsiFrame | CsiBatch],
        *,
        timestamps_s: npt.ArrayLike | None = None,
        sample_rate_hz: float | None = None,
    ) -> list[MotionScore]:
        """Takes in frames, as `wifi_densepose.vitals.process` does; what it says at the end of each second of them."""
    def assess(self, timestamp_s: float) -> MotionScore:
        """What it says at a time that is not earlier than the last frame."""
    def calibrate(self, timestamp_s: float, duration_s: float = 10.0) -> None:
        """Learns the empty room from the frames from `timestamp_s` on, for `duration_s` (1 to 600).

        What comes of it stands in `MotionScore.job`: it is refused where somebody is there, or too few frames come.
        """
    def cancel_calibration(self) -> None:
        """Ends a calibration that runs: what was known before still counts."""
    def breathing_seen(self, timestamp_s: float) -> None:
        """Tells it that somebody's breathing was measured, to be told once a second while it is: presence holds."""
    def reset_baseline(self) -> None:
        """Forgets the empty room."""
    def baselines_json(self) -> str:
        """What is known of the empty room, to be stored."""
    def restore_json(self, text: str) -> None:
        """Takes back what `baselines_json` gave. `ValueError` for what is damaged or something else."""

# --- vitals ----------------------------------------------------------------------------------------------------------

@final
class VitalStatus:
    """How far a rate can be trusted. Only `Valid` and `Degraded` carry a rate that may be shown to anybody."""

    Valid: Final[VitalStatus]
    """Clearly periodic, and consistent over time and subcarriers."""
    Degraded: Final[VitalStatus]
    """Most likely right, but by less evidence."""
    Unreliable: Final[VitalStatus]
    """Something periodic is there, but not enough of it to name a rate: nothing is published."""
    Unavailable: Final[VitalStatus]
    """No rate: too little data yet, nobody there, somebody moving, breath held, or the stage is off."""

    @property
    def is_published(self) -> bool:
        """Whether an estimate of this status carries a rate."""
    @staticmethod
    def from_str(name: str) -> VitalStatus:
        """The status of its word, ``valid``, ``degraded`` …, which is what `str` gives. `ValueError` for another."""
    def __int__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class AnomalyKind:
    """What is unusual about a rate."""

    Apnea: Final[AnomalyKind]
    """Breathing was seen, and has stopped while the person stayed still."""
    Bradypnea: Final[AnomalyKind]
    """Breathing slower than this person's usual rate."""
    Tachypnea: Final[AnomalyKind]
    """Breathing faster than this person's usual rate."""
    Bradycardia: Final[AnomalyKind]
    """Heart rate below this person's usual rate."""
    Tachycardia: Final[AnomalyKind]
    """Heart rate above this person's usual rate."""

    @staticmethod
    def from_str(name: str) -> AnomalyKind:
        """The kind of its word, ``apnea``, ``bradypnea`` …, which is what `str` gives. `ValueError` for another."""
    def __int__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class VitalKind:
    """Which rate is spoken of."""

    Breathing: Final[VitalKind]
    """Breaths per minute."""
    HeartRate: Final[VitalKind]
    """Heart beats per minute."""

    @staticmethod
    def from_str(name: str) -> VitalKind:
        """The kind of its word, ``breathing`` or ``heart_rate``, which `str` gives. `ValueError` for another."""
    def __int__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class VitalEstimate:
    """One vital sign at one moment."""

    def __new__(cls, rate_bpm: float | None, confidence: float, status: VitalStatus) -> VitalEstimate:
        """An estimate of 32-bit floats. `ValueError` unless there is a rate exactly when `status` is published."""
    @property
    def rate_bpm(self) -> float | None:
        """Per minute; `None` unless `status.is_published`."""
    @property
    def confidence(self) -> float:
        """In [0, 1], the probability that the rate is right within 2 per minute.

        Where no rate is published: of what would have been said. Of the experimental heart rate: no probability, 0.5 at
        most.
        """
    @property
    def status(self) -> VitalStatus:
        """How far it can be trusted."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> VitalEstimate:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class AnomalyAlert:
    """An anomaly that holds now. It is repeated in every reading until it ends."""

    def __new__(
        cls, kind: AnomalyKind, since_s: float, rate_bpm: float | None = None, z_score: float | None = None
    ) -> AnomalyAlert: ...
    @property
    def kind(self) -> AnomalyKind:
        """What is unusual."""
    @property
    def since_s(self) -> float:
        """When it began to hold: seconds on the clock of the frames."""
    @property
    def rate_bpm(self) -> float | None:
        """The rate per minute; `None` for apnea, which has none."""
    @property
    def z_score(self) -> float | None:
        """Standard deviations from the usual rate; `None` while no usual rate is known, and for apnea."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> AnomalyAlert:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class VitalReading:
    """What the four stages say at one moment."""

    def __new__(
        cls,
        timestamp_s: float,
        breathing: VitalEstimate,
        heart_rate: VitalEstimate,
        alerts: Sequence[AnomalyAlert] | None = None,
    ) -> VitalReading: ...
    @property
    def timestamp_s(self) -> float:
        """The moment: seconds on the clock of the frames."""
    @property
    def breathing(self) -> VitalEstimate:
        """Breaths per minute, from the 30 s before."""
    @property
    def heart_rate(self) -> VitalEstimate:
        """Heart beats per minute; `VitalStatus.Unavailable` unless the experiment was asked for."""
    @property
    def alerts(self) -> tuple[AnomalyAlert, ...]:
        """What is unusual now."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> VitalReading:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

def process(
    frames: npt.NDArray[Any] | Iterable[CsiFrame | CsiBatch],
    *,
    timestamps_s: npt.ArrayLike | None = None,
    sample_rate_hz: float | None = None,
    experimental_heart_rate: bool = False,
) -> list[VitalReading]:
    """The vital signs of one node, at the end of every second of the frames' own time, counted from the first.

    `frames` is one of

    - an array of complex samples `[N, n_subcarriers]` or `[N, n_antennas, n_subcarriers]` (real ones are amplitudes),
    - an array of real and imaginary parts `[N, n_antennas, n_subcarriers, 2]`, of any real type,
    - an iterable of `CsiFrame` or `CsiBatch` of one node, with their own times, such as `read_recording` gives; shapes
      may differ from frame to frame, the busiest is followed.

    An array needs the times of its frames: `timestamps_s`, `[N]`, seconds from anywhere, or `sample_rate_hz`. Times
    need not be regular. A frame from before the last one counts as arriving with it; from more than 2 s before, the
    clock was set back and all begins anew. Seconds are skipped over gaps of more than a minute.

    A rate needs 30 s of at least 3 frames a second. Frames without a finite, non-zero amplitude and frames of more than
    8192 samples are passed over. `experimental_heart_rate` lets the heart-rate stage say what it finds, at most
    `Degraded`: on recordings with a known heart rate it does not beat guessing.

    Raises `ValueError` and `TypeError` that name the argument which does not fit. The interpreter is released while it
    computes; memory beside the array is bounded.
    """

@final
class VitalsMonitor:
    """The four stages of one node, for a stream that goes on. Stateful; threads may share it."""

    def __new__(cls, *, experimental_heart_rate: bool = False) -> VitalsMonitor: ...
    def push(
        self,
        frames: npt.NDArray[Any] | Iterable[CsiFrame | CsiBatch],
        *,
        timestamps_s: npt.ArrayLike | None = None,
        sample_rate_hz: float | None = None,
    ) -> list[VitalReading]:
        """Takes in more frames, as `process` does, and gives the readings of the seconds that ended.

        With `sample_rate_hz` an array begins at time 0 again, so a stream in several arrays needs `timestamps_s`.
        Frames of an iterable that came before one that is refused have been taken in.
        """
    def window(self) -> VitalWindow | None:
        """The last 28 s of the shape that is followed; `None` until there are as many without a gap."""

@final
class VitalWindow:
    """Features of the last seconds on a uniform clock, each without mean and trend, without what stands still."""

    def __new__(cls, features: npt.ArrayLike) -> VitalWindow:
        """A window of series that were made elsewhere, `[n_features, n_samples]`, 10 samples a second.

        `BreathingExtractor` looks at windows of 280 samples, `HeartRateExtractor` at 100 and more. `ValueError` unless
        all are finite and below 1e6.
        """
    @property
    def features(self) -> npt.NDArray[np.float64]:
        """`[n_features, n_samples]`, relative to the mean amplitude of each packet. Copied on each call."""
    def waveform(self, rate_bpm: float) -> npt.NDArray[np.float64]:
        """The breath itself, `[280]`: the combination of the features that swings most at `rate_bpm`.

        In units of the packet noise; its sign means nothing. `ValueError` for a rate outside 4 to 31.5 and for a window
        of another length than 280.
        """
    @property
    def n_features(self) -> int:
        """Features, at most 96."""
    @property
    def n_samples(self) -> int:
        """Samples, 10 a second."""

@final
class CsiVitalPreprocessor:
    """The first stage: from packets to a window of features, without gain, spikes and what does not move. Stateful.

    Features are relative amplitudes of groups of subcarriers; with two antennas and more, the conjugate products of
    neighbouring antennas instead (Zeng et al., FarSense, IMWUT 3, 2019). Packets come on a uniform clock of 10 Hz by
    their times, and spikes are replaced by Hampel's identifier (JASA 69, 1974).
    """

    def __new__(cls) -> CsiVitalPreprocessor: ...
    def push(self, frame: CsiFrame) -> bool:
        """Takes in one frame, of the same shape as those before it. True when another second is complete."""
    def window(self) -> VitalWindow | None:
        """The last 28 s; `None` until there are 28 s without a gap, at 3 frames a second at least."""

@final
class BreathingExtractor:
    """The second stage: breathing between 0.07 and 0.5 Hz (4 to 30 a minute). Stateful.

    A rate is published while three of the last four windows agree on it. The evidence is of a line in the spectrum of
    the window's slowly swinging directions (spatio-spectral decomposition: Nikulin et al., NeuroImage 55, 2011).
    """

    def __new__(cls) -> BreathingExtractor: ...
    def update(self, window: VitalWindow) -> VitalEstimate:
        """The estimate after one more second, whose window this is. Other than 280 samples hold no breath."""
    @property
    def has_stopped(self) -> bool:
        """Whether breath that was published has faded out of the last 11 s, with nothing moving: held breath."""
    def clear(self) -> None:
        """Forgets the windows: after a gap."""

@final
class HeartRateExtractor:
    """The third stage: heart beats between 0.8 and 2 Hz. Experimental.

    On recordings with a known heart rate it does not beat guessing. Its confidence is no probability, and `Degraded` is
    the most that it claims. Do not show it to anybody as a measurement.
    """

    def __new__(cls) -> HeartRateExtractor: ...
    def estimate(self, window: VitalWindow, breathing_bpm: float | None = None) -> VitalEstimate:
        """The estimate for one window of at least 10 s; harmonics of `breathing_bpm` are left out."""

@final
class VitalAnomalyDetector:
    """The fourth stage: learns a person's usual rates and says when one is not. Stateful; can be pickled.

    Before five minutes of published rates there is no baseline, and the usual range of a resting adult stands in for it
    (Royal College of Physicians, National Early Warning Score 2, 2017). An alert begins and ends after ten seconds in a
    row. For research: no medical device.
    """

    def __new__(cls) -> VitalAnomalyDetector: ...
    def update(
        self,
        timestamp_s: float,
        breathing: VitalEstimate,
        heart_rate: VitalEstimate,
        breath_stopped: bool = False,
    ) -> list[AnomalyAlert]:
        """The alerts after one more second. `breath_stopped` is `BreathingExtractor.has_stopped`."""
    def to_json(self) -> str:
        """The state, to be stored."""
    @staticmethod
    def from_json(text: str) -> VitalAnomalyDetector:
        """From what `to_json` gave. `ValueError` for anything else."""

@final
class VitalSignStore:
    """Keeps published rates for a bounded time and number, oldest first out. Stateful; can be pickled."""

    def __new__(cls, retention_s: float = 86_400.0, capacity: int = 86_400) -> VitalSignStore: ...
    def push(self, reading: VitalReading) -> None:
        """Keeps the rates of a reading. One from before the last one drops what was kept from after it."""
    def __len__(self) -> int:
        """Readings that are kept."""
    def statistics(self, kind: VitalKind, timestamp_s: float, span_s: float) -> VitalStatistics | None:
        """Statistics of one rate over the last `span_s` seconds before `timestamp_s`, both ends included.

        `None` when no rate was published in it.
        """
    def to_json(self) -> str:
        """The state, to be stored."""
    @staticmethod
    def from_json(text: str) -> VitalSignStore:
        """From what `to_json` gave. `ValueError` for anything else."""

@final
class VitalStatistics:
    """Statistics of the published rates of a span, per minute."""

    @property
    def count(self) -> int:
        """Readings with a rate."""
    @property
    def coverage(self) -> float:
        """Readings with a rate among all readings of the span, in (0, 1]."""
    @property
    def min(self) -> float:
        """The least."""
    @property
    def max(self) -> float:
        """The greatest."""
    @property
    def mean(self) -> float:
        """The mean."""
    @property
    def std(self) -> float:
        """The standard deviation about the mean."""
    @property
    def percentiles(self) -> tuple[float, float, float]:
        """The 5th, 50th and 95th percentile, by nearest rank."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

# --- engine ----------------------------------------------------------------------------------------------------------

class EngineError(RuntimeError):
    """The engine does not do what it is asked for, because of how it is: not running, failed, or of another process."""

@final
class EngineCore:
    """What is behind `wifi_densepose.engine.Engine`, where its methods are described."""

    def __new__(cls, settings: object) -> EngineCore: ...
    def start(self) -> None: ...
    def stop(self, timeout_s: float) -> None: ...
    def subscribe(self) -> Feed: ...
    def ask(self, command: str) -> str:
        """Answer a command frame of the WebSocket API with its result frame."""
    def running_sources(self) -> int:
        """Sources that have not ended, or whose last frames wait."""
    @property
    def is_running(self) -> bool: ...
    @property
    def has_failed(self) -> bool:
        """Whether it has ended although nobody asked it to."""
    @property
    def server_id(self) -> str | None: ...
    @property
    def udp_address(self) -> str | None: ...
    @property
    def nexmon_addresses(self) -> dict[str, str]: ...

@final
class Feed:
    """What one subscriber of an engine is told."""

    def next(self) -> str | None:
        """The next frame of the WebSocket API: an event or a resync. Waits for it; `None` once the feed has ended."""
    def end(self) -> None:
        """End it: whoever waits for the next frame gets `None`."""
    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""

@final
class Logs:
    """What the engine's crates log in this process, down to INFO. Whoever logs never waits: what is lost is counted."""

    @staticmethod
    def of_process() -> Logs | None:
        """Those of this process; `None` when somebody has them already."""
    def next(self) -> tuple[int, str] | None:
        """The next record: level and text. Waits for it; `None` once they have been ended and all are read."""
    def end(self) -> None:
        """End them."""

# --- capture files ---------------------------------------------------------------------------------------------------

@final
class MimoControl:
    """What shape a beamforming report has (IEEE 802.11ac-2013, 8.4.1.47; IEEE 802.11ax-2021, 9.4.1.64)."""

    def __new__(
        cls,
        phy: str,
        n_rows: int,
        n_cols: int,
        bandwidth_mhz: int,
        grouping: int,
        codebook: int,
        feedback: str,
        token: int = 0,
        rus: Sequence[int] | None = None,
        disallowed: int | None = None,
    ) -> MimoControl:
        """A field as it could be sent. `ValueError` names what no field can say."""
    @property
    def phy(self) -> str:
        """``VHT`` (802.11ac) or ``HE`` (802.11ax)."""
    @property
    def n_rows(self) -> int:
        """Rows of V: antennas of the beamformer, 1 to 8."""
    @property
    def n_cols(self) -> int:
        """Columns of V: spatial streams, 1 to `n_rows`."""
    @property
    def bandwidth_mhz(self) -> int:
        """20, 40, 80 or 160."""
    @property
    def grouping(self) -> int:
        """Ng: how many neighbouring tones share the angles of one; 1, 2 or 4 in VHT, 4 or 16 in HE."""
    @property
    def codebook(self) -> int:
        """Codebook information: 0 coarse, 1 fine."""
    @property
    def feedback(self) -> str:
        """``SU`` or ``MU``."""
    @property
    def token(self) -> int:
        """Which sounding it answers, 0 to 63."""
    @property
    def rus(self) -> tuple[int, int] | None:
        """In HE the first and last resource unit of 26 tones that are covered."""
    @property
    def disallowed(self) -> int | None:
        """In HE the bitmap of subchannels of 20 MHz that carry nothing, lowest in bit 0; `None` where there is none."""
    @property
    def phi_bits(self) -> int:
        """Bits of a phase's code."""
    @property
    def psi_bits(self) -> int:
        """Bits of a rotation's code."""
    @property
    def angle_names(self) -> list[str]:
        """The angles of a tone in the order in which they are sent: ``phi11`` is the phase of row 1, column 1."""
    def tones(self) -> npt.NDArray[np.int16]:
        """The tones that the standard lists for such a report, `[n_tones]`."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> MimoControl:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class BeamformingReport:
    """A compressed beamforming report (IEEE 802.11ac-2013, 8.4.1.48; IEEE 802.11ax-2021, 9.4.1.65) out of a file.

    Arrays are read-only or fresh. Addresses are whole; `repr` shows their last octets only.
    """

    @property
    def timestamp_ns(self) -> int | None:
        """When its last frame was captured, ns since the Unix epoch; `None` where the file does not say."""
    @property
    def timestamp_s(self) -> float | None:
        """`timestamp_ns` in seconds."""
    @property
    def beamformer(self) -> str:
        """Who sounded the channel and gets the report: the access point."""
    @property
    def beamformee(self) -> str:
        """Who measured and sent the report: the station."""
    @property
    def bssid(self) -> str:
        """The network."""
    @property
    def sequence(self) -> int:
        """The running number of the station's frames, 0 to 4095."""
    @property
    def rssi_dbm(self) -> int | None:
        """How strong the capturing radio received it, dBm."""
    @property
    def noise_floor_dbm(self) -> int | None:
        """The capturing radio's noise floor, dBm."""
    @property
    def frequency_mhz(self) -> int | None:
        """The centre of the primary channel, MHz."""
    @property
    def fcs_checked(self) -> bool:
        """Whether the frame ended with a frame check sequence. If so, it was right."""
    @property
    def control(self) -> MimoControl:
        """The report's shape."""
    @property
    def tones(self) -> npt.NDArray[np.int16]:
        """The tones that have angles, `[n_tones]`: from the centre, in 312.5 kHz (VHT) or 78.125 kHz (HE)."""
    @property
    def codes(self) -> npt.NDArray[np.uint16]:
        """The angles as sent, `[n_tones, n_angles]`, in the order of `control.angle_names`."""
    @property
    def angles(self) -> npt.NDArray[np.float64]:
        """The angles in rad, `[n_tones, n_angles]`: phi from 0 to 2π, psi from 0 to π/2. Computed on each call."""
    @property
    def v(self) -> npt.NDArray[np.complex64]:
        """V, `[n_tones, n_rows, n_cols]`: columns of length 1, orthogonal."""
    @property
    def snr_db(self) -> npt.NDArray[np.float32]:
        """The average signal-to-noise ratio of each stream, `[n_cols]`: -10 to 53.75 dB."""
    @property
    def delta_snr_db(self) -> npt.NDArray[np.int8] | None:
        """In multi-user reports how much a tone's SNR differs from the average, dB: `[n, n_cols]`, -8 to 7."""
    @property
    def delta_snr_tones(self) -> npt.NDArray[np.int16] | None:
        """The tones of `delta_snr_db`, `[n]`."""
    @property
    def odd_tail(self) -> tuple[int, int] | None:
        """Octets after the angles, expected and found, where these differ. The rest of the report is whole."""
    def frame(self) -> BfldFrame:
        """The report as a `BfldFrame`: the beamformee's, with the token as its sounding index.

        `ValueError` without a time. VHT and HE reports get the same kinds.
        """
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold: all but what follows from it (tones, angles, V)."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> BeamformingReport:
        """From what `to_dict` gave. `ValueError` names what does not fit."""
    __hash__: None  # type: ignore[assignment]
    def __eq__(self, value: object, /) -> bool: ...

@final
class CaptureCounts:
    """What was found in a file, up to where it was read."""

    @property
    def packets(self) -> int:
        """Packets in all."""
    @property
    def first_ns(self) -> int | None:
        """The earliest time of a packet, ns since the Unix epoch; `None` where no packet has a time."""
    @property
    def last_ns(self) -> int | None:
        """The latest time of a packet, ns since the Unix epoch."""
    @property
    def reports(self) -> int:
        """Beamforming reports."""
    @property
    def csi(self) -> int:
        """Nexmon CSI."""
    @property
    def segments(self) -> int:
        """Parts of reports that were not whole with them."""
    @property
    def incomplete_reports(self) -> int:
        """Reports of which a part is missing."""
    @property
    def kinds(self) -> dict[str, int]:
        """Packets that are in order, by what they are, in the words of `ruview-server decode`."""
    @property
    def rejected(self) -> dict[str, int]:
        """Damaged and unreadable packets, by reason: ``bad_crc``, ``wrong_length``, ``invalid_field`` and others."""
    @property
    def first_rejected(self) -> dict[str, str]:
        """For each reason the number of the first such packet, from 1, and what was wrong with it."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CaptureCounts:
        """From what `to_dict` gave."""
    __hash__: None  # type: ignore[assignment]
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class CaptureReader:
    """The reports of a capture file. Iterate over it, once; memory does not grow with the file.

    Threads may share it: each report is given once. Reading and decoding go on without the GIL, some reports ahead.
    """

    @property
    def counts(self) -> CaptureCounts:
        """What was found in the file, up to where it was read: that is some reports ahead until the last one."""
    @property
    def position(self) -> int:
        """Octets of the file that were read, compressed if it is."""
    @property
    def size(self) -> int:
        """Octets of the file."""
    def close(self) -> None:
        """Closes the file: no report follows. Done by itself at its end."""
    def __iter__(self) -> CaptureReader: ...
    def __next__(self) -> BeamformingReport:
        """The next report. Damaged packets are counted and left out.

        After the last report, `WireError` for a file that ends inside a record, with the `offset` of that record, and
        `OSError` for one that cannot be read on.
        """
    def __enter__(self) -> CaptureReader: ...
    def __exit__(self, kind: object, error: object, traceback: object, /) -> None: ...

def read_capture(path: str | os.PathLike[str], *, limit: int | None = None) -> CaptureReader:
    """Opens a pcap or pcapng file, plain or gzip, for its VHT and HE compressed beamforming reports.

    Frames may lie behind radiotap, Prism or nothing. Frame check sequences are checked where they are; segmented
    reports are joined. At most `limit` reports are read.

    `WireError` for a file that is no capture, `OSError` for one that cannot be read.
    """

def read_nexmon(
    path: str | os.PathLike[str], bandwidth_mhz: int | None = None, limit: int | None = None
) -> dict[str, Any]:
    """The fields of `wifi_densepose.capture.NexmonCsi`."""
