//! Research data is not for HomeKit and Matter.

use ruview_bfld::{Classified, Derived, HomeSink, PrivacyGate};

fn show<S: HomeSink>(frame: &Classified<Derived>, sink: &mut S) {
    let _ = PrivacyGate::show(frame, sink);
}

fn main() {}
