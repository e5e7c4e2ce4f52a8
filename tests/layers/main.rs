//! The layers of the crate: a module uses only those above it. The sources are read, not compiled.
//!
//! Code under `#[cfg(test)]`, comments and strings are free of the rule.

mod paths;
mod tokens;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use paths::{all_paths, used_paths};
use tokens::{tokens, without_tests};

/// The layers from the top; each may use those before it.
const LAYERS: [&str; 15] = [
    "error",
    "rng",
    "rows",
    "threads",
    "vectors",
    "transport",
    "flow",
    "time",
    "ode",
    "sampler",
    "coupling",
    "loss",
    "weight",
    "objective",
    "train",
];

/// Modules beside the layers, which no other module uses, each with the last layer it may use.
const BESIDE: [(&str, &str); 2] = [("metric", "coupling"), ("models", "flow")];

#[test]
fn modules_use_only_those_above_them() {
    let src = root().join("src");
    let crate_root = CrateRoot::read(&fs::read_to_string(src.join("lib.rs")).expect("there is a src/lib.rs"));
    let mut wrong = Vec::new();
    for file in rust_files(&src) {
        let path = file.strip_prefix(&src).expect("the file lies in src");
        let text = fs::read_to_string(&file).expect("the file can be read");
        wrong.extend(violations(&crate_root, &module_path(path), &text));
    }
    assert!(wrong.is_empty(), "the layers are broken:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("there is a src/lib.rs");
    let mut placed: Vec<&str> = LAYERS.iter().copied().chain(BESIDE.map(|(module, _)| module)).collect();
    placed.sort_unstable();
    let mut modules = CrateRoot::read(&lib).modules;
    modules.sort_unstable();
    assert_eq!(modules, placed);
}

fn root() -> PathBuf {
    let built_in = option_env!("CARGO_MANIFEST_DIR").unwrap_or(".");
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| built_in.into(), PathBuf::from)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the entry can be read").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| if path.is_dir() { rust_files(path) } else { vec![path.clone()] }).collect()
}

