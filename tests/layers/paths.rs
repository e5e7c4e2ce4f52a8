//! Finds the names that a crate's modules use from its root.

use std::{collections::BTreeMap, iter::zip};

use syn::{
    Ident, Item, ItemMod, ItemUse, Macro, UseTree,
    buffer::{Cursor, TokenBuffer},
    visit::{self, Visit},
};

/// Reads the root of a crate and the modules it declares, except for code that only tests see.
pub struct Reader<'a> {
    /// The source of a module, by its path from the root.
    source: &'a dyn Fn(&[String]) -> String,
    module: Vec<String>,
    /// The modules that the root declares.
    pub modules: Vec<String>,
    /// The names that the root imports, each with its module.
    pub exports: BTreeMap<String, String>,
    /// Top-level modules, each with a name in the root that it uses.
    pub used: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    pub fn read(source: &'a dyn Fn(&[String]) -> String) -> Self {
        let (module, modules, exports, used) = Default::default();
        let mut reader = Self { source, module, modules, exports, used };
        reader.read_module();
        reader
    }

    fn read_module(&mut self) {
        let file = syn::parse_file(&(self.source)(&self.module));
        self.visit_file(&file.unwrap_or_else(|error| panic!("{:?}: {error}", self.module)));
    }

    /// Records where a path that begins with `crate`, `super` or `self` leads. Other paths stay in their
    /// module.
    fn note(&mut self, path: &[String]) {
        let mut from_root = match path.first().map(String::as_str) {
            Some("super" | "self") => self.module.clone(),
            Some("crate") => vec![],
            _ => return,
        };
        for name in path {
            match name.as_str() {
                "crate" | "self" => {}
                "super" => drop(from_root.pop()),
                _ => from_root.push(name.clone()),
            }
        }
        self.used.extend(zip(self.module.first().cloned(), from_root.first().cloned()));
    }

    /// Records the paths of a `use` whose remainder is this tree.
    fn note_use(&mut self, mut path: Vec<String>, tree: &UseTree) {
        let (last, known_as) = match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                return self.note_use(path, &step.tree);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.note_use(path.clone(), tree));
            }
            UseTree::Name(end) => (end.ident.to_string(), end.ident.to_string()),
            UseTree::Rename(end) => (end.ident.to_string(), end.rename.to_string()),
            UseTree::Glob(_) => ("*".to_owned(), "*".to_owned()),
        };
        path.push(last);
        self.note(&path);
        if self.module.is_empty() {
            self.exports.insert(known_as, path.swap_remove(0));
        }
    }

    /// Records the paths in a macro's tokens. The contents of a group may continue the names before it.
    fn note_tokens(&mut self, before: &[String], mut rest: Cursor) {
        let mut path = before.to_vec();
        while let Some((_, next)) = rest.token_tree() {
            if let Some((name, _)) = rest.ident() {
                let begins = ["crate", "super", "self"].iter().any(|word| name == word);
                if begins && path.last().is_none_or(|last| last != "super") {
                    self.note(&path);
                    path.clear();
                }
                path.push(name.to_string());
            } else if let Some((group, ..)) = rest.any_group() {
                self.note_tokens(&path, group);
            } else if rest.punct().is_none_or(|(sign, _)| sign.as_char() != ':') {
                self.note(&path);
                path = before.to_vec();
            }
            rest = next;
        }
        self.note(&path);
    }
}

impl Visit<'_> for Reader<'_> {
    fn visit_item(&mut self, item: &Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &vec![],
        };
        let mut conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        let is_test = |name: Ident| name == "test" || name == "doctest";
        if !conditions.any(|condition| condition.parse_args().is_ok_and(is_test)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &ItemMod) {
        let name = item.ident.to_string();
        if self.module.is_empty() {
            self.modules.push(name.clone());
        }
        self.module.push(name);
        match item.content {
            Some(_) => visit::visit_item_mod(self, item),
            None => self.read_module(),
        }
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.note_use(vec![], &item.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&names);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &Macro) {
        visit::visit_macro(self, item);
        self.note_tokens(&[], TokenBuffer::new2(item.tokens.clone()).begin());
    }
}
