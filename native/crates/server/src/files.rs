//! Files of the data directory: read whole, written all or nothing, and secrets readable by their owner only.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use homecore::write_atomically;
use ruview_host::DataDirError;

use crate::error::StartError;

/// The text of a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, StartError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(data_dir(path, source)),
    }
}

/// As [`read`], for what must be read by nobody else: whoever can, cannot any more.
pub(crate) fn read_secret(path: &Path) -> Result<Option<String>, StartError> {
    let text = read(path)?;
    if text.is_some() {
        tighten(path).map_err(|source| data_dir(path, source))?;
    }
    Ok(text)
}

/// Writes all or nothing, whenever the power goes. Whoever writes holds the lock of what is written.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<(), StartError> {
    write_atomically(path, format!("{text}\n").as_bytes(), mode).map_err(|source| data_dir(path, source))
}

/// What a file that cannot be used is to its user.
pub(crate) fn data_dir(path: &Path, source: io::Error) -> StartError {
    DataDirError::io(path, source).into()
}

/// Takes a secret away from everybody but its owner.
fn tighten(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:o}"),
            "a secret could be read by others; its mode is 600 now. Revoke it to get a new one if somebody may have read it"
        );
    }
    Ok(())
}
