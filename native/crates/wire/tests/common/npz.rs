//! Arrays of an npz file as they lie there, for kinds that array libraries do not read: text, complex numbers.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

/// A file of the recordings that lie beside the project; `None`, and a line that says so, where it is missing.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
pub(crate) fn recording(name: &str) -> Option<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("crates lie three levels below the root");
    let path = root.join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: the recording {} is not there", path.display());
    None
}

pub(crate) struct Npz(ZipArchive<File>);

impl Npz {
    pub(crate) fn open(path: &Path) -> Self {
        Self(ZipArchive::new(File::open(path).expect("a file")).expect("an archive"))
    }

    /// The elements of an array, row by row, each of `WIDTH` octets.
    pub(crate) fn elements<const WIDTH: usize>(&mut self, name: &str) -> Vec<[u8; WIDTH]> {
        const HEADER_LEN_AT: usize = 8;
        const HEADER_AT: usize = 10;
        let mut octets = Vec::new();
        self.0.by_name(&format!("{name}.npy")).expect("an array").read_to_end(&mut octets).expect("its octets");
        let header = u16::from_le_bytes([octets[HEADER_LEN_AT], octets[HEADER_LEN_AT + 1]]);
        let (elements, rest) = octets[HEADER_AT + usize::from(header)..].as_chunks();
        assert!(rest.is_empty(), "elements of {name} have another width than {WIDTH} octets");
        elements.to_vec()
    }

    pub(crate) fn u16(&mut self, name: &str) -> Vec<u16> {
        self.elements(name).into_iter().map(u16::from_le_bytes).collect()
    }

    pub(crate) fn i16(&mut self, name: &str) -> Vec<i16> {
        self.elements(name).into_iter().map(i16::from_le_bytes).collect()
    }

    pub(crate) fn u32(&mut self, name: &str) -> Vec<u32> {
        self.elements(name).into_iter().map(u32::from_le_bytes).collect()
    }

    pub(crate) fn i64(&mut self, name: &str) -> Vec<i64> {
        self.elements(name).into_iter().map(i64::from_le_bytes).collect()
    }

    pub(crate) fn i8(&mut self, name: &str) -> Vec<i8> {
        self.elements(name).into_iter().map(i8::from_le_bytes).collect()
    }

    /// Real and imaginary parts.
    pub(crate) fn complex(&mut self, name: &str) -> Vec<(f64, f64)> {
        let halves = |both: [u8; 16]| {
            let [re, im] = both.as_chunks::<8>().0 else { unreachable!("sixteen octets are two numbers") };
            (f64::from_le_bytes(*re), f64::from_le_bytes(*im))
        };
        self.elements(name).into_iter().map(halves).collect()
    }

    /// Texts of 17 characters of four octets: hardware addresses.
    pub(crate) fn addresses(&mut self, name: &str) -> Vec<String> {
        let text =
            |characters: [u8; 68]| characters.as_chunks::<4>().0.iter().map(|octets| octets[0] as char).collect();
        self.elements(name).into_iter().map(text).collect()
    }
}
