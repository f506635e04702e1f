//! Who this server is, and the secret that opens it: made once, kept in the data directory.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::error::StartError;

const TOKEN_BYTES: usize = 32;
const SERVER_FILE: &str = "server.json";
const TOKEN_FILE: &str = "token";

/// Who this server is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Never changes, so that Home Assistant knows the server again whatever its address.
    pub server_id: Uuid,
    /// Opens the API.
    pub token: Token,
}

/// A secret. Not shown by `Debug`, so that no log line can hold it.
#[derive(Clone)]
pub struct Token(String);

#[derive(Serialize, Deserialize)]
struct ServerFile {
    server_id: Uuid,
}

impl Identity {
    /// Reads the identity in `dir`, or makes one.
    ///
    /// # Errors
    /// [`StartError::DataDir`] when it cannot be read or written, [`StartError::Damaged`] when it is not what was written: a
    /// new identity would orphan everything that Home Assistant knows, so it is never made silently.
    pub fn load_or_create(dir: &Path) -> Result<Self, StartError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| data_dir(dir, source))?;
        Ok(Self { server_id: server_id(&dir.join(SERVER_FILE))?, token: token(&dir.join(TOKEN_FILE))? })
    }
}

impl Token {
    /// The secret, for showing it to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this secret. Takes the same time wherever the first difference is.
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }

    fn random() -> io::Result<Self> {
        let mut bytes = [0_u8; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() >= TOKEN_BYTES).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where the identity is kept unless told otherwise.
///
/// # Errors
/// [`StartError::NoDataDir`] when the environment does not say where a user's data goes.
pub(crate) fn default_data_dir() -> Result<PathBuf, StartError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    Ok(base.ok_or(StartError::NoDataDir)?.join("ruview"))
}

fn server_id(path: &Path) -> Result<Uuid, StartError> {
    if let Some(text) = read(path)? {
        let file: ServerFile = serde_json::from_str(&text).map_err(|error| StartError::Damaged {
            path: path.to_owned(),
            expected: "a JSON object with a UUID as server_id",
            found: error.to_string(),
        })?;
        return Ok(file.server_id);
    }
    let file = ServerFile { server_id: Uuid::new_v4() };
    let text = serde_json::to_string_pretty(&file).map_err(|error| data_dir(path, error.into()))?;
    write_atomically(path, &text, 0o644).map_err(|source| data_dir(path, source))?;
    Ok(file.server_id)
}

fn token(path: &Path) -> Result<Token, StartError> {
    if let Some(text) = read(path)? {
        tighten(path).map_err(|source| data_dir(path, source))?;
        return Token::parse(&text).ok_or_else(|| StartError::Damaged {
            path: path.to_owned(),
            expected: "at least 32 bytes in base64url",
            found: format!("{} characters that are not", text.trim().chars().count()),
        });
    }
    let token = Token::random().map_err(|source| data_dir(path, source))?;
    write_atomically(path, token.reveal(), 0o600).map_err(|source| data_dir(path, source))?;
    Ok(token)
}

/// Takes the token away from everybody but its owner.
fn tighten(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:o}"),
            "the token could be read by others; its mode is 600 now. Delete it to get a new one if somebody may have read it"
        );
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<String>, StartError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(data_dir(path, source)),
    }
}

/// Writes all or nothing, whenever the power goes.
fn write_atomically(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

fn data_dir(path: &Path, source: io::Error) -> StartError {
    StartError::DataDir { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/b");
        let first = Identity::load_or_create(&place).unwrap();
        let second = Identity::load_or_create(&place).unwrap();
        assert_eq!(first.server_id, second.server_id);
        assert_eq!(first.token.reveal(), second.token.reveal());
        assert_eq!(URL_SAFE_NO_PAD.decode(first.token.reveal()).unwrap().len(), 32);
        let mode = |file: &str| fs::metadata(place.join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(TOKEN_FILE), 0o600);
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn two_servers_differ() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = (Identity::load_or_create(a.path()).unwrap(), Identity::load_or_create(b.path()).unwrap());
        assert_ne!(a.server_id, b.server_id);
        assert!(!a.token.matches(b.token.reveal()));
        assert!(!a.token.matches("") && a.token.matches(a.token.reveal()));
    }

    #[test]
    fn a_readable_token_is_tightened() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(dir.path()).unwrap();
        let path = dir.path().join(TOKEN_FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let second = Identity::load_or_create(dir.path()).unwrap();
        assert_eq!(first.token.reveal(), second.token.reveal());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn damage_is_told_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        Identity::load_or_create(dir.path()).unwrap();
        for (file, contents) in [(SERVER_FILE, "{}"), (TOKEN_FILE, "short"), (TOKEN_FILE, "")] {
            let path = dir.path().join(file);
            let before = fs::read_to_string(&path).unwrap();
            fs::write(&path, contents).unwrap();
            let error = Identity::load_or_create(dir.path()).unwrap_err();
            assert!(matches!(error, StartError::Damaged { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), contents);
            fs::write(&path, before).unwrap();
        }
    }

    #[test]
    fn a_token_is_not_debugged() {
        let token = Token::random().unwrap();
        assert!(!format!("{token:?}").contains(token.reveal()));
    }
}
