//! Builds only without the standard library: a program has one panic handler, and std would bring another.
//!
//! What a firmware would do with it: CSI in, a frame of its own out.
#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};

use ruview_core::NodePacket;
use ruview_wire::bfld_frame::{Esp32SelfOnly, build_frame};
use ruview_wire::esp32::parse_packet;

/// The octets of the frame that a raw CSI packet becomes: how many there are, 0 when it is no such packet.
pub fn self_only_len(packet: &[u8]) -> usize {
    let Ok(NodePacket::Csi(csi)) = parse_packet(packet) else { return 0 };
    build_frame(&Esp32SelfOnly { session_id: [0; 16] }.frame(&csi, 0)).map_or(0, |octets| octets.len())
}

struct NoMemory;

// SAFETY: it never gives memory out, so there is none to misuse.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
