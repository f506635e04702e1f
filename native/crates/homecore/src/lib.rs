//! homecore
