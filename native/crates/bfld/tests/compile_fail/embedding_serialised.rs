//! What could identify a person has no serialisation.

use ruview_bfld::IdentityEmbedding;

fn leak(embedding: &IdentityEmbedding) -> String {
    serde_json::to_string(embedding).unwrap()
}

fn main() {}
