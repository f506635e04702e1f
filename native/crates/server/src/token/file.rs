//! The files that tokens are kept in.
//!
//! `token` holds the first one, `default`, in plain text, because its owner can have it shown. `tokens.json` holds what was
//! made later: a keyed hash of each, with a salt of its own as the key, so that the file opens nothing. Whoever changes them
//! holds `tokens.lock`. When each was last used only the running server knows, which writes that to a file of its own.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ruview_host::DataDirError;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::secret::{Token, random};
use super::{DEFAULT, Scope, TokenError};
use crate::error::StartError;
use crate::files;

const TOKEN_FILE: &str = "token";
const LIST_FILE: &str = "tokens.json";
const USED_FILE: &str = "tokens-used.json";
const LOCK_FILE: &str = "tokens.lock";
const SECRET: u32 = 0o600;
/// More than a home has clients; a check looks at each of them.
const MAX_TOKENS: usize = 64;
const MAX_NAME: usize = 64;

/// A token that its owner made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) created_at: Timestamp,
    salt: Bytes,
    hash: Bytes,
}

/// 32 bytes, in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Bytes([u8; 32]);

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        URL_SAFE_NO_PAD.encode(bytes.0)
    }
}

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = URL_SAFE_NO_PAD.decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| "expected 32 bytes in base64url".to_owned())
    }
}

#[derive(Default, Serialize, Deserialize)]
struct List {
    tokens: Vec<Entry>,
}

impl Entry {
    /// Whether `candidate` is this token. Takes the same time wherever the first difference is.
    pub(super) fn matches(&self, candidate: &str) -> bool {
        hash(&self.salt, candidate).ct_eq(&self.hash.0).into()
    }
}

fn hash(salt: &Bytes, secret: &str) -> [u8; 32] {
    *blake3::keyed_hash(&salt.0, secret.as_bytes()).as_bytes()
}

/// The tokens of a data directory.
#[derive(Debug, Clone)]
pub(super) struct Files {
    dir: PathBuf,
}

/// What the files are while nobody changes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Signature(Vec<Option<(u64, i64, i64, u64)>>);

/// When each token was last used, by id.
pub(super) type Used = BTreeMap<String, Timestamp>;

impl Files {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Holds everybody else off until the result is dropped.
    fn lock(&self) -> Result<File, StartError> {
        let path = self.at(LOCK_FILE);
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(SECRET).open(&path);
        let lock = open.and_then(|file| file.lock().map(|()| file));
        lock.map_err(|source| files::data_dir(&path, source))
    }

    /// The token `default`; `None` when it was revoked.
    pub(super) fn default_token(&self) -> Result<Option<Token>, StartError> {
        let path = self.at(TOKEN_FILE);
        let Some(text) = files::read_secret(&path)? else { return Ok(None) };
        let token = Token::parse(&text).ok_or_else(|| DataDirError::Damaged {
            path,
            expected: "at least 32 bytes in base64url",
            found: format!("{} characters that are not", text.trim().chars().count()),
        })?;
        Ok(Some(token))
    }

    /// The token `default`, made when there is none.
    pub(super) fn default_or_new(&self) -> Result<Token, StartError> {
        let _lock = self.lock()?;
        if let Some(token) = self.default_token()? {
            return Ok(token);
        }
        let path = self.at(TOKEN_FILE);
        let token = Token::random().map_err(|source| files::data_dir(&path, source))?;
        files::write(&path, token.reveal(), SECRET)?;
        Ok(token)
    }

    /// The tokens that were made later.
    pub(super) fn list(&self) -> Result<Vec<Entry>, StartError> {
        let path = self.at(LIST_FILE);
        let Some(text) = files::read_secret(&path)? else { return Ok(Vec::new()) };
        let damaged = |error: serde_json::Error| DataDirError::Damaged {
            path,
            expected: "the list of tokens that `ruview-server token create` writes",
            found: error.to_string(),
        };
        Ok(serde_json::from_str::<List>(&text).map_err(damaged)?.tokens)
    }

    fn write(&self, tokens: Vec<Entry>) -> Result<(), StartError> {
        let path = self.at(LIST_FILE);
        let text = serde_json::to_string_pretty(&List { tokens });
        files::write(&path, &text.map_err(|error| files::data_dir(&path, error.into()))?, SECRET)
    }

    /// Makes a token.
    pub(super) fn create(&self, name: &str, scope: Scope) -> Result<(Entry, Token), TokenError> {
        let name = name.trim();
        if !(1..=MAX_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(TokenError::Name { found: name.to_owned(), most: MAX_NAME });
        }
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        if name == DEFAULT || tokens.iter().any(|token| token.name == name) {
            return Err(TokenError::Taken(name.to_owned()));
        }
        if tokens.len() >= MAX_TOKENS {
            return Err(TokenError::TooMany(MAX_TOKENS));
        }
        let failed = |source| files::data_dir(&self.dir, source);
        let secret = Token::random().map_err(failed)?;
        let salt = Bytes(random().map_err(failed)?);
        let id = format!("{:08x}", u32::from_be_bytes(random().map_err(failed)?));
        let hash = Bytes(hash(&salt, secret.reveal()));
        let entry = Entry { id, name: name.to_owned(), scope, created_at: Timestamp::now(), salt, hash };
        tokens.push(entry.clone());
        self.write(tokens)?;
        Ok((entry, secret))
    }

    /// Takes a token's power away, by its name or id; its name and id.
    pub(super) fn revoke(&self, which: &str) -> Result<(String, String), TokenError> {
        let _lock = self.lock()?;
        let path = self.at(TOKEN_FILE);
        if which == DEFAULT && path.exists() {
            fs::remove_file(&path).map_err(|source| files::data_dir(&path, source))?;
            return Ok((DEFAULT.to_owned(), DEFAULT.to_owned()));
        }
        let mut tokens = self.list()?;
        let Some(index) = tokens.iter().position(|token| token.name == which || token.id == which) else {
            let known = tokens.into_iter().map(|token| token.name).chain(path.exists().then(|| DEFAULT.to_owned()));
            return Err(TokenError::Unknown { found: which.to_owned(), known: known.collect() });
        };
        let Entry { name, id, .. } = tokens.remove(index);
        self.write(tokens)?;
        Ok((name, id))
    }

    /// When tokens were last used. A file that makes no sense has nothing to say.
    pub(super) fn used(&self) -> Used {
        let text = files::read(&self.at(USED_FILE)).ok().flatten().unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(super) fn write_used(&self, used: &Used) -> Result<(), StartError> {
        let path = self.at(USED_FILE);
        let text = serde_json::to_string(used).map_err(|error| files::data_dir(&path, error.into()))?;
        files::write(&path, &text, SECRET)
    }

    /// Another one as soon as a token came or went.
    pub(super) fn signature(&self) -> Signature {
        let of = |name| {
            let metadata = fs::metadata(self.at(name)).ok()?;
            Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.len()))
        };
        Signature([TOKEN_FILE, LIST_FILE].map(of).to_vec())
    }
}
