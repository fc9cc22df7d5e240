//! The patterns of the specification, without a regular expression engine.

use super::Pattern;

impl Pattern {
    /// Whether the text follows the pattern.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        match self {
            Pattern::Name => !text.is_empty() && text.bytes().all(is_name_byte),
            // `.` of the pattern matches no line break, and `$` only the very end.
            Pattern::NotBlank => !text.is_empty() && !text.contains('\n'),
            Pattern::LowerCase => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase()),
            Pattern::ContainerName => is_container_name(text),
            Pattern::PullPolicy => is_pull_policy(text),
        }
    }

    /// What the pattern wants, for people.
    #[must_use]
    pub const fn wants(self) -> &'static str {
        match self {
            Pattern::Name => "letters, digits, `.`, `_` and `-`",
            Pattern::NotBlank => "a name that is not blank",
            Pattern::LowerCase => "lower case letters",
            Pattern::ContainerName => "a letter or digit followed by letters, digits, `_`, `.` or `-`",
            Pattern::PullPolicy => {
                "`always`, `never`, `missing`, `build`, `refresh`, `daily`, `weekly` or `every_<duration>`"
            }
        }
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// The pattern is not anchored: it is enough that a part of the text follows it.
fn is_container_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && is_name_byte(pair[1]))
}

fn is_pull_policy(text: &str) -> bool {
    const WORDS: &[&str] =
        &["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    if WORDS.contains(&text) {
        return true;
    }
    let Some(mut rest) = text.strip_prefix("every_").filter(|rest| !rest.is_empty()) else { return false };
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if unit.len() == rest.len() || !unit.starts_with(['w', 'd', 'h', 'm', 's']) {
            return false;
        }
        rest = &unit[1..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_policies() {
        for good in ["always", "if_not_present", "every_12h", "every_1d12h30m"] {
            assert!(Pattern::PullPolicy.fits(good), "{good}");
        }
        for bad in ["", "Always", "every_", "every_h", "every_12", "every_12x", "every_1h2"] {
            assert!(!Pattern::PullPolicy.fits(bad), "{bad}");
        }
    }

    #[test]
    fn container_names() {
        assert!(Pattern::ContainerName.fits("db"));
        assert!(Pattern::ContainerName.fits("/my db"));
        assert!(!Pattern::ContainerName.fits("a"));
        assert!(!Pattern::ContainerName.fits("_-"));
    }
}
