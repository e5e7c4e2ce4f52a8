//! The compiler's messages for trainers and samplers that must not compile.
//!
//! They are pinned for the compiler named here and the feature `lpips`, and are only checked with these:
//! other compilers use other words, and with the feature a second type named `Dataset` changes some messages.
//! After a change, read the new messages and accept them with
//! `TRYBUILD=overwrite cargo test --features lpips --test compile_fail`.

use std::process::Command;

const PINNED: &str = "rustc 1.95.";

#[test]
fn what_does_not_fit_does_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    if version.starts_with(PINNED) && cfg!(feature = "lpips") {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    } else {
        println!(
            "not checked: the messages are pinned for {PINNED}x and the feature lpips, this is {version}"
        );
    }
}
