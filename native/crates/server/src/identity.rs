//! Who this server is: made once, kept in the data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ruview_host::{make_dir, server_id};
use uuid::Uuid;

use crate::error::StartError;
use crate::token::Tokens;

/// Who this server is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Never changes, so that Home Assistant knows the server again whatever its address.
    pub server_id: Uuid,
    /// Open the API.
    pub tokens: Arc<Tokens>,
}

impl Identity {
    /// Reads the identity in `dir`, or makes one.
    ///
    /// # Errors
    /// [`StartError::DataDir`] when it cannot be read or written, or is not what was written: a
    /// new identity would orphan everything that Home Assistant knows, so it is never made silently.
    pub fn load_or_create(dir: &Path) -> Result<Self, StartError> {
        make_dir(dir)?;
        Ok(Self { server_id: server_id(dir)?, tokens: Arc::new(Tokens::open(dir)?) })
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use ruview_host::DataDirError;

    use super::*;

    fn token(identity: &Identity) -> String {
        identity.tokens.default_token().unwrap().reveal().to_owned()
    }

    #[test]
    fn an_identity_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/b");
        let first = Identity::load_or_create(&place).unwrap();
        let second = Identity::load_or_create(&place).unwrap();
        assert_eq!(first.server_id, second.server_id);
        assert_eq!(token(&first), token(&second));
        assert_eq!(URL_SAFE_NO_PAD.decode(token(&first)).unwrap().len(), 32);
        assert_eq!(fs::metadata(place.join("token")).unwrap().permissions().mode() & 0o777, 0o600);
        let temporary = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|end| end == "tmp");
        assert!(!fs::read_dir(&place).unwrap().any(|entry| temporary(&entry.unwrap())), "no temporary file is left");
    }

    #[test]
    fn two_servers_differ() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = (Identity::load_or_create(a.path()).unwrap(), Identity::load_or_create(b.path()).unwrap());
        assert_ne!(a.server_id, b.server_id);
        assert_ne!(token(&a), token(&b));
    }

    #[test]
    fn a_readable_token_is_tightened() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(dir.path()).unwrap();
        let path = dir.path().join("token");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let second = Identity::load_or_create(dir.path()).unwrap();
        assert_eq!(token(&first), token(&second));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn damage_is_told_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        Identity::load_or_create(dir.path()).unwrap();
        for (file, contents) in [("server.json", "{}"), ("token", "short"), ("token", ""), ("tokens.json", "[]")] {
            let path = dir.path().join(file);
            let before = fs::read_to_string(&path).ok();
            fs::write(&path, contents).unwrap();
            let error = Identity::load_or_create(dir.path()).unwrap_err();
            assert!(matches!(error, StartError::DataDir(DataDirError::Damaged { .. })), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), contents);
            before.map_or_else(|| fs::remove_file(&path), |before| fs::write(&path, before)).unwrap();
        }
    }
}
