//! Kinds and states; see the stub.

use crate::names::named;

named! {
    /// How far a rate can be trusted.
    VitalStatus in "wifi_densepose.vitals" as ruview_vitals::VitalStatus {
        Valid = "valid",
        Degraded = "degraded",
        Unreliable = "unreliable",
        Unavailable = "unavailable",
    }

    /// Whether an estimate of this status carries a rate.
    #[getter]
    const fn is_published(&self) -> bool {
        self.engine().is_published()
    }
}

named! {
    /// What is unusual about a rate.
    AnomalyKind in "wifi_densepose.vitals" as ruview_vitals::AnomalyKind {
        Apnea = "apnea",
        Bradypnea = "bradypnea",
        Tachypnea = "tachypnea",
        Bradycardia = "bradycardia",
        Tachycardia = "tachycardia",
    }
}

named! {
    /// Which rate is spoken of.
    VitalKind in "wifi_densepose.vitals" as ruview_vitals::VitalKind {
        Breathing = "breathing",
        HeartRate = "heart_rate",
    }
}
