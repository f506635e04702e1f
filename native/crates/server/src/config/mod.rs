//! The configuration: flags, variables, a file and defaults, in this order.
//!
//! The command line is the one source of what can be set. A file is read with the places of everything in it, each value is
//! judged by the parser of its option, and what neither a flag nor a variable says is then put on the command line as if its
//! user had typed it: so everything that holds among options holds for a file too.

mod example;
mod home;
mod options;
mod problem;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};

pub(crate) use example::example;
pub use home::Home;
pub use problem::ConfigError;

use crate::cli::{self, Cli};
use options::Key;
use problem::Problem;
use yaml::{Entry, Tree};

/// Larger than any configuration.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why a command line cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It says something that there is not, or asks for help.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// It names a file that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The command line with all its options. A flag can be given a value, so that it can say no to a file.
pub(crate) fn command() -> Command {
    fn negatable(command: Command) -> Command {
        let flags = command.mut_args(|arg| {
            if !matches!(arg.get_action(), ArgAction::SetTrue) {
                return arg;
            }
            let flag = arg.action(ArgAction::Set).num_args(0..=1).require_equals(true).value_name("true|false");
            flag.default_value("false")
                .default_missing_value("true")
                .hide_default_value(true)
                .hide_possible_values(true)
        });
        flags.mut_subcommands(negatable)
    }
    negatable(Cli::command())
}

/// A command, and where it came from.
#[derive(Debug)]
pub struct Invocation {
    /// What to do.
    pub command: cli::Command,
    /// Where it was said.
    pub origin: Origin,
}

/// A command line, and what it said with its file and variables when it was last read.
#[derive(Debug, Clone)]
pub struct Origin {
    arguments: Vec<OsString>,
    /// By the name of the option.
    said: BTreeMap<String, Vec<OsString>>,
}

impl Origin {
    /// Reads the same command line again, with what the file says now.
    pub(crate) fn read_again(&self) -> Result<Invocation, ParseError> {
        Invocation::read(self.arguments.clone())
    }

    /// The options that are said otherwise.
    pub(crate) fn differences(&self, now: &Self) -> Vec<String> {
        let names = self.said.keys().chain(now.said.keys()).collect::<BTreeSet<_>>();
        names.into_iter().filter(|name| self.said.get(*name) != now.said.get(*name)).cloned().collect()
    }

    /// Takes what `now` says of these options.
    pub(crate) fn take(&mut self, now: &Self, options: &[&str]) {
        for option in options {
            match now.said.get(*option) {
                Some(said) => self.said.insert((*option).to_owned(), said.clone()),
                None => self.said.remove(*option),
            };
        }
    }
}

impl Invocation {
    /// Reads a command line and the file that it names.
    ///
    /// # Errors
    /// [`ParseError`] tells everything that is wrong with the file, or the first thing that is wrong with the rest.
    pub fn read(arguments: Vec<OsString>) -> Result<Self, ParseError> {
        let (cli, said) = read(arguments.clone())?;
        Ok(Self { command: cli.command, origin: Origin { arguments, said } })
    }
}

fn read(mut arguments: Vec<OsString>) -> Result<(Cli, BTreeMap<String, Vec<OsString>>), ParseError> {
    let command = command();
    // What is missing here may be in the file. What is wrong is told by the second reading.
    let matches = command.clone().ignore_errors(true).try_get_matches_from(&arguments)?;
    let (path, leaf, matches) = leaf(&command, &matches);
    let file = matches.try_get_one::<PathBuf>("config").ok().flatten();
    let settings = file.map(|file| Settings::read(&command, file)).transpose()?;
    if let Some(settings) = &settings {
        let at = end_of(&path, &arguments);
        arguments.splice(at..at, settings.as_arguments(leaf, matches));
    }
    let matches = command.clone().try_get_matches_from(&arguments)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let (Some(serve), Some(settings)) = (cli.command.serve_mut(), settings) {
        serve.engine.home = settings.home;
    }
    Ok((cli, said(&command, &matches)))
}

