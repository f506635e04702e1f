//! Why a source could not be opened, and what to do about it. Once open, nothing that arrives is an error.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use ruview_wire::WireError;

/// A source that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The UDP socket could not be had.
    #[error("cannot receive on UDP {address}: {source}; choose another address or stop the program that uses this one")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A network interface that is not there.
    #[error("there is no network interface {interface}; `ip link` lists those that are there")]
    NoInterface {
        /// The interface that was asked for.
        interface: String,
    },
    /// A network interface that is switched off.
    #[error("the network interface {interface} is down; switch it on with `ip link set {interface} up`")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// A network interface that shows its own traffic only.
    #[error(
        "the network interface {interface} is not in monitor mode (expected hardware type 801, 802 or 803, found \
         {hardware_type}); switch it with `ip link set {interface} down`, `iw dev {interface} set type monitor` and \
         `ip link set {interface} up`"
    )]
    NotMonitorMode {
        /// The interface.
        interface: String,
        /// What it is (`ARPHRD_…` of Linux): 1 for Ethernet and for WiFi that is not in monitor mode.
        hardware_type: u16,
    },
    /// A network interface on which the system does not let us listen.
    #[error(
        "cannot listen on the network interface {interface}: {source}; this needs root or the capability CAP_NET_RAW"
    )]
    Listen {
        /// The interface.
        interface: String,
        /// What the system says.
        source: io::Error,
    },
    /// A replay of nothing.
    #[error("no recording to replay; name at least one file")]
    NoFiles,
    /// A file that is missing or may not be read.
    #[error("cannot read the recording {}: {source}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A directory, a pipe or a device.
    #[error("the recording {} is no regular file; name the files themselves", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file that begins like gzip but is not.
    #[error("the recording {} has a damaged gzip header; copy it again from where it was recorded", path.display())]
    InvalidGzip {
        /// The file.
        path: PathBuf,
    },
    /// A file that is neither pcap nor pcapng where nothing else is read.
    #[error("the file {} is no capture: {error}", path.display())]
    NotACapture {
        /// The file.
        path: PathBuf,
        /// What its first octets are.
        error: WireError,
    },
    /// Files without a single record.
    #[error(
        "no record in {}; a recording has one JSON object a line, as `ruview-server record` writes it, or is a pcap or \
         pcapng file with beamforming reports or Nexmon CSI",
        list(paths)
    )]
    NoRecords {
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// The reading thread could not be started.
    #[error("cannot start a thread to read recordings: {source}; the system is out of threads or memory")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
