//! The filter that the kernel runs on every frame of a monitor interface, so that a busy channel costs us nothing: of
//! thousands of frames a second, only action frames come through.

use libc::{
    BPF_ABS, BPF_ALU, BPF_B, BPF_IND, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_LDX, BPF_LSH, BPF_MISC, BPF_OR, BPF_RET,
    BPF_TAX, BPF_W, BPF_X,
};
use ruview_wire::link::LinkType;
use socket2::SockFilter;

/// The first octet of frame control: version 0, management, subtypes 13 and 14 (IEEE 802.11-2020, table 9-1).
const ACTION: u32 = 0xD0;
const ACTION_NO_ACK: u32 = 0xE0;
/// More than any frame, so that none is cut.
const WHOLE_FRAME: u32 = u32::MAX;

/// The program (classic BPF) that lets Action and Action No Ack frames pass, whatever lies before them.
pub(super) fn action_frames(link: LinkType) -> Vec<SockFilter> {
    let mut program = header_len_into_x(link);
    program.extend([
        SockFilter::new((BPF_LD | BPF_B | BPF_IND) as u16, 0, 0, 0),
        SockFilter::new((BPF_JMP | BPF_JEQ | BPF_K) as u16, 2, 0, ACTION),
        SockFilter::new((BPF_JMP | BPF_JEQ | BPF_K) as u16, 1, 0, ACTION_NO_ACK),
        SockFilter::new((BPF_RET | BPF_K) as u16, 0, 0, 0),
        SockFilter::new((BPF_RET | BPF_K) as u16, 0, 0, WHOLE_FRAME),
    ]);
    program
}

/// Puts the length of the capture header into X. BPF reads numbers big-endian; these are not, so they are put together
/// from octets.
fn header_len_into_x(link: LinkType) -> Vec<SockFilter> {
    let (low, high) = match link {
        LinkType::RADIOTAP => (2, 3),
        // The driver writes the header's 32-bit length in the machine's own order.
        LinkType::PRISM if cfg!(target_endian = "little") => (4, 5),
        LinkType::PRISM => (7, 6),
        _ => return vec![SockFilter::new((BPF_LDX | BPF_W | libc::BPF_IMM) as u16, 0, 0, 0)],
    };
    let tax = || SockFilter::new((BPF_MISC | BPF_TAX) as u16, 0, 0, 0);
    vec![
        SockFilter::new((BPF_LD | BPF_B | BPF_ABS) as u16, 0, 0, high),
        SockFilter::new((BPF_ALU | BPF_LSH | BPF_K) as u16, 0, 0, 8),
        tax(),
        SockFilter::new((BPF_LD | BPF_B | BPF_ABS) as u16, 0, 0, low),
        SockFilter::new((BPF_ALU | BPF_OR | BPF_X) as u16, 0, 0, 0),
        tax(),
    ]
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};

    use ruview_wire::link::RadioInfo;
    use ruview_wire::{prism, radiotap};
    use socket2::{Domain, Socket, Type};

    use super::*;

    /// Which of the packets the kernel lets pass. Any socket takes a filter, so this needs no privileges.
    fn passed(link: LinkType, packets: &[Vec<u8>]) -> Vec<bool> {
        let (mut sender, mut receiver) = Socket::pair(Domain::UNIX, Type::DGRAM, None).unwrap();
        receiver.attach_filter(&action_frames(link)).unwrap();
        receiver.set_nonblocking(true).unwrap();
        let mut arrives = |packet: &Vec<u8>| {
            sender.write_all(packet).unwrap();
            let mut received = vec![0; 4096];
            match receiver.read(&mut received) {
                Ok(len) => {
                    assert_eq!(received[..len], **packet, "the frame is whole");
                    true
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    false
                }
            }
        };
        packets.iter().map(&mut arrives).collect()
    }

    /// Action, Action No Ack, the first with every flag set; beacon, acknowledgement, data, another version; nothing.
    fn frames() -> Vec<Vec<u8>> {
        const REST: [u8; 40] = [0xD0; 40];
        let starts = [[0xD0, 0], [0xE0, 0], [0xD0, 0xFF], [0x80, 0], [0xD4, 0], [0xD8, 0], [0xD1, 0]];
        starts.iter().map(|start| [&start[..], &REST].concat()).chain([vec![]]).collect()
    }

    const EXPECTED: [bool; 8] = [true, true, true, false, false, false, false, false];

    fn behind(header: &[u8]) -> Vec<Vec<u8>> {
        frames().iter().map(|frame| [header, frame].concat()).collect()
    }

    #[test]
    fn action_frames_pass_behind_every_header() {
        assert_eq!(passed(LinkType::IEEE802_11, &frames()), EXPECTED);
        let info = RadioInfo { tsft_us: Some(0xD0D0_D0D0), frequency_mhz: Some(5180), ..RadioInfo::default() };
        assert_eq!(passed(LinkType::PRISM, &behind(&prism::build(&info).unwrap())), EXPECTED);
        for info in [RadioInfo::default(), info] {
            assert_eq!(passed(LinkType::RADIOTAP, &behind(&radiotap::build(&info))), EXPECTED);
        }
    }

    #[test]
    fn radiotap_headers_have_any_length() {
        for len in [8_u16, 56, 255, 256, 600] {
            let mut header = vec![0xD0; len.into()];
            header[..4].copy_from_slice(&[0, 0, len as u8, (len >> 8) as u8]);
            assert_eq!(passed(LinkType::RADIOTAP, &behind(&header)), EXPECTED, "{len} octets");
        }
        assert_eq!(passed(LinkType::RADIOTAP, &[vec![0, 0, 0xFF, 0xFF], vec![0], vec![]]), [false; 3]);
    }
}
