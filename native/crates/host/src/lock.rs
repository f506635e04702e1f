//! One engine a data directory: a second one would write over what the first has learnt, and be the same device with another
//! address. Commands that only look, or that change tokens, do not ask.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::data_dir::{DataDirError, make_dir};

const LOCK_FILE: &str = "lock";

/// Held while an engine uses a data directory. The system takes it back when the process ends, however it does.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    /// A child that was forked meanwhile has the file open too, and would hold the lock beyond this.
    fn drop(&mut self) {
        // What cannot be given back now the system takes back later.
        let _ = self.file.unlock();
    }
}

/// Takes the directory `dir` for this process.
///
/// # Errors
/// [`DataDirError::InUse`] when somebody has it, [`DataDirError::Io`] when the file cannot be used.
pub fn lock(dir: &Path) -> Result<Lock, DataDirError> {
    make_dir(dir)?;
    let path = dir.join(LOCK_FILE);
    let wrong = |source| DataDirError::io(&path, source);
    // Not emptied before it is ours: it names its holder.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => sign(&mut file).map_err(wrong)?,
        Err(TryLockError::WouldBlock) => {
            // Some systems let nobody read it meanwhile.
            let mut holder = String::new();
            let process = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
            return Err(DataDirError::InUse { dir: dir.to_owned(), process });
        }
        Err(TryLockError::Error(source)) => return Err(wrong(source)),
    }
    Ok(Lock { file })
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
