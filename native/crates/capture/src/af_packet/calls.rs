//! The calls of `packet(7)` that no crate wraps.

use std::io;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::os::fd::AsRawFd;

use libc::{c_int, c_void, sockaddr_ll, socklen_t};
use socket2::{SockAddr, Socket};

/// For [`bind`]: nothing is received.
pub(super) const NO_PROTOCOL: u16 = 0;
/// For [`bind`]: frames of all kinds are received.
pub(super) const EVERY_PROTOCOL: u16 = libc::ETH_P_ALL as u16;

/// Binds to an interface, to receive frames of this protocol.
pub(super) fn bind(socket: &Socket, interface_index: u32, protocol: u16) -> io::Result<()> {
    let fill = |storage: *mut socket2::SockAddrStorage, len: *mut socklen_t| {
        let address = sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: protocol.to_be(),
            sll_ifindex: interface_index as c_int,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        // SAFETY: the storage holds, and is aligned for, every socket address, of which this is one.
        unsafe { storage.cast::<sockaddr_ll>().write(address) };
        // SAFETY: a valid pointer for the length of what was written.
        unsafe { len.write(size_of::<sockaddr_ll>() as socklen_t) };
        Ok(())
    };
    // SAFETY: `fill` writes a whole address and its length.
    let ((), address) = unsafe { SockAddr::try_init(fill) }?;
    socket.bind(&address)
}

/// The hardware type (`ARPHRD_…`) of the interface to which the socket is bound.
pub(super) fn hardware_type(socket: &Socket) -> io::Result<u16> {
    let address = socket.local_addr()?;
    if address.domain() != socket2::Domain::PACKET || (address.len() as usize) < offset_of!(sockaddr_ll, sll_pkttype) {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    // SAFETY: the storage behind the pointer holds, and is aligned for, every socket address, and the family says which.
    let link = unsafe { &*address.as_ptr().cast::<sockaddr_ll>() };
    Ok(link.sll_hatype)
}

/// Sets an option of the packet level to a value of the type that it takes.
///
/// # Safety
/// `T` must be the type that the kernel reads for `option`, with every octet initialised.
pub(super) unsafe fn set_option<T: Copy>(socket: &Socket, option: c_int, value: T) -> io::Result<()> {
    let value_ptr: *const c_void = (&raw const value).cast();
    // SAFETY: the value is alive during the call and as long as the length says; the caller answers for its type.
    let status = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_PACKET, option, value_ptr, size_of::<T>() as socklen_t)
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Frames that were lost since the last call; reading sets the kernel's count back to zero.
pub(super) fn take_drops(socket: &Socket) -> io::Result<u64> {
    let mut statistics = MaybeUninit::<libc::tpacket_stats_v3>::zeroed();
    let mut len = size_of::<libc::tpacket_stats_v3>() as socklen_t;
    // SAFETY: both pointers are valid for writes, the first for as many octets as the second says.
    let status = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            statistics.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: three integers, zeroed above and overwritten by the kernel.
    Ok(u64::from(unsafe { statistics.assume_init() }.tp_drops))
}
