//! The files of a recording: the owner's only, of bounded length and number.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

const OWNER_ONLY: u32 = 0o600;

/// A recording that is being written.
pub(super) struct Files {
    path: PathBuf,
    current: Sink,
    len: u64,
    max_len: u64,
    keep: u32,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl Files {
    /// Begins a recording of files of at most `max_len` octets of lines, `keep` at most.
    pub(super) fn create(path: &Path, max_len: u64, keep: u32) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), current: Sink::create(path)?, len: 0, max_len, keep })
    }

    /// Writes a line, in the next file where this one is full.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        let len = line.len() as u64 + 1;
        if self.len > 0 && self.len + len > self.max_len {
            self.next_file()?;
        }
        self.len += len;
        let out = self.current.out();
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")
    }

    /// Brings everything to where it survives this process.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.current.out().flush()
    }

    /// Ends the recording.
    pub(super) fn finish(self) -> io::Result<()> {
        self.current.finish()
    }

    fn next_file(&mut self) -> io::Result<()> {
        // The new file is opened before the old one is given up, so that a full disk is told while something is left.
        self.current.out().flush()?;
        let oldest = self.keep - 1;
        if oldest == 0 {
            fs::remove_file(&self.path)?;
        } else {
            for number in (0..oldest).rev() {
                let (from, to) = (self.numbered(number), self.numbered(number + 1));
                if from.exists() {
                    fs::rename(from, to)?;
                }
            }
        }
        let full = std::mem::replace(&mut self.current, Sink::create(&self.path)?);
        self.len = 0;
        full.finish()
    }

    /// FILE is number 0; FILE.jsonl.gz becomes FILE.1.jsonl.gz, so that names keep their ends.
    fn numbered(&self, number: u32) -> PathBuf {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match (number, name.split_once('.')) {
            (0, _) => self.path.clone(),
            (_, Some((stem, ends))) => self.path.with_file_name(format!("{stem}.{number}.{ends}")),
            (_, None) => self.path.with_file_name(format!("{name}.{number}")),
        }
    }
}

impl Sink {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
        let file = BufWriter::new(file);
        let gzip = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
        Ok(if gzip { Self::Gzip(Box::new(GzEncoder::new(file, Compression::default()))) } else { Self::Plain(file) })
    }

    fn out(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out,
        }
    }

    fn finish(self) -> io::Result<()> {
        let file = match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out.finish()?,
        };
        file.into_inner()?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_are_of_bounded_length_and_number() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = Files::create(&dir.path().join("a.jsonl"), 10, 3).unwrap();
        for line in ["line1", "line2", "line3", "line4", "a line that is longer than a file"] {
            files.line(line).unwrap();
        }
        files.finish().unwrap();
        let text = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(text("a.jsonl"), "a line that is longer than a file\n");
        assert_eq!([text("a.1.jsonl"), text("a.2.jsonl")], ["line4\n", "line3\n"]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
        let mode = fs::metadata(dir.path().join("a.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
    }

    #[test]
    fn one_file_is_enough_for_some() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = Files::create(&dir.path().join("a"), 6, 1).unwrap();
        files.line("line1").unwrap();
        files.line("line2").unwrap();
        files.finish().unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "line2\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_was_flushed_survives_a_kill() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl.gz");
        let mut files = Files::create(&path, 1000, 1).unwrap();
        files.line("line1").unwrap();
        files.flush().unwrap();
        std::mem::forget(files);
        let mut text = String::new();
        let mut gzip = flate2::read::GzDecoder::new(File::open(&path).unwrap());
        // The end is missing, and everything before it is there.
        let _ = gzip.read_to_string(&mut text);
        assert_eq!(text, "line1\n");
    }

    #[test]
    fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "precious").unwrap();
        assert_eq!(Files::create(&path, 10, 1).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}
