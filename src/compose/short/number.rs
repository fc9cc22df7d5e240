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

/// Prints a number as Go's `%v` does: shortest digits, exponents from 1e+21 on and below 1e-4.
#[must_use]
pub fn print_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_string();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_go() {
        for (value, text) in [
            (1.5, "1.5"),
            (1000.0, "1000"),
            (1e21, "1e+21"),
            (1e-5, "1e-05"),
            (0.0, "0"),
            (1e20, "100000000000000000000"),
        ] {
            assert_eq!(print_float(value), text);
        }
    }

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
