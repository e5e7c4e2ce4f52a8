//! The layers of the crate: a module uses only modules above it. The sources are parsed, not compiled.
//!
//! Code under `#[cfg(test)]`, comments and strings are exempt.

mod paths;

use std::{collections::BTreeSet, fs, iter::zip, path::PathBuf};

use paths::Reader;

/// The modules from the top, each with the modules it uses, all of them above it.
const LAYERS: [(&str, &str); 20] = [
    ("error", ""),
    ("key", "error"),
    ("rows", "error"),
    ("threads", ""),
    ("vectors", ""),
    ("condition", "error rows"),
    ("transport", "condition error key rows threads vectors"),
    ("time", "error key rows"),
    ("flow", "condition error rows threads time"),
    ("ode", "error flow rows"),
    ("sampler", "condition error flow ode rows time"),
    ("tuning", "error flow ode rows sampler"),
    ("data", "condition error key rows transport"),
    ("coupling", "condition data error key ode rows sampler transport"),
    ("loss", "condition coupling error flow rows time"),
    ("weight", "error"),
    ("objective", "condition coupling error flow key loss rows time weight"),
    ("train", "condition coupling data error flow key loss objective ode rows sampler time weight"),
    ("metric", "condition coupling error flow key ode rows sampler threads transport vectors"),
    ("models", "condition error flow time"),
];

/// The modules that no other module uses.
const BESIDE: [&str; 2] = ["metric", "models"];

