//! Numbers as Go reads and prints them.

/// Reads a whole number in base ten as Go's `strconv.ParseInt` does: a sign and digits.
#[must_use]
pub fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads a number as Go's `strconv.ParseFloat` does: decimal, hexadecimal, `inf` and `nan`, and
/// underscores nowhere.
#[must_use]
pub fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(hexadecimal) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        let value = hexadecimal_float(hexadecimal)?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    text.parse().ok()
}

fn hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent = i32::try_from(integer(exponent)?).ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    Some(value * 2f64.powi(shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_no_blanks() {
        assert_eq!(integer("+12"), Some(12));
        assert_eq!(integer(" 12"), None);
        assert_eq!(integer(""), None);
        assert_eq!(integer("1_000"), None);
        assert_eq!(integer("9223372036854775808"), None);
    }

    #[test]
    fn hexadecimal_floats() {
        assert_eq!(float("0x1p4"), Some(16.0));
        assert_eq!(float("-0x1.8p0"), Some(-1.5));
        assert_eq!(float("0x10"), None);
    }
}
