//! Text to syntax tree, within bounds.

use std::collections::HashSet;

use tree_sitter::Tree;

/// The grammar's scanner saves its stack of indentations in 1024 bytes, two for each, after at most 257 others,
/// and ends the process when that is too little.
const MAX_INDENTATIONS: usize = 300;

/// The syntax tree; `None` when the text takes too long to parse, or is indented as no program is.
pub(super) fn parse(text: &str) -> Option<Tree> {
    if indentations(text) > MAX_INDENTATIONS {
        return None;
    }
    crate::programs::reading::parse(&tree_sitter_python::LANGUAGE.into(), text)
}

/// How many widths of indentation there are. The scanner's stack is strictly increasing, so it is never
/// higher than that.
fn indentations(text: &str) -> usize {
    let mut widths = HashSet::new();
    for line in text.split(['\n', '\r']) {
        let mut width = 0_u32;
        for c in line.chars() {
            match c {
                ' ' => width += 1,
                '\t' => width += 8,
                '\u{c}' => width = 0,
                _ => break,
            }
        }
        widths.insert(width);
    }
    widths.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_indented_beyond_reason_is_not_parsed() {
        let nested =
            |levels: usize| (0..levels).fold(String::new(), |all, n| all + &" ".repeat(n) + "if f'{a}':\n");
        assert!(parse(&nested(250)).is_some());
        assert!(parse(&nested(700)).is_none());
    }
}
