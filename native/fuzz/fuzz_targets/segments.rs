//! Reports in segments: in disorder, with gaps, repeats and foreign ones between them.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ruview_core::{MacAddress, StreamTime};
use ruview_fuzz::bounded;
use ruview_wire::cbfr::{Bandwidth, Codebook, FeedbackType, Grouping, MimoControl, Phy, SegmentJoiner, SegmentKey};

const MAX_SEGMENTS: usize = 8;
/// Key and token, place, time, octets.
const HEAD_LEN: usize = 4;

fuzz_target!(|input: &[u8]| {
    disorder(input);
    permutation(input);
});

/// Whatever comes, the joiner keeps count and makes nothing up.
fn disorder(input: &[u8]) {
    let mut joiner = SegmentJoiner::new(Duration::from_secs(1));
    let (mut now, mut pushed, mut joined, mut rest) = (0, 0, 0, input);
    while let Some((&[key, place, time, len], after)) = rest.split_first_chunk::<HEAD_LEN>() {
        let (octets, after) = after.split_at(usize::from(len).min(after.len()));
        rest = after;
        // Steps back too: captures are not always in order.
        now += i64::from(time as i8) * 20_000;
        let control = control(place & 8 != 0, place & 7, key);
        // All that is pending may be handed over at once.
        if let Some((whole, report)) =
            bounded(input, 16, || joiner.push(StreamTime::from_micros(now), address(key), control, octets))
        {
            assert!(whole.first_segment && whole.remaining_segments == 0);
            assert!(report.len() <= input.len());
            joined += 1;
        }
        pushed += 1;
    }
    joiner.expire(StreamTime::from_micros(i64::MAX));
    let counts = joiner.counts();
    assert_eq!((counts.segments, counts.joined), (pushed, joined));
    assert!(counts.joined + counts.repeated + counts.timed_out + counts.replaced <= counts.segments);
}

/// A report whose segments all come, in any order, comes out as it was.
fn permutation(input: &[u8]) {
    let Some((choice, report)) = input.split_first_chunk::<MAX_SEGMENTS>() else { return };
    let count = usize::from(choice[0]) % MAX_SEGMENTS + 1;
    let mut order: Vec<usize> = (0..count).collect();
    for (place, &swap) in choice.iter().enumerate().take(count) {
        order.swap(place, usize::from(swap) % count);
    }
    let part = |at: usize| &report[report.len() * at / count..report.len() * (at + 1) / count];
    let mut joiner = SegmentJoiner::default();
    let now = StreamTime::from_micros(0);
    let mut whole = None;
    for at in order {
        assert_eq!(whole, None, "a segment is missing yet");
        let control = control(at == 0, (count - 1 - at) as u8, 0);
        whole = joiner.push(now, address(0), control, part(at)).map(|(_, octets)| octets);
    }
    assert_eq!(whole.as_deref(), Some(report));
}

fn address(key: u8) -> SegmentKey {
    let transmitter = MacAddress::new([2, 0, 0, 0, 0, key & 0x3F]);
    SegmentKey { transmitter, receiver: MacAddress::new([4; 6]), token: key >> 6 }
}

fn control(first_segment: bool, remaining_segments: u8, key: u8) -> MimoControl {
    MimoControl {
        phy: Phy::Vht,
        nc: 2,
        nr: 4,
        bandwidth: Bandwidth::Mhz80,
        grouping: Grouping::Ng1,
        codebook: Codebook::Fine,
        feedback: FeedbackType::Mu,
        remaining_segments,
        first_segment,
        token: key >> 6,
    }
}
