//! Files that only their owner can read. Where the system has no modes, the folder's access list decides.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

#[cfg(unix)]
const OWNER_ONLY: u32 = 0o600;

/// An empty file for writing, its owner's from the first moment.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ONLY);
    let file = options.open(path)?;
    // A file that was there already keeps its mode.
    restrict(&file)?;
    Ok(file)
}

/// Takes everybody else's access away.
#[cfg(unix)]
pub(crate) fn restrict(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(OWNER_ONLY))
}

/// Takes everybody else's access away.
#[cfg(not(unix))]
pub(crate) fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}
