//! The one way to a stricter class, and the only ways out.

use ruview_core::PrivacyClass;
use ruview_wire::WireError;
use ruview_wire::bfld_frame::{BfldFrame, Quantization, build_frame};
use zeroize::Zeroize;

use crate::{AsStrictAs, Class, Classified, FitForHome, HomeSink, LeavesProcess, LocalSink, NetworkSink, Sink};

/// Something that the privacy class of a frame does not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrivacyViolation {
    /// A class that is less strict than the frame's was asked for.
    #[error("a frame of class {from} cannot become one of class {to}")]
    Promotion {
        /// The frame's class.
        from: PrivacyClass,
        /// The class that was asked for.
        to: PrivacyClass,
    },
    /// The frame is of another class than its user expects.
    #[error("expected a frame of class {expected}, found one of class {found}")]
    OtherClass {
        /// The class that is needed.
        expected: PrivacyClass,
        /// The frame's class.
        found: PrivacyClass,
    },
    /// Floating-point numbers carry more than the features need: they stay in the process.
    #[error("expected quantised numbers, found 32-bit floating point")]
    NotQuantized,
    /// CSI never leaves the capturing host.
    #[error("expected no CSI, found {octets} octets")]
    Csi {
        /// Octets of the section.
        octets: usize,
    },
    /// Angles leave in at most 8 bits each.
    #[error("expected angles of at most 8 bits, found {found:?}")]
    FineAngles {
        /// The frame's quantisation.
        found: Quantization,
    },
    /// The frame cannot be written.
    #[error(transparent)]
    Format(#[from] WireError),
}

/// Why a frame did not reach a sink.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeliveryError<E> {
    /// It must not.
    #[error(transparent)]
    Privacy(#[from] PrivacyViolation),
    /// The sink could not take it.
    #[error("the sink did not take the frame")]
    Sink(E),
}

/// The gate between classes and to sinks.
#[derive(Debug, Clone, Copy)]
pub enum PrivacyGate {}

impl PrivacyGate {
    /// The frame at a class that is known when the program runs: equal or stricter, without what that class must not
    /// carry. What is removed is overwritten with zeros first. The checksum follows when the frame is serialised.
    ///
    /// | part | 0 | 1 | 2 | 3 |
    /// |---|---|---|---|---|
    /// | `compressed_angle_matrix` | all | as far as it was made for class 1 | | |
    /// | `csi_delta` | yes | | | |
    /// | `sta_hash`, `vendor_extension` | yes | yes | | |
    /// | `amplitude_proxy`, `phase_proxy` | yes | yes | yes | |
    /// | `snr_vector`, the other fields | yes | yes | yes | yes |
    ///
    /// The angles of class 0 are the whole matrix; nothing can tell from its octets that it is not, so it does not survive
    /// the step to class 1.
    ///
    /// # Errors
    /// `Promotion` for a class that is less strict than the frame's.
    pub fn demote(mut frame: BfldFrame, target: PrivacyClass) -> Result<BfldFrame, PrivacyViolation> {
        let from = frame.header.privacy_class;
        if target < from {
            return Err(PrivacyViolation::Promotion { from, to: target });
        }
        if target > from {
            restrict(&mut frame, target);
        }
        Ok(frame)
    }

    /// The frame at a class that is known when the program is compiled. To a less strict class this does not compile.
    pub fn demote_to<To, From>(frame: Classified<From>) -> Classified<To>
    where
        From: Class,
        To: AsStrictAs<From>,
    {
        let mut frame = frame.into_frame();
        if To::CLASS > From::CLASS {
            restrict(&mut frame, To::CLASS);
        }
        Classified::at_gate(frame)
    }

    /// Gives a frame of any class to a sink inside the process.
    ///
    /// # Errors
    /// `Privacy` where the frame breaks its own class, `Sink` where the sink fails.
    pub fn keep<C: Class, S: LocalSink>(frame: &Classified<C>, sink: &mut S) -> Result<(), DeliveryError<S::Error>> {
        hand_over(frame.frame(), sink)
    }

    /// Gives a frame of class 1 to 3 to a sink outside the process. Class 0 does not compile.
    ///
    /// # Errors
    /// As [`keep`](Self::keep), and `Privacy` for floating-point numbers, CSI, and angles of more than 8 bits.
    pub fn publish<C: LeavesProcess, S: NetworkSink>(
        frame: &Classified<C>,
        sink: &mut S,
    ) -> Result<(), DeliveryError<S::Error>> {
        check_outgoing(frame.frame())?;
        hand_over(frame.frame(), sink)
    }

    /// Gives a frame of class 2 or 3 to a home's devices. Classes 0 and 1 do not compile.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn show<C: FitForHome, S: HomeSink>(
        frame: &Classified<C>,
        sink: &mut S,
    ) -> Result<(), DeliveryError<S::Error>> {
        Self::publish(frame, sink)
    }
}

fn hand_over<S: Sink>(frame: &BfldFrame, sink: &mut S) -> Result<(), DeliveryError<S::Error>> {
    let octets = build_frame(frame).map_err(PrivacyViolation::from)?;
    sink.take(&octets).map_err(DeliveryError::Sink)
}

/// What no frame that leaves the process has, whatever its class.
fn check_outgoing(frame: &BfldFrame) -> Result<(), PrivacyViolation> {
    let (header, payload) = (&frame.header, &frame.payload);
    if header.quantization == Quantization::F32 {
        return Err(PrivacyViolation::NotQuantized);
    }
    if let Some(csi) = &payload.csi_delta {
        return Err(PrivacyViolation::Csi { octets: csi.len() });
    }
    if !payload.compressed_angle_matrix.is_empty() && header.quantization == Quantization::I16 {
        return Err(PrivacyViolation::FineAngles { found: header.quantization });
    }
    Ok(())
}

/// Removes what `stricter` must not carry. Only for classes that are stricter than the frame's.
fn restrict(frame: &mut BfldFrame, stricter: PrivacyClass) {
    let BfldFrame { header, payload } = frame;
    payload.compressed_angle_matrix.zeroize();
    payload.csi_delta.zeroize();
    if stricter >= PrivacyClass::Anonymous {
        header.sta_hash.zeroize();
        // Nobody has said what a vendor's octets mean.
        payload.vendor_extension.zeroize();
    }
    if stricter >= PrivacyClass::Restricted {
        payload.amplitude_proxy.zeroize();
        payload.phase_proxy.zeroize();
        header.privacy_mode = true;
    }
    header.privacy_class = stricter;
}
