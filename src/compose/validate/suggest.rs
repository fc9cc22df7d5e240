//! What was probably meant.

/// The known word nearest to `text`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word this long is no slip of the keyboard, and comparing it would take long.
    if text.len() > 64 {
        return None;
    }
    let plain = |word: &str| word.to_ascii_lowercase().replace('-', "_");
    let wanted = plain(text);
    let scored = known.into_iter().map(|word| (strsim::damerau_levenshtein(&wanted, &plain(word)), word));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    let allowed = (wanted.chars().count() / 3).clamp(1, 3);
    (distance <= allowed).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words() {
        let known = ["ports", "expose", "env_file", "environment"];
        assert_eq!(nearest("prots", known), Some("ports"));
        assert_eq!(nearest("env-file", known), Some("env_file"));
        assert_eq!(nearest("enviroment", known), Some("environment"));
        assert_eq!(nearest("zzz", known), None);
    }
}
