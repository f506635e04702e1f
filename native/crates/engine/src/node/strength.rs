//! How loud a node hears its transmitter.

use std::time::Duration;

use ruview_core::NodePacket;

use crate::catalog::RSSI;
use crate::publisher::{Limit, Moment, Publisher};
use crate::show::{Gauge, Reading};

/// Nobody watches it second by second.
const EVERY: Duration = Duration::from_secs(10);

/// The mean of what packets said since it was last shown.
pub(super) struct SignalStrength {
    sum_dbm: i64,
    packets: i64,
    limit: Limit,
    // Exists from the first packet on that tells it.
    gauge: Option<Gauge>,
}

impl SignalStrength {
    pub(super) const fn new() -> Self {
        Self { sum_dbm: 0, packets: 0, limit: Limit::new(EVERY), gauge: None }
    }

    pub(super) fn packet(&mut self, packet: &NodePacket) {
        let dbm = match packet {
            NodePacket::Csi(frame) => frame.rssi_dbm,
            NodePacket::EdgeVitals(edge) => edge.rssi_dbm,
            NodePacket::FeatureVector(_) | NodePacket::FeatureState(_) => None,
        };
        self.measured(dbm);
    }

    pub(super) fn measured(&mut self, dbm: Option<i8>) {
        if let Some(dbm) = dbm {
            self.sum_dbm += i64::from(dbm);
            self.packets += 1;
        }
    }

    /// Shows the mean to a whole dBm; a node that tells it no more keeps what it told.
    pub(super) fn second(&mut self, publisher: &Publisher, moment: &Moment, device: &str) {
        if self.packets == 0 || !self.limit.passes(moment.at) {
            return;
        }
        let gauge = self.gauge.get_or_insert_with(|| Gauge::register(publisher, device, &RSSI));
        let mean = (self.sum_dbm as f64 / self.packets as f64).round();
        gauge.show(publisher, moment, Reading::plain(format!("{mean:.0}")));
        (self.sum_dbm, self.packets) = (0, 0);
    }

    pub(super) fn fall_silent(&mut self, publisher: &Publisher, moment: &Moment) {
        (self.sum_dbm, self.packets) = (0, 0);
        if let Some(gauge) = &mut self.gauge {
            gauge.show(publisher, moment, Reading::unavailable());
        }
    }
}
