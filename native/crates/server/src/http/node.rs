//! Which node a path means, and what its entities show. What is answered here is what Home Assistant sees.

use std::sync::Arc;

use homecore::{HomeCore, State};
use ruview_engine::NodeNow;
use ruview_engine::catalog::EntityKind;

use super::problem::Problem;
use crate::server::App;

/// What agents ask for that know no node: the first live one.
const DEFAULT: &str = "default";

/// The node that a path means.
pub(super) async fn find(app: &App, node: &str) -> Result<NodeNow, Problem> {
    let nodes = app.desk.runtime.nodes().await.ok_or_else(Problem::stopping)?;
    if node == DEFAULT {
        return nodes
            .into_iter()
            .find(|node| !node.silent)
            .ok_or_else(|| Problem::not_found("no node is live; 'default' means the first one that is"));
    }
    let found = nodes.into_iter().find(|now| now.id == node);
    found.ok_or_else(|| {
        Problem::not_found("there is no node of this id; /api/v1/states shows the entities of those there are")
    })
}

/// What the entities of a device show.
pub(crate) struct Shown<'a> {
    core: &'a HomeCore,
    device: &'a str,
}

impl<'a> Shown<'a> {
    pub(crate) fn on(core: &'a HomeCore, device: &'a str) -> Self {
        Self { core, device }
    }

    /// The state of the entity of this kind; `None` where there is no such entity.
    pub(crate) fn state(&self, kind: &EntityKind) -> Option<Arc<State>> {
        self.core.states().get(&format!("{}.{}_{}", kind.domain, self.device, kind.key))
    }

    /// Whether something is so; `None` while that is not known.
    pub(crate) fn flag(&self, kind: &EntityKind) -> Option<bool> {
        match self.state(kind)?.state.as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    /// A number; `None` while it is not known.
    pub(crate) fn number(&self, kind: &EntityKind) -> Option<f64> {
        self.state(kind)?.state.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A count; `None` while it is not known.
    pub(crate) fn count(&self, kind: &EntityKind) -> Option<u8> {
        self.state(kind)?.state.parse().ok()
    }

    /// How sure a state is, 0 to 1; `None` where nobody says, or where the state is not known.
    pub(crate) fn confidence(&self, kind: &EntityKind) -> Option<f64> {
        self.number(kind)?;
        self.state(kind)?.attributes.get("confidence")?.as_f64()
    }
}
