//! What must not compile does not.

#[test]
fn privacy_is_checked_by_the_compiler() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
