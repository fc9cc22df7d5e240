//! The order in which Compose prints the names of a mapping.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

/// A mapping sorted by name: as Go's JSON library does it, by bytes, or as go-yaml does it.
pub(in crate::compose) fn by_name(mut members: Map<String, Json>, yaml: bool) -> Json {
    if !yaml {
        members.sort_keys();
        return Json::Object(members);
    }
    let mut sorted: Vec<(String, Json)> = members.into_iter().collect();
    sorted.sort_by(|(a, _), (b, _)| natural(a, b));
    Json::Object(sorted.into_iter().collect())
}

/// The order of go-yaml: numbers within names count as numbers, and letters come after all else, but before
/// it behind a digit.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (before, here_a, here_b) = (a.get(..at).unwrap_or_default(), a.get(at..), b.get(at..));
    let (Some(rest_a @ [first_a, ..]), Some(rest_b @ [first_b, ..])) = (here_a, here_b) else {
        return a.len().cmp(&b.len());
    };
    let after_digit = before.last().is_some_and(|it| it.is_numeric());
    match (first_a.is_alphabetic(), first_b.is_alphabetic()) {
        (true, true) => return first_a.cmp(first_b),
        (true, false) => return if after_digit { Ordering::Less } else { Ordering::Greater },
        (false, true) => return if after_digit { Ordering::Greater } else { Ordering::Less },
        (false, false) => {}
    }
    // A zero counts for something only behind a digit that does.
    let behind = before.iter().rev().take_while(|it| it.is_ascii_digit()).any(|it| *it != '0');
    let start = u64::from((*first_a == '0' || *first_b == '0') && behind);
    let number = |rest: &[char]| {
        let digits = rest.iter().map_while(|it| it.to_digit(10));
        digits.fold((start, 0_usize), |(number, count), digit| {
            (number.saturating_mul(10).saturating_add(u64::from(digit)), count + 1)
        })
    };
    number(rest_a).cmp(&number(rest_b)).then(first_a.cmp(first_b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the real one makes of these names.
    #[test]
    fn names_are_sorted_as_by_the_library() {
        let sorted = [
            "", "$a", "-", "1a", "1e", "08", "10:00", "017", "100%", "GITEA__x", "GITEA_R", "NEXTAUTH",
            "NEXT_P", "USER_I", "USE_H", "a1", "a2", "a10", "ab",
        ];
        let mut names = sorted.to_vec();
        names.sort_unstable();
        names.sort_by(|a, b| natural(a, b));
        for pair in names.windows(2) {
            assert_ne!(natural(pair[0], pair[1]), Ordering::Greater, "{pair:?}");
        }
        let before = |a, b| assert_eq!(natural(a, b), Ordering::Less, "{a} {b}");
        before("NEXT_PUBLIC", "NEXTAUTH");
        before("USE_HTTPS", "USER_NAME");
        before("GITEA__x", "GITEA_R");
        before("WEB_HTTP_PORT", "WEB_HTTPS_PORT");
        before("a2", "a10");
        before("1a", "1_");
    }
}
