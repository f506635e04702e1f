//! A YAML text as a tree in which everything knows its place, so that each problem can be shown where it is.
//!
//! Scalars stay text: what `5005` or `on` means is up to the option that takes it. Aliases and tags are refused, because no
//! setting needs them and a tag that is ignored (`!secret`) would be a surprise.

use granit_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use super::problem::{Place, Problem};

/// Deeper than any setting, and shallow enough to be walked recursively.
const MAX_DEPTH: usize = 32;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) tree: Tree,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Scalar {
        text: String,
        /// Without quotes, so that `null`, `true` and numbers can be meant.
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order of the file; keys are unique.
    Map(Vec<Entry>),
    /// Something that was complained about already.
    Broken,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: Place,
    pub(super) value: Node,
}

/// Reads `text`; what is wrong with it goes to `problems`, and what could be read is returned all the same.
pub(super) fn parse(text: &str, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut builder = Builder { open: Vec::new(), root: None, documents: 0, problems };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => match builder.take(event, &span) {
                Ok(()) => {}
                Err(Enough) => break,
            },
            Err(error) => {
                let marker = error.marker();
                builder.problem(Place::new(marker.line(), marker.col()), format!("this is not YAML: {}", error.info()));
                break;
            }
        }
    }
    builder.finish()
}

/// Stops the reading.
struct Enough;

enum Open {
    List { at: Place, items: Vec<Node> },
    Map { at: Place, entries: Vec<Entry>, key: Option<Key> },
}

/// The key whose value comes next.
struct Key {
    at: Place,
    /// `None` when it was complained about, so that its value is of no interest.
    name: Option<String>,
}

struct Builder<'p> {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    problems: &'p mut Vec<Problem>,
}

impl Builder<'_> {
    fn problem(&mut self, at: Place, what: impl Into<String>) {
        self.problems.push(Problem::new(at, what));
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Enough> {
        let at = Place::new(span.start.line(), span.start.col());
        if event.tag().is_some() || event.is_alias() {
            let found = if event.is_alias() { "an alias" } else { "a tag" };
            let at = span.tag_start().map_or(at, |tag| Place::new(tag.line(), tag.col()));
            self.problem(at, format!("expected a plain value, found {found}"));
        }
        let tagged = event.tag().is_some();
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.problem(at, "expected one document, found the begin of another");
                    return Err(Enough);
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.put(Node { at, tree: Tree::Broken }),
            Event::Scalar(..) if tagged => self.put(Node { at, tree: Tree::Broken }),
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                self.put(Node { at, tree: Tree::Scalar { text: text.into_owned(), plain } });
            }
            Event::SequenceStart(..) => self.begin(Open::List { at, items: Vec::new() }, at)?,
            Event::MappingStart(..) => self.begin(Open::Map { at, entries: Vec::new(), key: None }, at)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            // Begin and end of the stream, comments: nothing that is part of the tree.
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, open: Open, at: Place) -> Result<(), Enough> {
        if self.open.len() >= MAX_DEPTH {
            self.problem(at, format!("expected at most {MAX_DEPTH} levels, found more"));
            return Err(Enough);
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) {
        let node = match self.open.pop() {
            Some(Open::List { at, items }) => Node { at, tree: Tree::List(items) },
            Some(Open::Map { at, entries, .. }) => Node { at, tree: Tree::Map(entries) },
            None => return,
        };
        self.put(node);
    }

    /// Puts a value where it belongs.
    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(Key { at, name: Some(key) }) => entries.push(Entry { key, at, value: node }),
                Some(Key { name: None, .. }) => {}
                None => {
                    let at = node.at;
                    let (name, wrong) = key_name(node, entries);
                    *key = Some(Key { at, name });
                    if let Some(wrong) = wrong {
                        self.problem(at, wrong);
                    }
                }
            },
        }
    }

    /// Closes what is still open after a fault: what is half there is not judged.
    fn finish(mut self) -> Vec<Entry> {
        let half_open = self.open.drain(..).next();
        match half_open.or(self.root.map(|Node { at, tree }| match tree {
            Tree::Map(entries) => Open::Map { at, entries, key: None },
            _ => Open::List { at, items: Vec::new() },
        })) {
            Some(Open::Map { entries, .. }) => entries,
            Some(Open::List { at, .. }) => {
                self.problems.push(Problem::new(at, "expected settings such as `name: Attic`, found something else"));
                Vec::new()
            }
            None => Vec::new(),
        }
    }
}

/// The name of a key, and what is wrong with it.
fn key_name(node: Node, entries: &[Entry]) -> (Option<String>, Option<String>) {
    match node.tree {
        Tree::Scalar { text, .. } => match entries.iter().find(|entry| entry.key == text) {
            Some(first) => {
                let wrong = format!("{text}: this key is there twice; the first one is in line {}", first.at.line);
                (None, Some(wrong))
            }
            None => (Some(text), None),
        },
        Tree::Broken => (None, None),
        Tree::List(_) | Tree::Map(_) => (None, Some("expected a key, found a list or a mapping".to_owned())),
    }
}

impl Node {
    /// What this is, for people.
    pub(super) fn kind(&self) -> String {
        match &self.tree {
            Tree::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Tree::Scalar { text, .. } => format!("'{text}'"),
            Tree::List(_) => "a list".to_owned(),
            Tree::Map(_) => "a mapping".to_owned(),
            Tree::Broken => "something else".to_owned(),
        }
    }