/// What each option of the command that is meant was given, defaults included.
fn said(command: &Command, matches: &ArgMatches) -> BTreeMap<String, Vec<OsString>> {
    let (_, command, matches) = leaf(command, matches);
    let of = |arg: &Arg| {
        let values = matches.get_raw(arg.get_id().as_str())?.map(OsStr::to_owned).collect();
        Some((arg.get_long()?.to_owned(), values))
    };
    command.get_arguments().filter_map(of).collect()
}

/// Reads a file for its mistakes; how many settings it has.
///
/// # Errors
/// All of its mistakes.
pub(crate) fn check(path: &Path) -> Result<usize, ConfigError> {
    Ok(Settings::read(&command(), path)?.entries)
}

/// The command that is meant, by name, and what was said to it.
fn leaf<'a>(command: &'a Command, matches: &'a ArgMatches) -> (Vec<&'a str>, &'a Command, &'a ArgMatches) {
    let (mut path, mut command, mut matches) = (Vec::new(), command, matches);
    while let Some((name, below)) = matches.subcommand() {
        let Some(next) = command.find_subcommand(name) else { break };
        path.push(name);
        (command, matches) = (next, below);
    }
    (path, command, matches)
}

/// Where the arguments behind the command's name begin.
fn end_of(path: &[&str], arguments: &[OsString]) -> usize {
    let mut at = 1;
    for name in path {
        let rest = arguments.iter().skip(at);
        at += rest.take_while(|argument| argument.as_os_str() != OsStr::new(name)).count() + 1;
    }
    at.min(arguments.len())
}

/// What a file says, checked.
struct Settings {
    /// The texts that each option would be given on the command line.
    values: Vec<(Key, Vec<String>)>,
    home: Home,
    entries: usize,
}

impl Settings {
    fn read(command: &Command, path: &Path) -> Result<Self, ConfigError> {
        let text = read_text(path).map_err(|error| ConfigError::unreadable(path, error))?;
        let mut problems = Vec::new();
        let entries = yaml::parse(&text, &mut problems);
        let keys = options::keys(command);
        let mut values = Vec::new();
        let (mut rooms, mut thresholds) = (None, None);
        for Entry { key: name, at, value } in &entries {
            let is_section = !matches!(value.tree, Tree::Scalar { .. }) || value.is_null();
            match (name.as_str(), keys.iter().find(|key| key.name == *name)) {
                (home::ROOMS, _) if is_section => rooms = Some(value),
                (home::THRESHOLDS, _) => thresholds = Some(value),
                (_, Some(key)) => match key.texts(value) {
                    Ok(texts) => values.push((key.clone(), texts.into_iter().map(str::to_owned).collect())),
                    Err(wrong) => problems.extend(wrong.into_iter().map(|(node, what)| Problem::new(node.at, what))),
                },
                (_, None) => problems.push(Problem::new(*at, unknown(name, &keys))),
            }
        }
        let home = Home::read(rooms, thresholds, &mut problems);
        if problems.is_empty() {
            Ok(Self { values, home, entries: entries.len() })
        } else {
            Err(ConfigError::problems(path, problems))
        }
    }

    /// What `command` can be told of it that neither a flag nor a variable has said.
    fn as_arguments(&self, command: &Command, matches: &ArgMatches) -> Vec<OsString> {
        let said = |id: &str| {
            let source = matches.value_source(id);
            matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
        };
        let mut arguments = Vec::new();
        for (key, texts) in &self.values {
            let known = command.get_arguments().find(|arg| arg.get_long() == Some(key.long()));
            if known.is_some_and(|arg| !said(arg.get_id().as_str())) {
                arguments.extend(texts.iter().map(|text| OsString::from(format!("--{}={text}", key.long()))));
            }
        }
        arguments
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("expected at most {MAX_BYTES} bytes")));
    }
    Ok(text)
}

