//! Who may use the interfaces: the tokens, while the server runs.
//!
//! `ruview-server token` changes files; a running server looks at them twice a second, so that a token that was revoked opens
//! nothing any more and closes what it had opened.

mod commands;
mod file;
mod secret;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

pub(crate) use commands::run;
pub use secret::Token;

use crate::error::StartError;
use file::{Entry, Files, Signature, Used};

/// The name and the id of the token that is made on the first start.
const DEFAULT: &str = "default";
/// How often a running server looks for changes.
const LOOK: Duration = Duration::from_millis(500);
/// How often it writes when tokens were last used.
const NOTE_USE: Duration = Duration::from_mins(1);

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To see everything that there is to see.
    Read,
    /// And to change things.
    Control,
}

impl Scope {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Control => "control",
        }
    }
}

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It could not be shown in a table.
    #[error("the name of a token: expected 1 to {most} characters, found '{found}'")]
    Name {
        /// What was given.
        found: String,
        /// How many there may be.
        most: usize,
    },
    /// Names tell tokens apart.
    #[error("there is a token '{0}' already; revoke it first, or choose another name")]
    Taken(String),
    /// Enough is enough.
    #[error("there are {0} tokens already; revoke one first")]
    TooMany(usize),
    /// There is no such token.
    #[error("there is no token '{found}'; there are: {}", known.join(", "))]
    Unknown {
        /// What was given.
        found: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The files cannot be used.
    #[error(transparent)]
    Files(#[from] Box<StartError>),
}

impl From<StartError> for TokenError {
    fn from(error: StartError) -> Self {
        Self::Files(Box::new(error))
    }
}

/// What somebody may who showed a token, or came through ingress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// `None` through ingress: no token of ours stands behind it.
    id: Option<Arc<str>>,
    scope: Scope,
}

impl Grant {
    /// What a user of Home Assistant may: the proxy lets nobody through who is not logged in.
    pub(crate) const fn of_ingress() -> Self {
        Self { id: None, scope: Scope::Control }
    }

    /// Whether a proxy stands between us and whoever asks.
    pub(crate) fn is_of_ingress(&self) -> bool {
        self.id.is_none()
    }

    /// Whether things may be changed.
    pub(crate) fn may_control(&self) -> bool {
        self.scope == Scope::Control
    }
}

/// The tokens that open the interfaces now.
#[derive(Debug, Default, PartialEq, Eq)]
struct Valid {
    default: Option<Token>,
    others: Vec<Entry>,
}

/// All tokens of a running server.
#[derive(Debug)]
pub struct Tokens {
    files: Files,
    valid: watch::Sender<Arc<Valid>>,
    seen: Mutex<Signature>,
    used: Mutex<Used>,
}

impl Valid {
    fn read(files: &Files) -> Result<Self, StartError> {
        Ok(Self { default: files.default_token()?, others: files.list()? })
    }

    fn has(&self, id: &str) -> bool {
        if id == DEFAULT { self.default.is_some() } else { self.others.iter().any(|token| token.id == id) }
    }
}

impl Tokens {
    /// Reads the tokens of a data directory. The first one is made when there is none.
    ///
    /// # Errors
    /// [`StartError`] when they cannot be read or written, or are not what was written.
    pub(crate) fn open(dir: &Path) -> Result<Self, StartError> {
        let files = Files::new(dir);
        files.default_or_new()?;
        let seen = Mutex::new(files.signature());
        let valid = watch::Sender::new(Arc::new(Valid::read(&files)?));
        let used = Mutex::new(files.used());
        Ok(Self { files, valid, seen, used })
    }

    /// The token that was made on the first start, for showing it to its owner; `None` when it was revoked meanwhile.
    pub fn default_token(&self) -> Option<Token> {
        self.valid.borrow().default.clone()
    }

    /// What `candidate` is good for; `None` when it is no token. Every token is looked at, whichever it is.
    pub(crate) fn check(&self, candidate: &str) -> Option<Grant> {
        let valid = Arc::clone(&self.valid.borrow());
        let mut found = None;
        if valid.default.as_ref().is_some_and(|token| token.matches(candidate)) {
            found = Some(Grant { id: Some(DEFAULT.into()), scope: Scope::Control });
        }
        for token in &valid.others {
            if token.matches(candidate) {
                found = Some(Grant { id: Some(token.id.as_str().into()), scope: token.scope });
            }
        }
        if let Some(Grant { id: Some(id), .. }) = &found {
            self.used.lock().insert(id.to_string(), Timestamp::now());
        }
        found
    }

    /// Returns when the token behind `grant` opens nothing any more; never where there is none.
    pub(crate) async fn revoked(&self, grant: &Grant) {
        let Some(id) = &grant.id else { return std::future::pending().await };
        let mut valid = self.valid.subscribe();
        // An error means that the server is gone, and everything with it.
        let _ = valid.wait_for(|valid| !valid.has(id)).await;
    }

