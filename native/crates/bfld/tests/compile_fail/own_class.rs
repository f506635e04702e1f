//! Nobody else can make a class, and so none that is as strict as its maker says.

use ruview_bfld::{Class, PrivacyClass};

enum Harmless {}

impl Class for Harmless {
    const CLASS: PrivacyClass = PrivacyClass::Anonymous;
}

fn main() {}
