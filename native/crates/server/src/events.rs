//! `ruview-server events`: what a server has kept of what happened, whether it runs or not.

use std::io::{self, Write};

use ruview_bfld::policy;
use ruview_engine::{EventArchive, EventQuery};
use serde_json::json;

use crate::cli::EventsArgs;
use crate::error::StartError;
use crate::run::data_dir;
use ruview_host::frames::EventView;

/// Prints them, oldest first.
pub(crate) fn print(args: &EventsArgs) -> Result<(), StartError> {
    let terms = args.privacy.terms();
    let query = EventQuery {
        after: args.after,
        since: args.since,
        event_type: args.event_type.clone(),
        limit: Some(args.limit),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for event in EventArchive::of(&data_dir(&args.place)?).read(&query, terms)? {
        let mut line = json!(EventView::from(&event));
        policy::filter(&mut line, terms);
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
