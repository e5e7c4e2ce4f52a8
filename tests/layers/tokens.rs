//! The tokens of a source.

use std::iter;

/// Words, `::` and single signs, without space, comments, strings and characters.
pub fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = skipped_length(rest);
        let length = match first {
            _ if skipped > 0 => skipped,
            _ if rest.starts_with("::") => 2,
            _ if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        if skipped == 0 {
            found.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The length of the space, comment, string, character or lifetime at the front, or zero.
fn skipped_length(text: &str) -> usize {
    let to_end_of =
        |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    let mut letters = text.chars();
    match (letters.next(), letters.next(), letters.next()) {
        (Some('/'), Some('/'), _) => to_end_of("\n", 2),
        (Some('/'), Some('*'), _) => to_end_of("*/", 2),
        (Some('"'), ..) => escaped_length(text, '"'),
        (Some('\''), Some('\\'), _) | (Some('\''), Some(_), Some('\'')) => escaped_length(text, '\''),
        (Some('\''), ..) => 1 + text[1..].find(|letter| !is_word(letter)).unwrap_or(text.len() - 1),
        (Some('r'), Some('"' | '#'), _) => raw_length(text),
        (Some(first), ..) if first.is_whitespace() => first.len_utf8(),
        _ => 0,
    }
}

/// The length of a literal up to the quote that closes it.
fn escaped_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string, or zero if it is a raw word.
fn raw_length(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|&letter| letter == '#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let from = 2 + hashes;
    text[from..].find(&end).map_or(text.len(), |at| from + at + end.len())
}

/// The tokens without the items under `#[cfg(test)]`.
pub fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some(first) = rest.first() {
        if rest.len() >= MARK.len() && iter::zip(MARK, rest).all(|(mark, token)| mark == token) {
            rest = after_item(&rest[MARK.len()..]);
        } else {
            kept.push(first.clone());
            rest = &rest[1..];
        }
    }
    kept
}

/// What follows an item, which ends at its closing brace or at its semicolon.
fn after_item(tokens: &[String]) -> &[String] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.as_str(), "}" | ";") {
            return &tokens[at + 1..];
        }
    }
    &[]
}
