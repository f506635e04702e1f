//! What caused a change, so that consumers can follow it back.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The cause of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Names this cause. Ordered by creation.
    pub id: Uuid,
    /// The cause of this cause.
    pub parent_id: Option<Uuid>,
    /// The user who wanted it.
    pub user_id: Option<String>,
}

impl Context {
    /// A cause of its own.
    pub fn new() -> Self {
        Self { id: Uuid::now_v7(), parent_id: None, user_id: None }
    }

    /// A cause that this one brought about, on behalf of the same user.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { parent_id: Some(self.id), user_id: self.user_id.clone(), ..Self::new() }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}
