//! The radios that are known to overhear beamforming reports, as sources.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ruview_core::DataSource;

use super::{Monitor, MonitorConfig};
use crate::{Capabilities, CaptureAdapter, CaptureCounters, CaptureError, Captured, HostKind};

/// Receive antennas of the station that measured: a report says how many in three bits.
const MAX_COLUMNS: u8 = 8;

/// A kind of card, which says what its reports can be.
pub trait MonitorRadio: Debug + Send {
    /// What this kind of card can hear.
    const CAPABILITIES: Capabilities;
}

/// Intel's AX210, and other 802.11ax cards in monitor mode.
#[derive(Debug)]
pub enum Ax210 {}

impl MonitorRadio for Ax210 {
    const CAPABILITIES: Capabilities =
        Capabilities { he: true, width_160: true, max_rx: MAX_COLUMNS, host: HostKind::MonitorCard };
}

/// A Broadcom radio with Nexmon firmware, such as the one of a Raspberry Pi: 802.11ac, up to 80 MHz.
#[derive(Debug)]
pub enum Nexmon {}

impl MonitorRadio for Nexmon {
    const CAPABILITIES: Capabilities =
        Capabilities { he: false, width_160: false, max_rx: MAX_COLUMNS, host: HostKind::Nexmon };
}

/// A [`CaptureAdapter`] for the beamforming reports that a card in monitor mode overhears.
///
/// Reports carry the time at which the system received them. When the interface goes down or away, only ticks come until it
/// is back.
#[derive(Debug)]
pub struct MonitorSource<R> {
    monitor: Monitor,
    radio: PhantomData<R>,
}

/// Reports that an AX210 overhears.
pub type Ax210Monitor = MonitorSource<Ax210>;
/// Reports that a radio with Nexmon firmware overhears.
pub type NexmonBfi = MonitorSource<Nexmon>;

impl<R: MonitorRadio> MonitorSource<R> {
    /// Listens to an interface that is there. Needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`CaptureError::NoInterface`], [`CaptureError::InterfaceDown`] and [`CaptureError::NotMonitorMode`] say what to do
    /// with the interface; [`CaptureError::Listen`] is anything else, mostly that this needs privileges.
    pub fn open(config: MonitorConfig) -> Result<Self, CaptureError> {
        Ok(Self { monitor: Monitor::open(config)?, radio: PhantomData })
    }

    /// Listens to an interface as soon as it is there and in monitor mode; until then, only ticks come. Needs a Tokio
    /// runtime with I/O and time.
    pub fn wait_for(config: MonitorConfig) -> Self {
        Self { monitor: Monitor::wait_for(config), radio: PhantomData }
    }
}

impl<R: MonitorRadio> CaptureAdapter for MonitorSource<R> {
    fn source(&self) -> DataSource {
        DataSource::Live
    }

    fn capabilities(&self) -> Capabilities {
        R::CAPABILITIES
    }

    fn counters(&self) -> Arc<CaptureCounters> {
        Arc::clone(&self.monitor.counters)
    }

    fn next(&mut self) -> BoxFuture<'_, Option<Captured>> {
        self.monitor.receive().map(Some).boxed()
    }
}
