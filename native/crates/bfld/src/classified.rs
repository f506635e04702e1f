//! A frame whose class the compiler knows.

use core::marker::PhantomData;

use ruview_wire::bfld_frame::BfldFrame;

use crate::{Class, PrivacyViolation};

/// A frame of class `C`. Made by checking a frame's own class, or by the gate; never by claiming one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classified<C: Class> {
    frame: BfldFrame,
    class: PhantomData<C>,
}

impl<C: Class> Classified<C> {
    /// A frame that the gate has made one of class `C`.
    pub(crate) const fn at_gate(frame: BfldFrame) -> Self {
        Self { frame, class: PhantomData }
    }

    /// The frame.
    pub const fn frame(&self) -> &BfldFrame {
        &self.frame
    }

    /// The frame, without what the compiler knew about it.
    pub fn into_frame(self) -> BfldFrame {
        self.frame
    }
}

impl<C: Class> TryFrom<BfldFrame> for Classified<C> {
    type Error = PrivacyViolation;

    /// # Errors
    /// `OtherClass` unless the frame says that it is of class `C`.
    fn try_from(frame: BfldFrame) -> Result<Self, PrivacyViolation> {
        let found = frame.header.privacy_class;
        if found == C::CLASS {
            return Ok(Self { frame, class: PhantomData });
        }
        Err(PrivacyViolation::OtherClass { expected: C::CLASS, found })
    }
}