fn unknown(name: &str, keys: &[Key]) -> String {
    let names = keys.iter().map(|key| key.name.as_str()).chain([home::ROOMS, home::THRESHOLDS]);
    match options::nearest(name, names) {
        Some(near) => format!("there is no setting '{name}'; did you mean '{near}'?"),
        None => format!("there is no setting '{name}'; `ruview-server config example` shows all there are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ruview.yaml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    fn parse(arguments: &[&str]) -> Result<cli::Command, ParseError> {
        Ok(Invocation::read(arguments.iter().map(OsString::from).collect())?.command)
    }

    fn run(path: &Path, more: &[&str]) -> Result<cli::RunArgs, ParseError> {
        let mut arguments = vec!["ruview-server", "run", "--config", path.to_str().unwrap()];
        arguments.extend(more);
        match parse(&arguments)? {
            cli::Command::Run(args) => Ok(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_says_what_flags_do_not() {
        let (_dir, path) = file(
            "udp_bind: 0.0.0.0:6005\nudp_allow: [10.0.0.0/8, 192.168.1.0/24]\nname: \"007\"\ntracking: true\n\
             stale_after: 45\nmonitor: attic=wlan1\nspeed: max\nprivacy_class: 3\n",
        );
        let args = run(&path, &[]).unwrap();
        assert_eq!(args.udp_bind.to_string(), "0.0.0.0:6005");
        assert_eq!(args.udp_allow.len(), 2);
        assert_eq!((args.serve.engine.name.as_str(), args.serve.engine.stale_after), ("007", 45));
        assert_eq!(args.monitor[0].name.as_str(), "attic");
        assert!(args.serve.engine.privacy.tracking);

        let args = run(&path, &["--udp-allow", "127.0.0.0/8", "--tracking=false", "--stale-after=9"]).unwrap();
        assert_eq!((args.udp_allow.len(), args.serve.engine.stale_after), (1, 9), "a flag replaces the whole list");
        assert!(!args.serve.engine.privacy.tracking);
        assert_eq!(args.udp_bind.to_string(), "0.0.0.0:6005");
    }

    #[test]
    fn what_holds_among_options_holds_for_files() {
        let (_dir, path) = file("once: true\nloop: true\n");
        let arguments = ["ruview-server", "replay", "--config", path.to_str().unwrap(), "a.jsonl"];
        let error = parse(&arguments).unwrap_err();
        assert!(error.to_string().contains("cannot be used with"), "{error}");
    }

    #[test]
    fn rooms_and_thresholds_have_sections() {
        let (_dir, path) = file(
            "rooms:\n  - {id: hall, name: Hall, nodes: [node_1, node_2], thresholds: {}}\n\
             thresholds:\n  node_3: {sensitivity: high, hold_s: 60}\n",
        );
        let home = run(&path, &[]).unwrap().serve.engine.home;
        assert_eq!(home.rooms.unwrap().rooms()[0].id, "hall");
        assert_eq!(home.tunings["node_3"].hold_s, Some(60));
        let (_dir, path) = file("rooms: other.yaml\n");
        let engine = run(&path, &[]).unwrap().serve.engine;
        assert_eq!((engine.rooms, engine.home.rooms), (Some(PathBuf::from("other.yaml")), None));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let (_dir, path) = file(
            "udp_bnid: 0.0.0.0:5005\n\
             udp_bind: 5005\n\
             name: Attic\n\
             name: Cellar\n\
             colour: red\n\
             stale_after: soon\n\
             privacy_class: 0\n\
             udp_allow: [10.0.0.0/8, 10.0.0.0/99, {a: b}]\n\
             tracking: maybe\n\
             listen: [a, b]\n\
             log_level: loud\n\
             timezone:\n\
             data_dir: !secret place\n\
             rooms:\n\
             \x20 - {id: Hall!, name: Hall, nodes: [node_1], colour: red}\n\
             \x20 - {id: bath, nodes: [node_2]}\n\
             thresholds:\n\
             \x20 kitchen: {hold_s: 2}\n\
             \x20 node_9: {sensitivity: extreme, hold_s: 1}\n\
             monitor_dwell: 0\n\
             speed: [1\n",
        );
        let said = run(&path, &[]).unwrap_err().to_string();
        let expected = [
            "1:1: there is no setting 'udp_bnid'; did you mean 'udp_bind'?",
            "2:11: udp_bind: expected an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000, found '5005'",
            "4:1: name: this key is there twice; the first one is in line 3",
            "5:1: there is no setting 'colour'; `ruview-server config example` shows all there are",
            "6:14: stale_after: expected a whole number, found 'soon': invalid digit found in string",
            "7:16: privacy_class: expected 2 or anonymous, 3 or restricted, or, for research, 1 or derived, found '0'",
            "8:25: udp_allow: expected a subnet with its prefix length",
            "8:38: udp_allow: expected a value or a list of values, found a mapping",
            "9:11: tracking: expected true, false, found 'maybe'",
            "10:9: listen: expected a value, found a list",
            "11:12: log_level: expected error, warn, info, debug, found 'loud'",
            "timezone: expected a value, found nothing",
            "13:11: expected a plain value, found a tag",
            "15:46: rooms[0].colour: expected one of",
            "15:6: rooms[0].id: expected 1 to 64 characters a-z and 0-9",
            "16:5: rooms[1].name: expected a value, found nothing",
            "18:3: thresholds.kitchen: expected the id of a node",
            "18:13: thresholds.kitchen.hold_s: expected 5 to 3600, found 2",
            "19:12: thresholds.node_9.sensitivity: expected one of",
            "19:34: thresholds.node_9.hold_s: expected 5 to 3600, found 1",
            "20:16: monitor_dwell: expected a whole number, found '0': 0 is not in 1..=3600",
            "this is not YAML",
        ];
        for problem in expected {
            assert!(said.contains(problem), "{problem}\nis not in\n{said}");
        }
        let lines: Vec<_> = said.lines().skip(1).collect();
        assert_eq!(lines.len(), expected.len(), "{said}");
        assert!(lines.iter().all(|line| line.starts_with(path.to_str().unwrap())), "{said}");
    }

    #[test]
    fn rooms_that_contradict_each_other_are_told_by_their_place() {
        let (_dir, path) = file("rooms:\n- {id: a, name: A, nodes: [node_1]}\n- {id: a, name: B, nodes: [node_1]}\n");
        let said = run(&path, &[]).unwrap_err().to_string();
        assert!(said.contains(":3:4: rooms[1].id: expected an id that no other room has, found a"), "{said}");
        assert!(said.contains(":3:20: rooms[1].nodes: expected a node that is in no other room"), "{said}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing.yaml");
        let said = run(&missing, &[]).unwrap_err().to_string();
        assert!(said.contains("missing.yaml") && said.contains("No such file"), "{said}");
        let (_dir, large) = file(&"# x\n".repeat(300_000));
        assert!(run(&large, &[]).unwrap_err().to_string().contains("at most 1048576 bytes"));
    }

    #[test]
    fn the_example_is_valid_and_says_the_defaults() {
        let (_dir, path) = file(&example());
        assert_eq!(check(&path).unwrap(), 0, "everything is commented out");
        let settings: Vec<_> = options::keys(&command());
        let with_defaults = |key: &&Key| !key.arg.get_default_values().is_empty();
        let defaults: Vec<_> = settings.iter().filter(with_defaults).map(|key| format!("#{}:", key.name)).collect();
        let text = example();
        let of_defaults = |line: &&str| defaults.iter().any(|key| line.starts_with(key));
        let active: Vec<_> = text.lines().filter(of_defaults).map(|line| &line[1..]).collect();
        let (_dir, active) = file(&active.join("\n"));
        assert_eq!(check(&active).unwrap(), defaults.len());
        assert_eq!(
            format!("{:?}", run(&active, &[]).unwrap().serve.engine),
            format!("{:?}", run(&path, &[]).unwrap().serve.engine)
        );
        for key in &settings {
            assert!(example().contains(&format!("\n#{}:", key.name)), "{}", key.name);
        }
    }

    #[test]
    fn the_sections_of_the_example_are_valid() {
        let text = example();
        let sections = text.split_once("\n#rooms:\n").unwrap().1;
        let lines = sections.lines().filter(|line| !line.starts_with("# ") || line.starts_with("#  "));
        let uncommented: Vec<_> = lines.map(|line| line.strip_prefix('#').unwrap_or(line)).collect();
        let (_dir, path) = file(&format!("rooms:\n{}\n", uncommented.join("\n")));
        assert_eq!(check(&path).unwrap(), 2);
    }

    #[test]
    fn the_page_shows_the_example() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/configuration.md");
        let page = std::fs::read_to_string(page).unwrap();
        let shown = page.split_once("```yaml\n").and_then(|(_, rest)| rest.split_once("```\n")).unwrap().0;
        assert!(shown == example(), "run scripts/generate, which writes docs/configuration.md");
    }
}
