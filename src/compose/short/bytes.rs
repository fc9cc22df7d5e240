//! Sizes in bytes: `512m`, `1.5 GiB`, `-1` (specification, section "Specifying byte values").

use super::{Unreadable, number};

/// Reads a size. Units are powers of 1024: `b`, `k`, `m`, `g`, `t`, `p`, each but the first with
/// an optional `b` or `ib`; one blank may stand before the unit.
///
/// # Errors
/// When there is no number, it is negative other than `-1`, or the unit is unknown.
pub fn parse(text: &str) -> Result<i64, Unreadable> {
    if text == "-1" {
        return Ok(-1);
    }
    let bad = || Unreadable::new("is not a size such as `512m` or `1.5gb`");
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(bad)?;
    let (digits, unit) = (&text[..=last], &text[last + 1..]);
    let size = number::float(digits.strip_suffix(' ').unwrap_or(digits)).ok_or_else(bad)?;
    if size < 0.0 {
        return Err(Unreadable::new("is negative"));
    }
    let size = size * factor(unit).ok_or_else(bad)?;
    // What does not fit becomes the smallest number where Compose runs.
    #[allow(clippy::cast_possible_truncation)]
    Ok(if size < 9_223_372_036_854_775_808.0 { size as i64 } else { i64::MIN })
}

fn factor(unit: &str) -> Option<f64> {
    let unit = unit.to_ascii_lowercase();
    let mut letters = unit.chars();
    let Some(first) = letters.next() else { return Some(1.0) };
    let rest = letters.as_str();
    if first == 'b' {
        return rest.is_empty().then_some(1.0);
    }
    let power = 1 + "kmgtp".find(first)?;
    matches!(rest, "" | "b" | "ib").then(|| 1024f64.powi(i32::try_from(power).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512b", 512),
            ("1k", 1024),
            ("1.5 KiB", 1536),
            ("64MB", 64 << 20),
            ("2g", 2 << 30),
            ("1tb", 1 << 40),
            ("-1", -1),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "m", "-2", "1x", "1 m b", "1bb", "1mib2", "1  m", "12é"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
