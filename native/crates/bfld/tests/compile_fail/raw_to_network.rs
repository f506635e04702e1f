//! Class 0 never leaves the process.

use ruview_bfld::{Classified, NetworkSink, PrivacyGate, Raw};

fn leak<S: NetworkSink>(frame: &Classified<Raw>, sink: &mut S) {
    let _ = PrivacyGate::publish(frame, sink);
}

fn main() {}
