//! Opens a recording, compressed or not, and says what is wrong with one that cannot be.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::CaptureError;

/// What gzip files begin with. Names lie: a browser that unpacks a download leaves it its `.gz`.
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
const BUFFER_LEN: usize = 64 << 10;

pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, CaptureError> {
    let unreadable = |source| CaptureError::Unreadable { path: path.to_owned(), source };
    // Before it is opened: to open a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(CaptureError::NotAFile { path: path.to_owned() });
    }
    let mut file = BufReader::with_capacity(BUFFER_LEN, File::open(path).map_err(unreadable)?);
    if !file.fill_buf().map_err(unreadable)?.starts_with(&GZIP_MAGIC) {
        return Ok(Box::new(file));
    }
    let gzip = MultiGzDecoder::new(file);
    if gzip.header().is_none() {
        return Err(CaptureError::InvalidGzip { path: path.to_owned() });
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER_LEN, gzip)))
}
