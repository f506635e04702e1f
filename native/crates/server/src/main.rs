//! `ruview-server`, the program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use ruview_server::cli::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are "errors" of the parser too, but they are what was asked for.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match ruview_server::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ruview-server: {error}");
            ExitCode::FAILURE
        }
    }
}
