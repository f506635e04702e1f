//! Raw measurements never leave the host: no adapter takes an address to send to, and nothing in this crate sends. Read
//! from the sources, so that a new option cannot slip in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A parameter of a function or a field of a type: its name and its type.
type Member = (String, String);

/// What may name an address: where we receive, from whom we do, and from whom something came.
const ADDRESSES: [(&str, &str); 8] = [
    ("address", "IpAddr"),
    ("address", "SocketAddr"),
    ("allow", "&[IpNet]"),
    ("allow", "Vec<IpNet>"),
    ("bind", "SocketAddr"),
    ("from", "IpAddr"),
    ("from", "SocketAddr"),
    ("local_addr", "SocketAddr"),
];
/// What the public API takes or tells as text: interfaces, files, and what was found instead of a record.
const TEXTS: [(&str, &str); 12] = [
    // Of simulated stories: what they tell and what is wrong with them.
    ("about", "String"),
    ("expected", "String"),
    ("field", "String"),
    ("files", "Vec<PathBuf>"),
    ("found", "String"),
    ("interface", "String"),
    ("message", "String"),
    ("name", "String"),
    ("path", "&Path"),
    ("path", "PathBuf"),
    ("paths", "Vec<PathBuf>"),
    ("text", "&str"),
];
/// Parts of types that hold addresses, and of those that hold text.
const ADDRESS_TYPES: [&str; 6] = ["SocketAddr", "IpAddr", "Ipv4Addr", "Ipv6Addr", "IpNet", "Url"];
const TEXT_TYPES: [&str; 5] = ["String", "&str", "Path", "OsStr", "Cow<"];
/// Ways to reach another host.
const SENDING: [&str; 9] = [
    "send_to",
    ".connect(",
    "TcpStream",
    "ToSocketAddrs",
    "lookup_host",
    "sendmsg",
    "sendto",
    "set_broadcast",
    "Command::new",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().filter(|path| path.file_name().is_some_and(|name| name != "tests.rs")).chain(below).collect()
}

/// The code of every source file, without comments and tests.
fn code() -> Vec<String> {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(files.len() > 20, "found {files:?}");
    let code = |path: PathBuf| {
        let text = fs::read_to_string(path).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
        code.map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    };
    files.into_iter().map(code).collect()
}

/// All parameters and fields: whatever stands as `name: type` between brackets and commas.
fn members(code: &str) -> Vec<Member> {
    code.split([',', '(', ')', '{', '}', ';', '|'])
        .filter_map(|piece| piece.split_once(": "))
        .map(|(name, of_type)| {
            let name = name.split_whitespace().next_back().unwrap_or_default();
            (name.to_owned(), of_type.trim().to_owned())
        })
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect()
}

/// The signatures of public functions and the fields of public types, in whatever they say `pub` or are public with.
fn public(code: &str) -> String {
    let signatures = ["pub fn ", "pub const fn ", "pub async fn ", "pub unsafe fn "]
        .iter()
        .flat_map(|start| code.split(start).skip(1))
        .filter_map(|rest| rest.split('{').next());
    let fields = code.lines().filter(|line| line.trim_start().starts_with("pub ") && line.contains(": "));
    let types = ["pub enum ", "pub trait "]
        .iter()
        .flat_map(|start| code.split(start).skip(1))
        .filter_map(|rest| rest.split("\n}").next());
    signatures.chain(fields).chain(types).collect::<Vec<_>>().join(";\n")
}

fn with_types(members: impl IntoIterator<Item = Member>, types: &[&str]) -> BTreeSet<Member> {
    members.into_iter().filter(|(_, of_type)| types.iter().any(|part| of_type.contains(part))).collect()
}

fn owned(members: &[(&str, &str)]) -> BTreeSet<Member> {
    members.iter().map(|(name, of_type)| ((*name).to_owned(), (*of_type).to_owned())).collect()
}

#[test]
fn addresses_are_those_of_receiving() {
    let members = code().iter().flat_map(|code| members(code)).collect::<Vec<_>>();
    assert_eq!(with_types(members, &ADDRESS_TYPES), owned(&ADDRESSES));
}

#[test]
fn texts_are_interfaces_and_files() {
    let members = code().iter().flat_map(|code| members(&public(code))).collect::<Vec<_>>();
    assert_eq!(with_types(members, &TEXT_TYPES), owned(&TEXTS));
}

#[test]
fn nothing_is_named_like_a_place_to_send_to() {
    const PLACES: [&str; 10] =
        ["url", "uri", "remote", "peer", "endpoint", "destination", "upstream", "broker", "server", "hostname"];
    for code in code() {
        for (name, of_type) in members(&public(&code)) {
            assert!(!PLACES.iter().any(|place| name.contains(place)), "{name}: {of_type}");
        }
    }
}

#[test]
fn nothing_sends() {
    for code in code() {
        for way in SENDING {
            assert!(!code.contains(way), "{way} in\n{code}");
        }
    }
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let bad = "pub struct A {\n    pub upload_url: String,\n}\npub fn b(mut peer: SocketAddr, n: u8) -> Vec<IpNet> {";
    let found = members(&public(bad));
    assert!(found.contains(&(String::from("upload_url"), String::from("String"))), "{found:?}");
    assert!(found.contains(&(String::from("peer"), String::from("SocketAddr"))), "{found:?}");
}