/// The module of a file, by its path in `src`; that of the crate's root is empty.
fn module_path(file: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        file.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

/// What the root of the crate declares.
struct CrateRoot {
    modules: Vec<String>,
    /// The module behind each name that `pub use module::{..}` brings to the root.
    exports: BTreeMap<String, String>,
}

impl CrateRoot {
    fn read(lib: &str) -> Self {
        let tokens = without_tests(&tokens(lib));
        let declared = tokens.windows(3).filter(|three| three[0] == "mod" && three[2] == ";");
        let exported = used_paths(&tokens).into_iter().filter(|path| path.len() > 1);
        Self {
            modules: declared.map(|three| three[1].clone()).collect(),
            exports: exported.map(|path| (path[path.len() - 1].clone(), path[0].clone())).collect(),
        }
    }

    /// The module that a path from the root leads to, or the name that leads nowhere.
    fn module_of(&self, path: &[String]) -> Result<String, String> {
        let name = path.first().cloned().unwrap_or_else(|| "the root".to_owned());
        match self.exports.get(&name) {
            _ if self.modules.contains(&name) => Ok(name),
            Some(module) => Ok(module.clone()),
            None => Err(name),
        }
    }
}

/// What a file uses that it may not, one line each. A file is one module: modules within it are tests.
fn violations(crate_root: &CrateRoot, module: &[String], text: &str) -> Vec<String> {
    let Some(user) = module.first() else {
        return vec![]; // The root names every module.
    };
    let paths = all_paths(&without_tests(&tokens(text)));
    let from_root = paths.iter().filter_map(|path| absolute(path, module));
    let wrong = from_root.filter_map(|path| match crate_root.module_of(&path) {
        Ok(used) if may_use(user, &used) => None,
        Ok(used) => Some(format!("{} uses {}, of the module `{used}`", module.join("::"), path.join("::"))),
        Err(name) => Some(format!("{} uses `{name}`, which the root does not name", module.join("::"))),
    });
    wrong.collect()
}

fn may_use(user: &str, used: &str) -> bool {
    let layer = |name: &str| LAYERS.iter().position(|&layer| layer == name);
    let beside = BESIDE.iter().find(|(name, _)| *name == user);
    let first_forbidden = match beside {
        Some((_, last)) => layer(last).map(|last| last + 1),
        None => layer(user),
    };
    user == used || layer(used).is_some_and(|used| first_forbidden.is_some_and(|limit| used < limit))
}

/// A path that begins with `crate` or `super`, from the root; other paths stay in their module.
fn absolute(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let up = path.iter().take_while(|name| *name == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => {
            Some(module[..module.len().saturating_sub(up)].iter().chain(&path[up..]).cloned().collect())
        }
        _ => None,
    }
}

const LIB: &str = "
    //! Not a line: use coupling::Nothing;
    mod error;
    pub mod flow;
    pub mod sampler;
    pub mod train;
    pub mod metric;
    pub mod models;
    pub use error::{ConfigError, Error};
    pub use flow::{Condition, Flow, conditional::Given as Fixed};
    pub use sampler::Sampler;
    pub use train::ReflowTrainer;
";

fn found(module: &str, text: &str) -> Vec<String> {
    let module: Vec<String> = module.split("::").map(str::to_owned).collect();
    violations(&CrateRoot::read(LIB), &module, text)
}

#[test]
fn the_root_names_its_modules_and_exports() {
    let root = CrateRoot::read(LIB);
    assert_eq!(root.modules, ["error", "flow", "sampler", "train", "metric", "models"]);
    assert_eq!(root.exports["Flow"], "flow");
    assert_eq!(root.exports["Error"], "error");
    assert_eq!(root.exports["Sampler"], "sampler");
    assert!(!root.exports.contains_key("Nothing"));
}

#[test]
fn a_module_may_use_what_is_above_it() {
    assert_eq!(found("sampler", "use crate::{Error, Flow, flow::{self, Counted}};"), [""; 0]);
    assert_eq!(found("train::ema", "use super::weights::Weights; use crate::sampler::Sampler;"), [""; 0]);
    assert_eq!(found("metric::energy", "use crate::{Error, Sampler};"), [""; 0]);
    assert_eq!(found("models::mlp", "use crate::{Error, Flow};"), [""; 0]);
}

#[test]
fn a_use_of_what_is_below_is_found() {
    for line in [
        "use crate::train::Ema;",
        "pub(crate) use crate::train;",
        "use crate::{\n    Error,\n    flow::{Counted, Flow},\n    train::{Ema},\n};",
        "use crate::{Error, ReflowTrainer};",
        "use crate::{Error, ReflowTrainer as Other};",
        "use super::train::Ema;",
        "use super::{Sampler, train::Ema};",
        "fn f() -> crate::train::Ema { g() }",
        "fn f() { super::train::ema(1); }",
        "macro_rules! m { () => { $crate::ReflowTrainer::builder() } }",
        "fn f() { use crate::train::Ema; }",
    ] {
        let wrong = found("sampler", line);
        assert_eq!(wrong.len(), 1, "{line}: {wrong:?}");
        assert!(wrong[0].starts_with("sampler uses ") && wrong[0].contains("`train`"), "{wrong:?}");
    }
    assert_eq!(found("sampler::path", "use super::super::train::Ema;").len(), 1);
    assert_eq!(found("sampler::path", "use super::train::Ema;"), [""; 0]);
}

#[test]
fn modules_beside_the_layers_have_their_limits() {
    assert_eq!(found("models::mlp", "use crate::Sampler;").len(), 1);
    assert_eq!(found("metric", "use crate::train::Ema;").len(), 1);
    assert_eq!(found("train", "use crate::metric::straightness;").len(), 1);
    assert_eq!(found("metric", "use crate::models::Mlp;").len(), 1);
}

#[test]
fn names_the_root_does_not_have_are_found() {
    assert_eq!(found("train", "use crate::Unheard;").len(), 1);
    assert_eq!(found("train", "use crate::*;").len(), 1);
}

#[test]
fn tests_comments_and_strings_are_free() {
    let text = r##"
        //! [`Ema`](crate::train::Ema)
        /* use crate::train::Ema; */
        /// use crate::train::Ema;
        const A: &str = "use crate::train::Ema; \" crate::train::Ema";
        const B: &str = r#"" crate::train::Ema"#;
        const C: char = '"';
        fn f<'a>(x: &'a str) -> char { '\'' }
        #[cfg(test)]
        pub(crate) mod testing { use crate::train::Ema; fn f() { { crate::train::g() } } }
        #[cfg(test)]
        use crate::train::Ema;
        #[cfg(test)]
        #[allow(unused)]
        mod tests { use super::*; use crate::train::Ema; }
    "##;
    assert_eq!(found("sampler", text), [""; 0]);
    let after = format!("{text} use crate::train::Ema;");
    assert_eq!(found("sampler", &after).len(), 1);
}