    /// Looks for changes. What cannot be read changes nothing: neither does a fault of the disk lock everybody out, nor does
    /// it let anybody in.
    pub(crate) fn look(&self) {
        let now = self.files.signature();
        let mut seen = self.seen.lock();
        if *seen == now {
            return;
        }
        match Valid::read(&self.files) {
            Ok(valid) => {
                let changed = self.valid.send_if_modified(|known| {
                    let differs = **known != valid;
                    *known = Arc::new(valid);
                    differs
                });
                if changed {
                    tracing::info!("the tokens have changed");
                }
            }
            Err(error) => tracing::error!(%error, "the tokens cannot be read; those that were there stay valid"),
        }
        *seen = now;
    }

    /// Looks for changes until `stop` becomes true, and keeps account of what was used when.
    pub(crate) async fn watch(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut noted = (Instant::now(), self.used.lock().clone());
        loop {
            let stopped = tokio::select! {
                _ = stop.wait_for(|&stop| stop) => true,
                _ = look.tick() => false,
            };
            let due = stopped || noted.0.elapsed() >= NOTE_USE;
            let used = due.then(|| self.used.lock().clone()).filter(|used| *used != noted.1);
            let tokens = Arc::clone(&self);
            let note = used.clone();
            let work = tokio::task::spawn_blocking(move || {
                if !stopped {
                    tokens.look();
                }
                note.map_or(Ok(()), |used| tokens.note(used))
            });
            match work.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "when tokens were last used cannot be stored"),
                Err(error) => tracing::error!(%error, "looking for changes of tokens failed"),
            }
            if let Some(used) = used {
                noted = (Instant::now(), used);
            }
            if stopped {
                return;
            }
        }
    }

    /// Writes when tokens were last used; those that are gone are forgotten.
    fn note(&self, mut used: Used) -> Result<(), StartError> {
        let valid = Arc::clone(&self.valid.borrow());
        used.retain(|id, _| valid.has(id));
        self.used.lock().retain(|id, _| valid.has(id));
        self.files.write_used(&used)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use ruview_host::DataDirError;

    use super::*;

    fn open() -> (tempfile::TempDir, Tokens) {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(dir.path()).unwrap();
        (dir, tokens)
    }

    #[test]
    fn tokens_open_until_they_are_revoked() {
        let (dir, tokens) = open();
        let default = tokens.default_token().unwrap();
        let (reader, secret) = tokens.files.create("kitchen display", Scope::Read).unwrap();
        assert_eq!(tokens.check(secret.reveal()), None, "not looked yet");
        tokens.look();
        assert!(!tokens.check(secret.reveal()).unwrap().may_control());
        assert!(tokens.check(default.reveal()).unwrap().may_control());
        assert!(tokens.check("").is_none() && tokens.check("wrong").is_none());

        let file = fs::read_to_string(dir.path().join("tokens.json")).unwrap();
        assert!(!file.contains(secret.reveal()), "only its hash is kept");
        for name in ["token", "tokens.json", "tokens.lock"] {
            assert_eq!(fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }

        assert_eq!(tokens.files.revoke(&reader.id).unwrap().0, "kitchen display");
        tokens.files.revoke(DEFAULT).unwrap();
        tokens.look();
        assert_eq!((tokens.check(secret.reveal()), tokens.check(default.reveal())), (None, None));
        let again = Tokens::open(dir.path()).unwrap().default_token().unwrap();
        assert_ne!(again, default, "the next start makes a new one");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let (_dir, tokens) = open();
        tokens.files.create("a", Scope::Control).unwrap();
        for bad in ["", " ", "a\nb", "a", DEFAULT, &"x".repeat(65)] {
            assert!(tokens.files.create(bad, Scope::Read).is_err(), "{bad:?}");
        }
        let said = tokens.files.revoke("b").unwrap_err().to_string();
        assert!(said.contains("'b'") && said.contains("a, default"), "{said}");
        for number in 1..64 {
            tokens.files.create(&number.to_string(), Scope::Read).unwrap();
        }
        assert!(matches!(tokens.files.create("one more", Scope::Read), Err(TokenError::TooMany(64))));
    }

    #[test]
    fn two_who_make_tokens_at_once_lose_none() {
        let (_dir, tokens) = open();
        std::thread::scope(|scope| {
            for number in 0..20 {
                let files = tokens.files.clone();
                scope.spawn(move || files.create(&format!("token {number}"), Scope::Read).unwrap());
            }
        });
        assert_eq!(tokens.files.list().unwrap().len(), 20);
    }

    #[test]
    fn a_damaged_list_neither_locks_out_nor_lets_in() {
        let (dir, tokens) = open();
        let (_, secret) = tokens.files.create("a", Scope::Read).unwrap();
        tokens.look();
        fs::write(dir.path().join("tokens.json"), "{").unwrap();
        tokens.look();
        assert!(tokens.check(secret.reveal()).is_some());
        assert!(matches!(Tokens::open(dir.path()), Err(StartError::DataDir(DataDirError::Damaged { .. }))));
    }

    #[test]
    fn what_was_used_when_is_kept_for_tokens_that_are_there() {
        let (_dir, tokens) = open();
        let default = tokens.default_token().unwrap();
        tokens.check(default.reveal()).unwrap();
        tokens.used.lock().insert("gone".into(), Timestamp::now());
        let used = tokens.used.lock().clone();
        tokens.note(used).unwrap();
        assert_eq!(tokens.files.used().into_keys().collect::<Vec<_>>(), [DEFAULT]);
    }
}
