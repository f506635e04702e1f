//! The privacy classes as types, so that the compiler knows what may go where.

use ruview_core::PrivacyClass;

mod sealed {
    pub trait Sealed {}
}

/// A privacy class that is known when the program is compiled.
pub trait Class: sealed::Sealed {
    /// The class as a value.
    const CLASS: PrivacyClass;
}

/// A class that is as strict as `Other` or stricter: the only ones to which a frame of `Other` can be turned.
#[diagnostic::on_unimplemented(
    message = "a frame of class `{Other}` cannot become one of class `{Self}`",
    label = "less strict than `{Other}`",
    note = "there is no promotion: what a stricter class removed is gone"
)]
pub trait AsStrictAs<Other: Class>: Class {}

/// A class whose frames may leave the process: 1 to 3.
#[diagnostic::on_unimplemented(
    message = "a frame of class `{Self}` never leaves the process",
    label = "this class is for the process only",
    note = "demote it first: `PrivacyGate::demote_to`"
)]
pub trait LeavesProcess: Class {}

/// A class whose frames homes may show: 2 and 3.
#[diagnostic::on_unimplemented(
    message = "a frame of class `{Self}` is not for homes",
    label = "this class is not for HomeKit or Matter",
    note = "demote it first: `PrivacyGate::demote_to`"
)]
pub trait FitForHome: LeavesProcess {}

macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident at least as strict as $($other:ident),+;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {}

        impl sealed::Sealed for $name {}

        impl Class for $name {
            const CLASS: PrivacyClass = PrivacyClass::$name;
        }

        $(impl AsStrictAs<$other> for $name {})+
    )+};
}

classes! {
    /// Class 0: inside the process only.
    Raw at least as strict as Raw;
    /// Class 1: research on the local network.
    Derived at least as strict as Raw, Derived;
    /// Class 2: homes.
    Anonymous at least as strict as Raw, Derived, Anonymous;
    /// Class 3: care homes, rentals, offices.
    Restricted at least as strict as Raw, Derived, Anonymous, Restricted;
}

impl LeavesProcess for Derived {}
impl LeavesProcess for Anonymous {}
impl LeavesProcess for Restricted {}

impl FitForHome for Anonymous {}
impl FitForHome for Restricted {}
