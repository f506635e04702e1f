//! Opens a monitor interface, and says what is wrong with one that cannot be.

use std::io;

use libc::{ARPHRD_IEEE80211, ARPHRD_IEEE80211_PRISM, ARPHRD_IEEE80211_RADIOTAP};
use ruview_wire::link::LinkType;

use super::filter;
use crate::CaptureError;
use crate::af_packet::{BoundSocket, PacketSocket};

/// A socket that receives an interface's action frames, and what they begin with.
#[derive(Debug)]
pub(super) struct OpenInterface {
    pub(super) socket: PacketSocket,
    pub(super) link: LinkType,
}

/// # Errors
/// [`CaptureError::NoInterface`], [`CaptureError::InterfaceDown`], [`CaptureError::NotMonitorMode`], or
/// [`CaptureError::Listen`] for anything else that the system says.
pub(super) fn open(interface: &str) -> Result<OpenInterface, CaptureError> {
    let explain = |source| explain(interface, source);
    let bound = BoundSocket::new(interface).map_err(explain)?;
    let hardware_type = bound.hardware_type();
    let Some(link) = link_type(hardware_type) else {
        return Err(CaptureError::NotMonitorMode { interface: interface.to_owned(), hardware_type });
    };
    let socket = bound.listen(&filter::action_frames(link)).map_err(explain)?;
    Ok(OpenInterface { socket, link })
}

fn explain(interface: &str, source: io::Error) -> CaptureError {
    let interface = interface.to_owned();
    match source.raw_os_error() {
        Some(libc::ENODEV | libc::ENXIO) => CaptureError::NoInterface { interface },
        Some(libc::ENETDOWN) => CaptureError::InterfaceDown { interface },
        _ => CaptureError::Listen { interface, source },
    }
}

/// What frames begin with on an interface of this hardware type; `None` where it is none in monitor mode.
const fn link_type(hardware_type: u16) -> Option<LinkType> {
    match hardware_type {
        ARPHRD_IEEE80211 => Some(LinkType::IEEE802_11),
        ARPHRD_IEEE80211_PRISM => Some(LinkType::PRISM),
        ARPHRD_IEEE80211_RADIOTAP => Some(LinkType::RADIOTAP),
        _ => None,
    }
}
