//! The memory that is shared with the kernel: blocks that it fills with frames, hands to us, and gets back.
//!
//! Layout: `Documentation/networking/packet_mmap.rst` of the kernel, `TPACKET_V3`. A block belongs to the kernel until its
//! status says otherwise, and to us until we say so; whoever owns it is the only one who touches the rest of it.

use std::io;
use std::mem::{offset_of, size_of};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::{TP_STATUS_KERNEL, TP_STATUS_USER, tpacket_block_desc, tpacket_hdr_v1, tpacket_req3, tpacket3_hdr};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use ruview_core::StreamTime;
use socket2::Socket;

use super::calls;

/// Octets of a block: more than the longest frame (11,454 octets of 802.11 and its radiotap header) with the kernel's own.
const BLOCK_LEN: usize = 32 << 10;
/// 4 MiB in all: for a consumer that does not come, a burst of 9,000 reports of an 802.11ac station at 40 MHz, or 6 s of a
/// slow stream, of which a block holds [`HAND_OVER`].
const BLOCKS: usize = 128;
const LEN: usize = BLOCK_LEN * BLOCKS;
/// Only divides the blocks for the kernel's arithmetic; frames of this version have the length that they need.
const FRAME_LEN: usize = 2048;
/// After which the kernel hands over a block that is not full: the delay of a frame on a quiet channel.
pub(super) const HAND_OVER: Duration = Duration::from_millis(50);

const STATUS_OFFSET: usize = offset_of!(tpacket_block_desc, hdr) + offset_of!(tpacket_hdr_v1, block_status);

/// A frame as the interface gave it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// When the kernel got it, wall clock.
    pub(crate) at: StreamTime,
    /// From the capture header on.
    pub(crate) octets: &'a [u8],
}

/// Where in a block that is ours the next frame starts.
#[derive(Debug, Clone, Copy)]
struct Reading {
    frames_left: u32,
    offset: usize,
}

#[derive(Debug)]
pub(super) struct Ring {
    memory: NonNull<u8>,
    /// The block that is read, or will be handed over next.
    block: usize,
    reading: Option<Reading>,
}

// SAFETY: the mapping belongs to the ring alone and is not bound to a thread; the kernel's side of it is synchronised by
// the blocks' status.
unsafe impl Send for Ring {}

impl Ring {
    /// Asks the kernel for the memory and maps it. The socket must not be bound to a protocol yet.
    pub(super) fn new(socket: &Socket) -> io::Result<Self> {
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        // SAFETY: the kernel reads an int.
        unsafe { calls::set_option(socket, libc::PACKET_VERSION, version) }?;
        let request = tpacket_req3 {
            tp_block_size: BLOCK_LEN as u32,
            tp_block_nr: BLOCKS as u32,
            tp_frame_size: FRAME_LEN as u32,
            tp_frame_nr: (LEN / FRAME_LEN) as u32,
            tp_retire_blk_tov: HAND_OVER.as_millis() as u32,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        // SAFETY: in this version the kernel reads a `tpacket_req3`, which consists of integers without gaps.
        unsafe { calls::set_option(socket, libc::PACKET_RX_RING, request) }?;
        // SAFETY: a new mapping at an address that the kernel chooses; nothing else refers to it.
        let memory =
            unsafe { mmap(ptr::null_mut(), LEN, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, socket, 0) }?;
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { memory, block: 0, reading: None })
    }

    /// Whether a frame is there.
    pub(super) fn has_frame(&mut self) -> bool {
        self.seek().is_some()
    }

    /// The next frame, if one is there.
    pub(super) fn next_frame(&mut self) -> Option<Frame<'_>> {
        let (reading, header) = self.seek()?;
        self.reading = Some(Reading {
            frames_left: reading.frames_left - 1,
            offset: reading.offset.saturating_add(header.tp_next_offset as usize),
        });
        let start = reading.offset + usize::from(header.tp_mac);
        Some(Frame { at: time(&header), octets: self.octets(start, header.tp_snaplen as usize) })
    }

    /// Goes on to the next frame, if one is there: gives back what is read, and begins what was handed over.
    fn seek(&mut self) -> Option<(Reading, tpacket3_hdr)> {
        loop {
            let reading = match self.reading {
                Some(reading) => reading,
                None => *self.reading.insert(self.start_block()?),
            };
            match self.header(reading) {
                Some(header) => return Some((reading, header)),
                None => self.give_back(),
            }
        }
    }

    /// Begins the current block; `None` while it is the kernel's.
    fn start_block(&self) -> Option<Reading> {
        // Acquire: what the kernel wrote before it handed the block over is read after.
        if self.status().load(Ordering::Acquire) & TP_STATUS_USER == 0 {
            return None;
        }
        // SAFETY: blocks lie within the mapping and begin with a descriptor; this one is ours.
        let descriptor = unsafe { self.block_start().cast::<tpacket_block_desc>().read_unaligned() };
        // SAFETY: the union has one variant.
        let header = unsafe { descriptor.hdr.bh1 };
        Some(Reading { frames_left: header.num_pkts, offset: header.offset_to_first_pkt as usize })
    }

    /// The header of the next frame of the current block; `None` after the last one, and where it would lie outside.
    fn header(&self, reading: Reading) -> Option<tpacket3_hdr> {
        let end = reading.offset.checked_add(size_of::<tpacket3_hdr>())?;
        if reading.frames_left == 0 || end > BLOCK_LEN {
            return None;
        }
        // SAFETY: the whole header lies within the block, as was just checked.
        let start = unsafe { self.block_start().add(reading.offset) };
        // SAFETY: as above, the block is ours, and any octets are a valid header.
        Some(unsafe { start.cast::<tpacket3_hdr>().read_unaligned() })
    }

    /// Octets of the current block, as many of them as lie within it.
    fn octets(&self, start: usize, len: usize) -> &[u8] {
        let start = start.min(BLOCK_LEN);
        let len = len.min(BLOCK_LEN - start);
        // SAFETY: `start` is at most the block's length, so that the pointer stays within the mapping or at its end.
        let first = unsafe { self.block_start().add(start) };
        // SAFETY: within the block, which is ours until `give_back`, and that needs this borrow to have ended.
        unsafe { slice::from_raw_parts(first, len) }
    }

    fn give_back(&mut self) {
        // Release: whatever was read of the block was read before the kernel gets it.
        self.status().store(TP_STATUS_KERNEL, Ordering::Release);
        self.reading = None;
        self.block = (self.block + 1) % BLOCKS;
    }

    fn status(&self) -> &AtomicU32 {
        // SAFETY: the status lies within the descriptor with which the block begins.
        let status = unsafe { self.block_start().add(STATUS_OFFSET) };
        // SAFETY: aligned to four octets, alive as long as the mapping, and touched on both sides by atomic accesses only.
        unsafe { AtomicU32::from_ptr(status.cast()) }
    }

    fn block_start(&self) -> *mut u8 {
        // SAFETY: `block` is less than `BLOCKS`, so that the sum lies within the mapping.
        unsafe { self.memory.as_ptr().add(self.block * BLOCK_LEN) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; frames borrow the ring, so that none is left.
        if let Err(error) = unsafe { munmap(self.memory.as_ptr().cast(), LEN) } {
            tracing::warn!("cannot give back the memory of a packet socket: {error}");
        }
    }
}

fn time(header: &tpacket3_hdr) -> StreamTime {
    StreamTime::from_micros(i64::from(header.tp_sec) * 1_000_000 + i64::from(header.tp_nsec / 1000))
}
