//! A sink of the process is no way out.

use ruview_bfld::{Anonymous, Classified, LocalSink, PrivacyGate};

fn publish<S: LocalSink>(frame: &Classified<Anonymous>, sink: &mut S) {
    let _ = PrivacyGate::publish(frame, sink);
}

fn main() {}
