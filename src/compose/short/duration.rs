//! Durations: `1m30s`, `2d`, `1.5h` (specification, section "Specifying durations").

use super::Unreadable;

const NANOSECOND: f64 = 1.0;
const SECOND: f64 = 1e9;
const UNITS: &[(&str, f64)] = &[
    ("ns", NANOSECOND),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", SECOND),
    ("m", 60.0 * SECOND),
    ("h", 3_600.0 * SECOND),
    ("d", 86_400.0 * SECOND),
    ("w", 604_800.0 * SECOND),
];

/// Reads a duration into nanoseconds.
///
/// # Errors
/// When a number or a unit is missing or unknown, or the duration does not fit.
pub fn parse(text: &str) -> Result<i64, Unreadable> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(Unreadable::new("is blank"));
    }
    let mut rest = unsigned;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (nanoseconds, after) = component(rest)?;
        total = total.checked_add(nanoseconds).ok_or_else(too_long)?;
        rest = after;
    }
    Ok(if text.starts_with('-') { -total } else { total })
}

fn too_long() -> Unreadable {
    Unreadable::new("is too long a time")
}

fn component(text: &str) -> Result<(i64, &str), Unreadable> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, after) = text.split_at(digits(text));
    let (fraction, after) = match after.strip_prefix('.') {
        Some(after) => after.split_at(digits(after)),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(Unreadable::new("is not a duration such as `1m30s`"));
    }
    let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
    let (unit, rest) = after.split_at(end);
    if unit.is_empty() {
        return Err(Unreadable::new("has no unit; write for example `30s`"));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(Unreadable::new(format!("has the unknown unit `{unit}`")));
    };
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_long())? };
    #[allow(clippy::cast_possible_truncation)]
    let whole = whole.checked_mul(*factor as i64).ok_or_else(too_long)?;
    let fraction: f64 =
        if fraction.is_empty() { 0.0 } else { format!("0.{fraction}").parse().unwrap_or(0.0) };
    #[allow(clippy::cast_possible_truncation)]
    let nanoseconds = whole.checked_add((fraction * factor) as i64).ok_or_else(too_long)?;
    Ok((nanoseconds, rest))
}

/// Prints a duration as Go's `time.Duration` does: `1h0m30s`, `1.5s`, `100ms`, `0s`.
#[must_use]
pub fn print(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    if magnitude == 0 {
        return "0s".to_string();
    }
    if magnitude < 1_000_000_000 {
        let (unit, size) = match magnitude {
            0..1_000 => ("ns", 1),
            1_000..1_000_000 => ("µs", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{sign}{}{unit}", decimal(magnitude, size));
    }
    let (seconds, below) = (magnitude / 1_000_000_000, magnitude % 1_000_000_000);
    let last = decimal((seconds % 60) * 1_000_000_000 + below, 1_000_000_000);
    let minutes = seconds / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{last}s"),
        (0, minutes) => format!("{sign}{minutes}m{last}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{last}s"),
    }
}

fn decimal(value: u64, size: u64) -> String {
    let (whole, rest) = (value / size, value % size);
    if rest == 0 {
        return whole.to_string();
    }
    let width = size.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, printed) in [
            ("30s", "30s"),
            ("1m30s", "1m30s"),
            ("90s", "1m30s"),
            ("1.5h", "1h30m0s"),
            ("2d", "48h0m0s"),
            ("1w", "168h0m0s"),
            ("100ms", "100ms"),
            ("1500us", "1.5ms"),
            ("0", "0s"),
            ("-1s", "-1s"),
        ] {
            assert_eq!(parse(text).map(print), Ok(printed.to_string()), "{text}");
        }
        for text in ["", "30", "s", "1x", "1m 30s", ".s", "9999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
