//! Opens a recording, compressed or not, of whatever kind, and says what is wrong with one that cannot be.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruview_wire::capture_file::CaptureReader;

use super::lines::LineRecords;
use super::packets::PacketRecords;
use super::reader::Records;
use crate::CaptureError;

/// What gzip files begin with. Names lie: a browser that unpacks a download leaves it its `.gz`.
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
const BUFFER_LEN: usize = 64 << 10;
/// Octets that tell capture files from lines.
const MAGIC_LEN: usize = 4;

/// A recording's octets, decompressed.
pub(super) type Octets = Box<dyn BufRead + Send>;

/// A recording that was opened, for who wants to know more of it than what it replays.
pub struct OpenRecording {
    /// Its octets, decompressed.
    pub octets: Box<dyn BufRead + Send>,
    /// Whether the file is compressed.
    pub gzip: bool,
}

/// Opens a recording. Its file is read through what `watch` makes of it.
///
/// # Errors
/// [`CaptureError::Unreadable`], [`CaptureError::NotAFile`] and [`CaptureError::InvalidGzip`].
pub fn open_recording<R: Read + Send + 'static>(
    path: &Path,
    watch: impl FnOnce(File) -> R,
) -> Result<OpenRecording, CaptureError> {
    let unreadable = |source| CaptureError::Unreadable { path: path.to_owned(), source };
    // Before it is opened: to open a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(CaptureError::NotAFile { path: path.to_owned() });
    }
    let mut file = BufReader::with_capacity(BUFFER_LEN, watch(File::open(path).map_err(unreadable)?));
    if !file.fill_buf().map_err(unreadable)?.starts_with(&GZIP_MAGIC) {
        return Ok(OpenRecording { octets: Box::new(file), gzip: false });
    }
    let gzip = MultiGzDecoder::new(file);
    if gzip.header().is_none() {
        return Err(CaptureError::InvalidGzip { path: path.to_owned() });
    }
    Ok(OpenRecording { octets: Box::new(BufReader::with_capacity(BUFFER_LEN, gzip)), gzip: true })
}

pub(super) fn open(path: &Path) -> Result<Octets, CaptureError> {
    open_recording(path, |file| file).map(|recording| recording.octets)
}

/// The records of a recording, whatever they are: names say nothing.
///
/// # Errors
/// Where its first octets cannot be read.
pub(super) fn records(path: &Path, mut octets: Octets) -> io::Result<Box<dyn Records>> {
    let mut magic = Vec::new();
    octets.by_ref().take(MAGIC_LEN as u64).read_to_end(&mut magic)?;
    let is_capture_file = is_capture_file(&magic);
    let octets: Octets = Box::new(Cursor::new(magic).chain(octets));
    Ok(if is_capture_file {
        Box::new(PacketRecords::new(path, octets))
    } else {
        Box::new(LineRecords::new(path, octets))
    })
}

/// Whether a file that begins so is pcap or pcapng.
fn is_capture_file(magic: &[u8]) -> bool {
    let mut reader = CaptureReader::new();
    reader.push(magic);
    magic.len() == MAGIC_LEN && reader.next_record().is_none()
}
