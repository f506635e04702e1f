//! One server a data directory: a second one would write over what the first has learnt, and be the same device with another
//! address. Commands that only look, or that change tokens, do not ask.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::StartError;
use crate::files;

const LOCK_FILE: &str = "lock";

/// Held while a server uses a data directory. The system takes it back when the process ends, however it does.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Takes the directory `dir` for this process.
///
/// # Errors
/// [`StartError::InUse`] when another process has it, [`StartError::DataDir`] when the file cannot be used.
pub(crate) fn lock(dir: &Path) -> Result<Lock, StartError> {
    files::make_dir(dir)?;
    let path = dir.join(LOCK_FILE);
    let wrong = |source| files::data_dir(&path, source);
    // Not emptied before it is ours: it names its holder.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&path).map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => sign(&mut file).map_err(wrong)?,
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(wrong)?;
            return Err(StartError::InUse { dir: dir.to_owned(), process: holder.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => return Err(wrong(source)),
    }
    Ok(Lock { _file: file })
}

/// Writes down who has it, for whoever is refused.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_taken_once_and_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/b");
        let first = lock(&place).unwrap();
        let error = lock(&place).unwrap_err().to_string();
        assert!(error.contains(&place.display().to_string()), "{error}");
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        drop(first);
        // A longer number of an earlier process leaves nothing behind.
        std::fs::write(place.join(LOCK_FILE), "99999999999999999999\n").unwrap();
        let second = lock(&place).unwrap();
        assert!(lock(&place).unwrap_err().to_string().contains(&format!("process {})", std::process::id())));
        drop(second);
    }
}
