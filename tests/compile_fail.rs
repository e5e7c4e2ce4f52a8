//! The compiler's words for trainers and samplers that cannot be.
//!
//! The messages are pinned for one compiler: after a change, look at them and bless them with
//! `TRYBUILD=overwrite cargo test --test compile_fail`.

#[test]
fn what_does_not_fit_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
