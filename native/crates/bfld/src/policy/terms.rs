//! The circumstances under which something leaves, and the answer.

use ruview_core::PrivacyClass;

use super::{Field, Permission};

/// As what a field leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Outlet {
    /// States, events and answers that any client reads.
    #[default]
    Public,
    /// An entity of the category "diagnostic".
    Diagnostic,
    /// Topics and endpoints for authenticated research clients.
    Research,
}

/// Under which terms something leaves. The default is that of a home.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Terms {
    /// The effective class: the configured one, or the stricter one that the coherence gate demands.
    pub class: PrivacyClass,
    /// The user wants nothing biometric. Class 3 implies it.
    pub privacy_mode: bool,
    /// The user asked for poses and tracks.
    pub tracking_opt_in: bool,
    /// As what it leaves.
    pub outlet: Outlet,
}

impl Terms {
    /// What a configuration asks for. Class 3 is private whatever it says of that.
    pub const fn configured(class: PrivacyClass, privacy_mode: bool, tracking_opt_in: bool) -> Self {
        let privacy_mode = privacy_mode || matches!(class, PrivacyClass::Restricted);
        Self { class, privacy_mode, tracking_opt_in, outlet: Outlet::Public }
    }

    /// Whether `field` may leave.
    pub const fn permit(self, field: Field) -> bool {
        let row = field.row();
        let permission = match self.class {
            PrivacyClass::Raw => return false,
            PrivacyClass::Derived => row.classes[0],
            PrivacyClass::Anonymous => row.classes[1],
            PrivacyClass::Restricted => row.classes[2],
        };
        if row.biometric && self.is_private() {
            return false;
        }
        match permission {
            Permission::Always => true,
            Permission::UnlessPrivacyMode => !self.is_private(),
            Permission::OptIn => self.tracking_opt_in,
            Permission::DiagnosticOnly => matches!(self.outlet, Outlet::Diagnostic),
            Permission::ResearchOnly => matches!(self.outlet, Outlet::Research),
            Permission::Never => false,
        }
    }

    const fn is_private(self) -> bool {
        self.privacy_mode || matches!(self.class, PrivacyClass::Restricted)
    }

    /// What an HTTP answer on a BFLD path says that it withholds (`redacted_fields`).
    pub fn redacted_fields(self) -> Vec<&'static str> {
        let named = [Field::IdentityRiskScore, Field::SoulMatchProbability, Field::RfSignatureHash];
        named.into_iter().filter(|field| !self.permit(*field)).map(|field| field.row().key).collect()
    }
}