    /// Whether no value was given.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.tree, Tree::Scalar { text, plain: true } if ["", "~", "null", "Null", "NULL"].contains(&&**text))
    }

    /// The value in JSON, by the core schema of YAML 1.2.
    pub(super) fn to_json(&self) -> Value {
        match &self.tree {
            Tree::Scalar { text, plain: false } => Value::String(text.clone()),
            Tree::Scalar { text, plain: true } => {
                if self.is_null() {
                    Value::Null
                } else {
                    plain(text)
                }
            }
            Tree::List(items) => items.iter().map(Self::to_json).collect(),
            Tree::Map(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
            Tree::Broken => Value::Null,
        }
    }

    /// Where `path`, such as `zones[0].name`, is; where its nearest parent is when it is not there.
    pub(super) fn place_of(&self, path: &str) -> Place {
        let mut here = self;
        let mut at = self.at;
        for step in steps(path) {
            let next = match (&here.tree, step) {
                (Tree::Map(entries), Step::Key(key)) => {
                    entries.iter().find(|entry| entry.key == key).map(|entry| (entry.at, &entry.value))
                }
                (Tree::List(items), Step::Index(index)) => items.get(index).map(|item| (item.at, item)),
                _ => None,
            };
            let Some((place, node)) = next else { return at };
            at = place;
            here = node;
        }
        at
    }

    /// Takes what `path` names out of the tree; false when it is not there, or is part of a list.
    pub(super) fn remove(&mut self, path: &str) -> bool {
        let mut here = self;
        let mut steps = steps(path).peekable();
        while let Some(step) = steps.next() {
            match (&mut here.tree, step) {
                (Tree::Map(entries), Step::Key(key)) => {
                    let Some(index) = entries.iter().position(|entry| entry.key == key) else { return false };
                    if steps.peek().is_none() {
                        entries.remove(index);
                        return true;
                    }
                    here = &mut entries[index].value;
                }
                (Tree::List(items), Step::Index(index)) if index < items.len() => here = &mut items[index],
                _ => return false,
            }
        }
        false
    }

    /// Whether something in here was complained about already.
    pub(super) fn is_broken(&self) -> bool {
        match &self.tree {
            Tree::Scalar { .. } => false,
            Tree::List(items) => items.iter().any(Self::is_broken),
            Tree::Map(entries) => entries.iter().any(|entry| entry.value.is_broken()),
            Tree::Broken => true,
        }
    }
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// `a[0].b` is a, 0, b.
fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split(['.', '['])
        .filter(|part| !part.is_empty())
        .map(|part| part.strip_suffix(']').and_then(|index| index.parse().ok()).map_or(Step::Key(part), Step::Index))
}

/// A plain scalar that is not null.
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let integer = text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().map(Number::from);
    let is_numeric = text.starts_with(|c: char| c.is_ascii_digit() || ['-', '+', '.'].contains(&c));
    let real = || text.parse::<f64>().ok().filter(|_| is_numeric).and_then(Number::from_f64);
    integer.or_else(real).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> (Vec<Entry>, Vec<String>) {
        let mut problems = Vec::new();
        let entries = parse(text, &mut problems);
        (entries, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn everything_knows_its_place() {
        let (entries, problems) = read("a: 1\nrooms:\n  - id: x\n    nodes: [n, 'm']\n");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(entries[0].value.at, Place { line: 1, column: 4 });
        let rooms = &entries[1].value;
        assert_eq!(rooms.place_of("[0].nodes[1]"), Place { line: 4, column: 16 });
        assert_eq!(rooms.place_of("[0].nodes"), Place { line: 4, column: 5 });
        assert_eq!(rooms.place_of("[0].name"), Place { line: 3, column: 5 }, "its parent");
        assert_eq!(rooms.to_json(), json!([{"id": "x", "nodes": ["n", "m"]}]));
    }

    #[test]
    fn scalars_mean_what_the_core_schema_says() {
        let (entries, _) = read("v: [1, -2, 1.5, 1e3, true, null, ~, yes, on, '1', .5, 0x, nan, 1.2.3.4, '']");
        assert_eq!(
            entries[0].value.to_json(),
            json!([1, -2, 1.5, 1000.0, true, null, null, "yes", "on", "1", 0.5, "0x", "nan", "1.2.3.4", ""])
        );
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_is_read() {
        for (text, problem, keys) in [
            ("a: 1\na: 2\nb: 3\n", "2:1: a: this key is there twice; the first one is in line 1", &["a", "b"][..]),
            ("a: &x 1\nb: *x\n", "2:4: expected a plain value, found an alias", &["a", "b"]),
            ("a: !secret x\n", "1:4: expected a plain value, found a tag", &["a"]),
            ("[1]: 2\nb: 3\n", "1:1: expected a key, found a list or a mapping", &["b"]),
            ("- 1\n", "1:1: expected settings", &[]),
            ("a: 1\n---\nb: 1\n", "2:1: expected one document", &["a"]),
            ("a: 1\nb: [1, 2\nc: 3\n", "this is not YAML", &["a"]),
            ("a: 1\nb: 'x\n", "this is not YAML", &["a"]),
        ] {
            let (entries, problems) = read(text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(problem), "{text}: {problems:?}");
            assert_eq!(entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), keys, "{text}");
        }
        assert_eq!(read(""), (Vec::new(), Vec::new()));
        assert_eq!(read("# nothing\n"), (Vec::new(), Vec::new()));
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        for (levels, problem) in [(40, "at most 32 levels"), (100_000, "recursion limit exceeded")] {
            let (entries, problems) = read(&format!("a: {}{}", "[".repeat(levels), "]".repeat(levels)));
            assert!(entries.is_empty());
            assert!(problems[0].contains(problem), "{problems:?}");
        }
    }
}
