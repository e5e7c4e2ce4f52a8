//! The compiler's words for trainers and samplers that cannot be.
//!
//! They are pinned for the compiler named here and only looked at with that one: others put things differently.
//! After a change, look at them and bless them with `TRYBUILD=overwrite cargo test --test compile_fail`.

use std::process::Command;

const PINNED: &str = "rustc 1.95.";

#[test]
fn what_does_not_fit_does_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    if version.starts_with(PINNED) {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    } else {
        println!("not looked at: the messages are pinned for {PINNED}x, this is {version}");
    }
}
