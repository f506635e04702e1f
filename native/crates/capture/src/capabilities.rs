//! What a source can deliver at best, so that nobody waits for what its radio cannot hear.

/// What a source is able to measure. What it does measure depends on who is in the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it hears 802.11ax (HE) frames.
    pub he: bool,
    /// Whether it hears channels of 160 MHz.
    pub width_160: bool,
    /// Receive antennas that one measurement spans at most: this radio's own for CSI, those of the station that measured
    /// for beamforming reports.
    pub max_rx: u8,
    /// What its data comes out of.
    pub host: HostKind,
}

/// What a source's data comes out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostKind {
    /// ESP32 nodes on the network.
    Esp32,
    /// A Broadcom radio with Nexmon firmware, as in a Raspberry Pi.
    Nexmon,
    /// A network card in monitor mode.
    MonitorCard,
    /// A file.
    Recording,
    /// Arithmetic.
    Simulation,
}

impl HostKind {
    /// The name under which it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Esp32 => "esp32",
            Self::Nexmon => "nexmon",
            Self::MonitorCard => "monitor_card",
            Self::Recording => "recording",
            Self::Simulation => "simulation",
        }
    }
}
