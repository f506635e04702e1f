//! A file to begin with: every setting with its help, commented out at its default.

use std::fmt::Write;

use clap::builder::PossibleValue;

use super::options::{self, Key};
use super::{command, home};

/// Columns of a comment.
const WIDTH: usize = 100;

/// What no option can say.
const SECTIONS: &str = "\
# Instead of the name of a file, the rooms themselves: what nodes stand in which, what is next to what, and what differs from
# the defaults. Home Assistant's rooms replace these when it sends some.
#rooms:
#  - id: bedroom
#    name: Bedroom
#    tags: [bedroom]
#    nodes: [node_1, node_2]
#    zones:
#      - {id: bed, name: Bed, tags: [bed], nodes: [node_2]}
#    adjacent: [bath]
#    sensitivity: medium
#    hold_s: 60
#    thresholds:
#      no_movement: {}
#  - {id: bath, name: Bathroom, tags: [bathroom], nodes: [node_3], adjacent: [bedroom]}

# How nodes are judged that stand in no room.
#thresholds:
#  node_4: {sensitivity: high, hold_s: 30}
";

/// The example.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# Settings of ruview-server. Each is an option of its commands too, and a variable: --udp-bind, RUVIEW_UDP_BIND.\n\
         # An option wins over a variable, a variable over this file. Paths are relative to where the program is started.\n",
    );
    let keys = options::keys(&command());
    let mut groups: Vec<&[&str]> = Vec::new();
    for key in &keys {
        if !groups.contains(&key.commands.as_slice()) {
            groups.push(&key.commands);
        }
    }
    // What every command takes comes first.
    groups.sort_by_key(|commands| std::cmp::Reverse(commands.len()));
    for commands in groups {
        let title =
            if commands.len() == options::SERVING.len() { "every command".to_owned() } else { commands.join(", ") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n# ===== {title} =====");
        for key in keys.iter().filter(|key| key.commands == commands) {
            text.push_str(&entry(key));
        }
    }
    let _ = write!(text, "\n# ===== {} and {} =====\n\n{SECTIONS}", home::ROOMS, home::THRESHOLDS);
    text
}

fn entry(key: &Key) -> String {
    let help = key.arg.get_long_help().or_else(|| key.arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let values = key.arg.get_possible_values();
    let values: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
    let choice = if values.is_empty() || values.contains(&"true") {
        String::new()
    } else {
        format!(" One of {}.", values.join(", "))
    };
    let sentence = help.trim_end_matches('.');
    let mut text = String::from("\n");
    for line in wrapped(&format!("{sentence}.{choice}")) {
        let _ = writeln!(text, "# {line}");
    }
    let _ = writeln!(text, "#{}: {}", key.name, value(key));
    text
}

/// The default, or what kind of value there can be.
fn value(key: &Key) -> String {
    let defaults: Vec<_> = key.arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let placeholder = || key.arg.get_value_names().and_then(|names| names.first()).map_or("…", |name| name.as_str());
    let value = if defaults.is_empty() { placeholder().to_owned() } else { defaults.join(", ") };
    if key.is_repeatable() { format!("[\"{value}\"]") } else { value }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < WIDTH);
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
