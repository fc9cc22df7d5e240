//! What an untyped scalar is, as the YAML library of Docker Compose (go-yaml v4) resolves it:
//! YAML 1.2's core schema with leftovers of 1.1, and Go's own number syntax.

use super::{Scalar, Style, timestamp::Timestamp};

/// What a scalar is.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `True`, `TRUE` and their opposites; `yes` and `on` are strings.
    Bool(bool),
    /// An integer of 64 bits, in any of Go's notations: `493`, `0755`, `0o755`, `0x1ED`, `1_000`.
    Int(i64),
    /// A float, also an integer beyond 64 bits.
    Float(f64),
    /// An unquoted date or time, as it reads once Compose makes it a string.
    Timestamp(String),
    /// A string: [`Scalar::text`] as it is.
    String,
    /// The bytes of a `!!binary`, as text.
    Binary(String),
    /// The tag asks for what the text is not; Compose refuses the file, for this reason.
    Invalid(String),
}

const CORE: &str = "tag:yaml.org,2002:";

/// Resolves a scalar under its tag as written (`!!str`, `!reset`, `!<tag:yaml.org,2002:int>`).
///
/// Quoted and block scalars are strings, and so is a scalar with a tag that is not one of YAML's own.
#[must_use]
pub fn resolve(scalar: &Scalar, tag: Option<&str>) -> Resolved {
    let Some(tag) = tag else {
        return if scalar.style == Style::Plain { plain(&scalar.text, true) } else { Resolved::String };
    };
    let wanted = tag.strip_prefix("!!").or_else(|| {
        let verbatim = tag.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>'));
        verbatim.and_then(|tag| tag.strip_prefix(CORE))
    });
    let found = plain(&scalar.text, wanted == Some("timestamp"));
    match (wanted, found) {
        (Some("int"), Resolved::Int(int)) => Resolved::Int(int),
        // An unsigned integer beyond `i64` is still one to Compose.
        (Some("int"), Resolved::Float(float)) if is_unsigned(&scalar.text) => Resolved::Float(float),
        (Some("float"), Resolved::Float(float)) => Resolved::Float(float),
        #[allow(clippy::cast_precision_loss)] // As Go converts it.
        (Some("float"), Resolved::Int(int)) => Resolved::Float(int as f64),
        (Some("bool"), Resolved::Bool(bool)) => Resolved::Bool(bool),
        (Some("null"), Resolved::Null) => Resolved::Null,
        (Some("timestamp"), Resolved::Timestamp(time)) => Resolved::Timestamp(time),
        (Some("binary"), _) => match decode_base64(&scalar.text) {
            Some(text) => Resolved::Binary(text),
            None => Resolved::Invalid("`!!binary` wants base64 text".to_string()),
        },
        (Some(wanted @ ("int" | "float" | "bool" | "null" | "timestamp")), _) => {
            Resolved::Invalid(format!("`{}` is no `!!{wanted}`", scalar.text))
        }
        _ => Resolved::String,
    }
}

impl Resolved {
    /// The text that Compose makes of this value where it wants a string (`environment`, labels …):
    /// `0755` becomes `493` and `1e6` becomes `1e+06`. `None` for null and for what is invalid.
    #[must_use]
    pub fn to_text(&self, scalar: &Scalar) -> Option<String> {
        match self {
            Resolved::Null | Resolved::Invalid(_) => None,
            Resolved::Bool(bool) => Some(bool.to_string()),
            Resolved::Int(int) => Some(int.to_string()),
            Resolved::Float(float) => match unsigned(&scalar.text) {
                Some(integer) if i64::try_from(integer).is_err() => Some(integer.to_string()),
                _ => Some(float_text(*float)),
            },
            Resolved::Timestamp(text) | Resolved::Binary(text) => Some(text.clone()),
            Resolved::String => Some(scalar.text.clone()),
        }
    }
}

/// A float as Go's `%v` prints it: the shortest digits, with an exponent below -4 and above 5.
#[must_use]
pub fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "NaN".to_string();
    }
    if float.is_infinite() {
        return if float > 0.0 { "+Inf" } else { "-Inf" }.to_string();
    }
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn plain(text: &str, dates: bool) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        "-0" | "-0.0" => return Resolved::Float(-0.0),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'.') => dotted(text).map_or(Resolved::String, Resolved::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => number(text, dates).unwrap_or(Resolved::String),
        _ => Resolved::String,
    }
}

fn number(text: &str, dates: bool) -> Option<Resolved> {
    if let Some(time) = dates.then(|| Timestamp::parse(text)).flatten() {
        return Some(Resolved::Timestamp(time.to_string()));
    }
    let bare = text.replace('_', "");
    if let Some(integer) = integer(&bare) {
        return Some(Resolved::Int(integer));
    }
    if let Some(integer) = unsigned(&bare) {
        #[allow(clippy::cast_precision_loss)] // What does not fit an `i64` is given as a float.
        return Some(Resolved::Float(integer as f64));
    }
    is_float(&bare).then(|| finite(&bare)).flatten().map(Resolved::Float)
}

/// Go's `strconv.ParseInt` with base 0, underscores gone.
fn integer(text: &str) -> Option<i64> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let magnitude = i128::from(magnitude_of(magnitude)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Go's `strconv.ParseUint` with base 0, after a `+`.
fn unsigned(text: &str) -> Option<u64> {
    let bare = text.replace('_', "");
    magnitude_of(bare.strip_prefix('+').unwrap_or(&bare))
}

fn is_unsigned(text: &str) -> bool {
    unsigned(text).is_some()
}

fn magnitude_of(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, text.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, text.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, text.get(2..)?),
        [b'0', _, ..] => (8, text.get(1..)?),
        _ => (10, text),
    };
    // `from_str_radix` would take a second sign.
    let all = digits.chars().all(|digit| digit.is_digit(radix));
    if all { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

/// Go's `strconv.ParseFloat` of a text that begins with a point: underscores stand between digits only.
fn dotted(text: &str) -> Option<f64> {
    let between = |at: usize| {
        let digit =
            |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(at.checked_add(1))
    };
    if !text.match_indices('_').all(|(at, _)| between(at)) {
        return None;
    }
    let bare = text.replace('_', "");
    is_float(&bare).then(|| finite(&bare)).flatten()
}

/// A number too large for a float stays a string.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

fn decode_base64(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let body = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
