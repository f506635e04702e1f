//! `ruview-server`, the program.

use std::io::Write;
use std::process::ExitCode;

use ruview_server::config::{Invocation, ParseError};

fn main() -> ExitCode {
    let invocation = match Invocation::read(std::env::args_os().collect()) {
        Ok(invocation) => invocation,
        // Help and version are "errors" of the parser too, but they are what was asked for.
        Err(ParseError::Usage(error)) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
        Err(ParseError::Config(error)) => return failed(&error),
    };
    match ruview_server::run(invocation) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "ruview-server: {error}");
    ExitCode::FAILURE
}