/// The source of a module of this crate.
fn source(module: &[String]) -> String {
    let path: PathBuf = [&["src".to_owned()], module].concat().iter().collect();
    let file = if module.is_empty() { path.join("lib.rs") } else { path.with_extension("rs") };
    let text = fs::read_to_string(file).or_else(|_| fs::read_to_string(path.join("mod.rs")));
    text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Which top-level module uses which. A name that leads to no module stands for itself.
fn uses(reader: &Reader) -> BTreeSet<(String, String)> {
    let uses = reader.used.iter().map(|(user, name)| {
        let module = reader.exports.get(name).filter(|_| !reader.modules.contains(name));
        (user.clone(), module.unwrap_or(name).clone())
    });
    uses.filter(|(user, used)| user != used).collect()
}

fn listed() -> BTreeSet<(String, String)> {
    let pairs = |(user, uses): (&str, &str)| {
        uses.split_whitespace().map(|used| (user.to_owned(), used.to_owned())).collect::<Vec<_>>()
    };
    LAYERS.into_iter().flat_map(pairs).collect()
}

#[test]
fn modules_use_what_the_layers_list() {
    let (uses, listed) = (uses(&Reader::read(&source)), listed());
    assert_eq!(&uses - &listed, [].into(), "used, but not listed");
    assert_eq!(&listed - &uses, [].into(), "listed, but not used");
}

#[test]
fn every_module_has_a_layer_below_those_it_uses() {
    let modules = Reader::read(&source).modules;
    assert_eq!(BTreeSet::from_iter(modules), LAYERS.map(|(name, _)| name.to_owned()).into());
    let layer = |name: &str| LAYERS.iter().position(|(module, _)| *module == name);
    for (user, used) in listed() {
        let is_above = layer(&used).is_some_and(|used| Some(used) < layer(&user));
        assert!(is_above && !BESIDE.contains(&used.as_str()), "{user} may not use {used}");
    }
}

const ROOT: &str = "
    //! Not a line: use coupling::Nothing;
    mod error;
    pub mod flow;
    pub mod sampler;
    pub mod train;
    pub mod metric;
    pub mod models;
    pub use error::{ConfigError, Error};
    pub use flow::{Condition, Flow, given::Given as Fixed};
    pub use sampler::Sampler;
    pub use train::ReflowTrainer;
";

/// The names that a module with this source, added to that root, uses in violation of the layers.
fn found(module: &str, text: &str) -> Vec<String> {
    let root = format!("{ROOT} mod {module} {{ {text} }}");
    let source = |path: &[String]| if path.is_empty() { root.clone() } else { String::new() };
    (&uses(&Reader::read(&source)) - &listed()).into_iter().map(|(_, used)| used).collect()
}

#[test]
fn the_root_names_its_modules_and_exports() {
    let source = |path: &[String]| if path.is_empty() { ROOT.to_owned() } else { String::new() };
    let root = Reader::read(&source);
    assert_eq!(root.modules, ["error", "flow", "sampler", "train", "metric", "models"]);
    let exports = ["Condition", "ConfigError", "Error", "Fixed", "Flow", "ReflowTrainer", "Sampler"];
    let modules = ["flow", "error", "error", "flow", "flow", "train", "sampler"];
    assert!(root.exports.iter().eq(zip(&exports.map(str::to_owned), &modules.map(str::to_owned))));
}

#[test]
fn a_module_may_use_only_what_is_above_it() {
    for (module, text, against) in [
        ("sampler", "use crate::{Error, Flow, Fixed, flow::{self, Counted}};", ""),
        ("sampler", "mod path { use super::train::Ema; }", ""),
        ("train", "mod ema { use super::weights::Weights; use crate::sampler::Sampler; }", ""),
        ("metric", "mod energy { use crate::{Error, Sampler}; }", ""),
        ("models", "mod mlp { use crate::{Error, Flow}; }", ""),
        ("models", "use crate::Sampler;", "sampler"),
        ("metric", "use crate::train::Ema;", "train"),
        ("metric", "use crate::models::Mlp;", "models"),
        ("train", "use crate::metric::straightness;", "metric"),
        ("train", "use crate::Unheard;", "Unheard"),
        ("train", "use crate::*;", "*"),
    ] {
        assert_eq!(found(module, text).join(" "), against, "{module}: {text}");
    }
}

#[test]
fn a_use_of_what_is_below_is_found() {
    for text in [
        "use crate::train::Ema;",
        "pub(crate) use crate::train;",
        "use crate::{\n    Error,\n    flow::{Counted, Flow},\n    train::{Ema},\n};",
        "use crate::{Error, ReflowTrainer};",
        "use crate::{Error, ReflowTrainer as Other};",
        "use super::train::Ema;",
        "use super::{Sampler, train::Ema};",
        "use self::super::train::Ema;",
        "fn f() -> Vec<crate::train::Ema> { g() }",
        "fn f() { super::train::ema(1); }",
        "fn f() { <u8 as crate::train::Ema>::g() }",
        "fn f() { use crate::train::Ema; }",
        "fn f() { crate::train::g!() }",
        "fn f() { g!(1, [x: super::train::Ema::<u8>::h()]) }",
        "macro_rules! m { () => { $crate::ReflowTrainer::builder() } }",
        "macro_rules! m { () => { use $crate::{Error, train::*}; } }",
        "mod path { use super::super::train::Ema; }",
    ] {
        assert_eq!(found("sampler", text), ["train"], "{text}");
    }
}

#[test]
fn tests_comments_and_strings_are_free() {
    let text = r##"
        //! [`Ema`](crate::train::Ema)
        /* use crate::train::Ema; */
        /// use crate::train::Ema;
        const A: &str = "use crate::train::Ema; \" crate::train::Ema";
        const B: &str = concat!(r#"" crate::train::Ema"#);
        const C: char = '"';
        fn f<'a>(x: &'a str) -> char { '\'' }
        #[cfg(test)]
        pub(crate) mod testing { use crate::train::Ema; fn f() { { crate::train::g() } } }
        #[cfg(test)]
        use crate::train::Ema;
        #[cfg(test)]
        #[allow(unused)]
        mod tests { use super::*; use crate::train::Ema; }
        #[cfg(doctest)]
        struct Example(crate::train::Ema);
    "##;
    assert_eq!(found("sampler", text), [""; 0]);
    assert_eq!(found("sampler", &format!("{text} use crate::train::Ema;")), ["train"]);
}
