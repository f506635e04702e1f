//! What can be said of a recording on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;
use ruview_wire::esp32;

use crate::cli::{LogArgs, address, loopback, subnet};

/// Options of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Where to write: JSON lines, compressed where the name ends with .gz. A file that exists is not written over.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Address and port on which nodes' packets are received; 0.0.0.0:5005 for all of this machine's addresses.
    #[arg(long, value_name = "IP:PORT", env = "RUVIEW_UDP_BIND", default_value_t = loopback(esp32::DEFAULT_PORT), value_parser = address)]
    pub udp_bind: SocketAddr,
    /// A subnet whose packets are recorded, repeatable; without any, all are.
    #[arg(long, value_name = "CIDR", env = "RUVIEW_UDP_ALLOW", value_delimiter = ',', value_parser = subnet)]
    pub udp_allow: Vec<IpNet>,
    /// Megabytes of lines, uncompressed, after which the next file begins: FILE becomes FILE.1, and so on.
    #[arg(long, value_name = "MB", env = "RUVIEW_MAX_MB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_mb: u64,
    /// Files that are kept, the current one among them. The oldest is deleted for a new one.
    #[arg(long, value_name = "N", env = "RUVIEW_KEEP", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub keep: u32,
    /// The logs' options.
    #[command(flatten)]
    pub log: LogArgs,
}
