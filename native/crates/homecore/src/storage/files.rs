//! Files that are there whole or not at all, whenever the process or the power goes.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Makes a folder, and those above it, where there is none: its owner's alone, on systems that have modes.
///
/// # Errors
/// What the system says.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Replaces `path` by `contents`: readers see the old file or the new one, and nobody ever sees more of it than `mode` lets
/// them, on systems that have modes. The old one stays when this fails, and what was half written is removed. One writer at a time.
///
/// # Errors
/// What the system says.
pub fn write_atomically(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    // One name for every attempt, so that processes that are killed leave one such file and not many.
    let temporary = with_suffix(path, ".tmp");
    let written = write_durably(&temporary, contents, mode).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // On a full disk its bytes are needed; that it cannot be removed says nothing new.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_dir)
}

/// Makes what a directory lists survive the loss of power.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

/// Only Unix opens directories; elsewhere the system sees to it.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
const fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

fn write_durably(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    // What a killed process left may have another mode, and be open elsewhere.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_one_whatever_a_killed_process_left() {
        let dir = tempfile::tempdir().unwrap();
        let (path, left) = (dir.path().join("secret"), dir.path().join("secret.tmp"));
        fs::write(&left, "half of it, and longer than the whole").unwrap();
        fs::set_permissions(&left, fs::Permissions::from_mode(0o666)).unwrap();
        write_atomically(&path, b"whole", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!left.exists());
    }

    #[test]
    fn what_fails_changes_nothing_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("place");
        fs::create_dir(&path).unwrap();
        write_atomically(&path, b"a file cannot replace a directory", 0o600).unwrap_err();
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
