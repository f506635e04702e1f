//! What happened at the interfaces, for diagnostics.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Declares counters and a view of them with the same names, so that none is counted and then forgotten.
macro_rules! counters {
    ($(#[doc = $doc:literal] $name:ident,)+) => {
        /// What happened at the interfaces.
        #[derive(Debug, Default)]
        pub struct Counters { $(#[doc = $doc] pub $name: Counter,)+ }

        /// The counters at one moment.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
        pub struct CountersView { $(#[doc = $doc] pub $name: u64,)+ }

        impl CountersView {
            /// Each with its name and what it counts.
            pub(crate) fn described(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
                [$((stringify!($name), $doc, self.$name),)+].into_iter()
            }
        }

        impl Counters {
            /// The counters now.
            pub fn view(&self) -> CountersView {
                CountersView { $($name: self.$name.get(),)+ }
            }
        }
    };
}

counters! {
    /// Authenticated WebSocket connections, now.
    ws_clients,
    /// Clients that lagged and got a fresh snapshot.
    ws_resyncs,
    /// Wrong tokens and wrong first messages.
    ws_auth_failed,
    /// Connections on which no token came in time.
    ws_auth_timeouts,
    /// Upgrades refused because of too many failed attempts.
    ws_rate_limited,
    /// Frames that were no command.
    ws_invalid_frames,
    /// Binary frames.
    ws_binary_frames,
    /// Messages over the limit.
    ws_oversized_messages,
    /// Connections that left pings unanswered.
    ws_ping_timeouts,
    /// Authenticated clients of the legacy stream, now.
    ws_sensing_clients,
    /// Seconds of the legacy stream that passed a client because it was too slow.
    ws_sensing_skipped,
    /// HTTP requests without the right token.
    http_unauthorized,
    /// Connections refused because there were too many.
    connections_refused,
    /// Connections that were to be encrypted and were not, or not in time.
    tls_failed,
    /// Connections to the broker, of all time.
    mqtt_connections,
    /// Messages that were handed to the broker's connection.
    mqtt_published,
    /// Messages that the broker did not let us publish.
    mqtt_refused,
    /// Events that waited for the broker in vain.
    mqtt_events_dropped,
    /// Commands that made no sense, or came too fast.
    mqtt_commands_dropped,
    /// Times that publishing lagged and started again from a snapshot.
    mqtt_resyncs,
}

/// A number that only its owner moves and anyone reads.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Several more.
    pub fn add_many(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// One less.
    pub fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
