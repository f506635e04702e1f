//! What the privacy class withholds now, by name: for people who want to know, and for pages that say why something is absent.

use std::sync::Arc;

use axum::extract::State;
use ruview_bfld::policy::{Field, Outlet, Terms};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use super::release::{Released, release};
use crate::server::App;

/// Under which terms everything leaves now.
#[derive(Debug, Serialize, ToSchema)]
struct WhatLeaves {
    /// 1 derived, 2 anonymous, 3 restricted.
    #[schema(minimum = 1, maximum = 3)]
    privacy_class: u8,
    /// Nothing biometric leaves.
    privacy_mode: bool,
    /// Every field of the policy that leaves nowhere, in the policy's order.
    redacted_fields: Vec<&'static str>,
}

/// What the privacy class withholds.
#[utoipa::path(get, path = "/api/v1/privacy", responses((status = 200, body = WhatLeaves)))]
pub(super) async fn privacy(State(app): State<Arc<App>>) -> Result<Released, Problem> {
    let terms = app.terms();
    let answer = WhatLeaves {
        privacy_class: terms.class.as_u8(),
        privacy_mode: terms.privacy_mode,
        redacted_fields: redacted(terms),
    };
    release(&answer, terms, &[])
}

/// What no outlet permits.
fn redacted(terms: Terms) -> Vec<&'static str> {
    let outlets = [Outlet::Public, Outlet::Diagnostic, Outlet::Research];
    let leaves = |field: Field| outlets.into_iter().any(|outlet| Terms { outlet, ..terms }.permit(field));
    Field::ALL.iter().filter(|field| !leaves(**field)).map(|field| field.row().key).collect()
}

#[cfg(test)]
mod tests {
    use ruview_bfld::PrivacyClass;

    use super::*;

    fn withheld(class: PrivacyClass, privacy_mode: bool, tracking_opt_in: bool) -> Vec<&'static str> {
        redacted(Terms { class, privacy_mode, tracking_opt_in, ..Terms::default() })
    }

    #[test]
    fn stricter_terms_withhold_more() {
        let never = ["identity_embedding", "raw_bfi", "compressed_angle_matrix", "soul_match_probability"];
        let derived = withheld(PrivacyClass::Derived, false, true);
        assert_eq!(derived, never);
        let home = withheld(PrivacyClass::Anonymous, false, true);
        assert!(home.contains(&"amplitudes") && !home.contains(&"breathing_rate") && !home.contains(&"identity_risk"));
        assert!(withheld(PrivacyClass::Anonymous, false, false).contains(&"tracked_persons"));
        let private = withheld(PrivacyClass::Anonymous, true, true);
        assert!(private.contains(&"breathing_rate") && !private.contains(&"anomaly_score"));
        let restricted = withheld(PrivacyClass::Restricted, true, true);
        assert!(restricted.contains(&"anomaly_score") && !restricted.contains(&"presence"));
        for (less, more) in [(&derived, &home), (&home, &private), (&private, &restricted)] {
            assert!(less.iter().all(|field| more.contains(field)) && less.len() < more.len());
        }
    }
}
