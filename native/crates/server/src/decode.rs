//! `ruview-server decode`: what recordings hold, without playing them. A file is read once, in one pass, and of what it
//! holds only counts are kept.

mod lines;
mod names;
mod packets;
mod survey;
mod table;

use std::fmt::Display;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use ruview_capture::{CaptureError, open_recording};
use serde::Serialize;

use crate::cli::DecodeArgs;
use crate::error::StartError;
use names::Names;
use survey::{FileSurvey, Survey};

/// Octets that tell capture files from lines.
const MAGIC_LEN: u64 = 4;

/// What became of a file.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Read(Box<FileSurvey>),
    NotRead { file: String, error: String },
}

#[derive(Serialize)]
struct Output {
    files: Vec<Outcome>,
}

/// Surveys the files and prints what they hold; those that cannot be read do not keep the others from it.
pub(crate) fn decode(args: &DecodeArgs) -> Result<(), StartError> {
    let names = Names::new(args.show_mac)?;
    let mut output = Output { files: Vec::new() };
    let mut failed = 0;
    for path in &args.files {
        let outcome = match survey_file(path, &names) {
            Ok(survey) => Outcome::Read(Box::new(survey)),
            Err(error) => {
                failed += 1;
                writeln!(io::stderr(), "ruview-server: {error}")?;
                Outcome::NotRead { file: path.display().to_string(), error: error.to_string() }
            }
        };
        match outcome {
            outcome if args.json => output.files.push(outcome),
            Outcome::Read(survey) => print(&table::render(&survey))?,
            Outcome::NotRead { .. } => {}
        }
    }
    if args.json {
        print(&serde_json::to_string_pretty(&output).map_err(io::Error::from)?)?;
    }
    if failed > 0 { Err(StartError::NotDecoded { failed, files: args.files.len() }) } else { Ok(()) }
}

fn print(text: &dyn Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn survey_file(path: &Path, names: &Names) -> Result<FileSurvey, CaptureError> {
    let unreadable = |source| CaptureError::Unreadable { path: path.to_owned(), source };
    let bar = progress_bar(path);
    let mut recording = open_recording(path, |file| {
        bar.set_length(file.metadata().map_or(0, |metadata| metadata.len()));
        bar.wrap_read(file)
    })?;
    let mut magic = Vec::new();
    recording.octets.by_ref().take(MAGIC_LEN).read_to_end(&mut magic).map_err(unreadable)?;
    let container = packets::container(&magic);
    let octets = Cursor::new(magic).chain(recording.octets);

    let mut survey = Survey::new(names, container.unwrap_or("jsonl"));
    if container.is_some() {
        packets::read(octets, &mut survey);
    } else if !lines::read(octets, &mut survey) {
        return Err(CaptureError::NoRecords { paths: vec![path.to_owned()] });
    }
    Ok(survey.finish(path, bar.length().unwrap_or(0), recording.gzip))
}

/// Shows on stderr how far a file is read, if that is a terminal.
fn progress_bar(path: &Path) -> ProgressBar {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_message(name).with_finish(ProgressFinish::AndClear)
}
