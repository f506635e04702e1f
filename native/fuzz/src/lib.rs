//! What the targets share: a bound on memory, and the reading of whole capture files.

use std::alloc::System;

use ruview_wire::WireError;
use ruview_wire::capture_file::{CaptureReader, RecordMeta};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What any parser may allocate, however short its input.
const ALLOWANCE: usize = 64 << 10;

/// Runs a parser over `input`.
///
/// # Panics
/// Where it allocates more than `factor` octets for each octet of input, and the allowance: it believed a length that
/// the input claims.
pub fn bounded<T>(input: &[u8], factor: usize, parse: impl FnOnce() -> T) -> T {
    let region = Region::new(ALLOCATOR);
    let parsed = parse();
    let (allocated, bound) = (region.change().bytes_allocated, ALLOWANCE + factor * input.len());
    assert!(allocated <= bound, "{allocated} octets allocated for {} of input, at most {bound} expected", input.len());
    parsed
}

/// Everything that a capture file holds.
#[derive(Debug, Default, PartialEq)]
pub struct FileContent {
    /// The packets.
    pub records: Vec<(RecordMeta, Vec<u8>)>,
    /// The faults, the warning at the end among them.
    pub faults: Vec<WireError>,
}

/// Reads a capture file that comes in pieces of this size.
pub fn read_file(file: &[u8], piece: usize) -> FileContent {
    let mut reader = CaptureReader::new();
    let mut content = FileContent::default();
    for octets in file.chunks(piece) {
        reader.push(octets);
        while let Some(result) = reader.next_record() {
            match result {
                Ok(record) => content.records.push((record.meta, record.octets.to_vec())),
                Err(fault) => content.faults.push(fault),
            }
        }
    }
    content.faults.extend(reader.finish().err());
    content
}

/// Reads a capture file whose first octet says in pieces of which size it comes.
///
/// # Panics
/// Where the pieces make a difference, and where more memory is needed than the file is long.
pub fn read_in_pieces(input: &[u8]) -> FileContent {
    let Some((&piece, file)) = input.split_first() else { return FileContent::default() };
    // The records that are kept, the buffer, and both again while they grow.
    const FACTOR: usize = 16;
    let whole = bounded(file, FACTOR, || read_file(file, file.len().max(1)));
    assert_eq!(whole, read_file(file, usize::from(piece) + 1), "in pieces of {}", u16::from(piece) + 1);
    whole
}
