//! The paths that a source names.

/// The paths of `use` lines and those written out in code.
pub fn all_paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut paths = used_paths(tokens);
    let begins = |at: usize| {
        matches!(tokens[at].as_str(), "crate" | "super")
            && tokens.get(at + 1).is_some_and(|next| next == "::")
            && (at == 0 || tokens[at - 1] != "::")
    };
    for at in (0..tokens.len()).filter(|&at| begins(at)) {
        paths.extend(written_path(&tokens[at..]));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// The path at the front of the tokens, unless it goes on as a group: those are read with their `use`.
fn written_path(tokens: &[String]) -> Option<Vec<String>> {
    let mut path = vec![tokens[0].clone()];
    let mut rest = &tokens[1..];
    while rest.len() > 1 && rest[0] == "::" {
        if rest[1] == "{" {
            return None;
        }
        if rest[1] == "<" {
            break;
        }
        path.push(rest[1].clone());
        rest = &rest[2..];
    }
    Some(path)
}

/// Every path of every `use` line, its groups taken apart.
pub fn used_paths(tokens: &[String]) -> Vec<Vec<String>> {
    let lines = tokens.split(|token| token == ";");
    let trees = lines.filter_map(|line| {
        let at = line.iter().position(|token| token == "use")?;
        Some(&line[at + 1..])
    });
    trees.flat_map(|tree| leaves(tree, &[])).collect()
}

/// The paths of one tree of a `use` line, such as `a::{b, c::d}`.
fn leaves(tree: &[String], before: &[String]) -> Vec<Vec<String>> {
    let mut path = before.to_vec();
    for (at, token) in tree.iter().enumerate() {
        match token.as_str() {
            "::" | "self" => {}
            "as" => break,
            "{" => {
                return branches(&tree[at + 1..]).into_iter().flat_map(|tree| leaves(tree, &path)).collect();
            }
            _ => path.push(token.clone()),
        }
    }
    if tree.is_empty() { vec![] } else { vec![path] }
}

/// What stands between the commas of a group, up to the brace that closes it.
fn branches(group: &[String]) -> Vec<&[String]> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, token) in group.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => {
                found.push(&group[start..at]);
                break;
            }
            "}" => depth -= 1,
            "," if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}
