//! ruview-server
fn main() {}
