//! The command line: see `--help`.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ruview_accuracy::bench;
use ruview_accuracy::bursts;
use ruview_accuracy::plan::Plan;
use ruview_accuracy::replay::replay;

#[derive(Parser)]
#[command(about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays the plan on standard input (JSON) and prints one JSON line a run.
    Replay {
        /// Runs that are played at once.
        #[arg(long, default_value_t = 2)]
        jobs: usize,
    },
    /// Reads names of recordings on standard input (JSON) and prints the bursts of movement in each, one JSON line each.
    Bursts,
    /// Measures what sensing costs and prints it as JSON.
    Bench,
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Replay { jobs } => {
            let plan: Plan = serde_json::from_reader(io::stdin().lock())?;
            Ok(replay(&plan, *jobs, io::stdout())?)
        }
        Command::Bursts => Ok(bursts::measure(&serde_json::from_reader(io::stdin().lock())?, io::stdout().lock())?),
        Command::Bench => Ok(serde_json::to_writer(io::stdout().lock(), &bench::measure()?)?),
    }
}
