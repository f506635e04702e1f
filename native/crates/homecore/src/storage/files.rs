//! Files that are there whole or not at all, whenever the process or the power goes.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Replaces `path` by `contents`: readers see the old file or the new one. The old one stays when this fails, and what was half
/// written is removed.
pub(super) fn write_atomically(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    // One name for every attempt, so that processes that are killed leave one such file and not many.
    let temporary = with_suffix(path, ".tmp");
    let written = write_durably(&temporary, contents, mode).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // On a full disk its bytes are needed; that it cannot be removed says nothing new.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

fn write_durably(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

/// Moves a file that cannot be read out of the way, under a name with the date, and says where to.
///
/// # Errors
/// What the system says; the file is where it was.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let date = Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ");
    let aside = with_suffix(path, &format!(".damaged-{date}"));
    fs::rename(path, &aside)?;
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
