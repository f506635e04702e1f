//! The options of the command line as keys of a file: `--udp-bind` is `udp_bind`. Nothing is listed here, so that an option
//! is a key from the moment that it is an option.

use std::any::TypeId;
use std::error::Error as _;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::yaml::{Node, Tree};

/// The commands that a file can configure.
pub(super) const SERVING: [&str; 3] = ["run", "replay", "simulate"];
/// Names the file, so it cannot stand in it.
const CONFIG: &str = "config";
/// Names that are as near as this to another are taken for a slip of the fingers.
const NEAR: f64 = 0.8;

/// An option as a file knows it.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// As it is written in a file.
    pub(super) name: String,
    pub(super) arg: Arg,
    /// The commands that have it.
    pub(super) commands: Vec<&'static str>,
}

/// Every key of a file, in the order in which the commands have them.
pub(super) fn keys(command: &Command) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for name in SERVING {
        let Some(serving) = command.find_subcommand(name) else { continue };
        for arg in serving.get_arguments() {
            let Some(long) = arg.get_long().filter(|long| ![CONFIG, "help", "version"].contains(long)) else {
                continue;
            };
            let key = long.replace('-', "_");
            match keys.iter_mut().find(|known| known.name == key) {
                Some(known) => known.commands.push(name),
                None => keys.push(Key { name: key, arg: arg.clone(), commands: vec![name] }),
            }
        }
    }
    keys
}

/// The one of `names` that `wrong` was probably meant to be.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_ascii_lowercase().replace('-', "_");
    let rated = names.map(|name| (strsim::jaro_winkler(&wrong, name), name));
    rated.filter(|(near, _)| *near >= NEAR).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name)
}

impl Key {
    pub(super) fn long(&self) -> &str {
        self.arg.get_long().unwrap_or_default()
    }

    pub(super) fn is_repeatable(&self) -> bool {
        matches!(self.arg.get_action(), ArgAction::Append)
    }

    /// The texts that stand for `node` on the command line.
    ///
    /// # Errors
    /// What is wrong with it, by the node to blame.
    pub(super) fn texts<'n>(&self, node: &'n Node) -> Result<Vec<&'n str>, Vec<(&'n Node, String)>> {
        let nodes = match &node.tree {
            Tree::List(items) if self.is_repeatable() => items.iter().collect(),
            _ => vec![node],
        };
        let mut texts = Vec::new();
        let mut wrong = Vec::new();
        for node in nodes {
            match (&node.tree, self.expected()) {
                (Tree::Broken, _) => {}
                (Tree::Scalar { text, .. }, _) if !node.is_null() => match self.check(text) {
                    Ok(()) => texts.push(text.as_str()),
                    Err(why) => wrong.push((node, format!("{}: {why}", self.name))),
                },
                (_, expected) => {
                    wrong.push((node, format!("{}: expected {expected}, found {}", self.name, node.kind())));
                }
            }
        }
        if wrong.is_empty() { Ok(texts) } else { Err(wrong) }
    }

    /// What kind of value it takes, for people.
    fn expected(&self) -> &'static str {
        let parser = self.arg.get_value_parser();
        match () {
            () if parser.type_id() == TypeId::of::<bool>() => "true or false",
            () if is_whole(parser) => "a whole number",
            () if self.is_repeatable() => "a value or a list of values",
            () => "a value",
        }
    }

    /// Whether the option takes this text, judged by the parser that the command line uses.
    fn check(&self, text: &str) -> Result<(), String> {
        let parser = self.arg.get_value_parser().clone();
        let probe = Arg::new("value").long("value").action(ArgAction::Set).value_parser(parser);
        let arguments = ["probe".to_owned(), format!("--value={text}")];
        let Err(error) = Command::new("probe").arg(probe).try_get_matches_from(arguments) else { return Ok(()) };
        let expected = match (error.kind(), error.get(ContextKind::ValidValue)) {
            (ErrorKind::InvalidValue, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
                format!("expected {}", valid.join(", "))
            }
            _ => error.source().map_or_else(|| format!("expected {}", self.expected()), ToString::to_string),
        };
        // Parsers of this program say what they expect; the standard library's only complain.
        if expected.starts_with("expected ") {
            return Err(format!("{expected}, found '{text}'"));
        }
        Err(format!("expected {}, found '{text}': {expected}", self.expected()))
    }
}

fn is_whole(parser: &ValueParser) -> bool {
    let id = parser.type_id();
    let whole =
        [TypeId::of::<u8>(), TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<usize>()];
    whole.into_iter().any(|whole| id == whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::command;

    #[test]
    fn every_long_option_of_a_serving_command_is_a_key() {
        let keys = keys(&command());
        let udp = keys.iter().find(|key| key.name == "udp_bind").unwrap();
        assert_eq!(udp.commands, ["run"]);
        let listen = keys.iter().find(|key| key.name == "listen").unwrap();
        assert_eq!(listen.commands, SERVING);
        assert!(keys.iter().find(|key| key.name == "udp_allow").unwrap().is_repeatable());
        assert!(!keys.iter().any(|key| key.name == CONFIG));
    }

    #[test]
    fn slips_are_recognised() {
        let known = || ["udp_bind", "udp_allow", "name", "privacy_class"].into_iter();
        assert_eq!(nearest("udp_bnid", known()), Some("udp_bind"));
        assert_eq!(nearest("Privacy-Class", known()), Some("privacy_class"));
        assert_eq!(nearest("colour", known()), None);
    }
}
