//! There is no way to a less strict class.

use ruview_bfld::{Anonymous, Classified, Derived, PrivacyGate};

fn promote(frame: Classified<Anonymous>) -> Classified<Derived> {
    PrivacyGate::demote_to(frame)
}

fn main() {}
