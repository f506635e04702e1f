//! `ruview-server token`: what its owner can do with tokens.

use comfy_table::{Table, presets};
use jiff::Timestamp;

use super::file::Files;
use super::{DEFAULT, Scope, TokenError};
use crate::cli::{TokenCommand, TokenCreateArgs, TokenRevokeArgs};
use crate::error::StartError;
use crate::run::data_dir;
use ruview_host::make_dir;

/// Does what `command` says; what is to be printed.
pub(crate) fn run(command: TokenCommand) -> Result<String, StartError> {
    let place = match &command {
        TokenCommand::Create(TokenCreateArgs { place, .. }) | TokenCommand::Revoke(TokenRevokeArgs { place, .. }) => {
            place
        }
        TokenCommand::List(place) | TokenCommand::Show(place) => place,
    };
    let dir = data_dir(place)?;
    make_dir(&dir)?;
    let files = Files::new(&dir);
    Ok(match command {
        TokenCommand::Show(_) => files.default_or_new()?.reveal().to_owned(),
        TokenCommand::Create(TokenCreateArgs { name, scope, .. }) => files.create(&name, scope)?.1.reveal().to_owned(),
        TokenCommand::Revoke(TokenRevokeArgs { token, .. }) => {
            let (name, id) = files.revoke(&token)?;
            format!("revoked {name} ({id})")
        }
        TokenCommand::List(_) => list(&files)?,
    })
}

fn list(files: &Files) -> Result<String, TokenError> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["id", "name", "scope", "created", "last used"]);
    let used = files.used();
    let last = |id: &str| used.get(id).map_or_else(|| "never".to_owned(), shown);
    if files.default_token()?.is_some() {
        table.add_row([DEFAULT, DEFAULT, Scope::Control.as_str(), "first start", &last(DEFAULT)]);
    }
    for token in files.list()? {
        table.add_row([&token.id, &token.name, token.scope.as_str(), &shown(&token.created_at), &last(&token.id)]);
    }
    Ok(table.trim_fmt())
}

fn shown(time: &Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
