//! Unquoted dates and times: the four forms that go-yaml reads, with the leniency of Go's `time.Parse`.

use std::fmt;

/// A date and time with its distance from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    /// Minutes; `None` is UTC.
    offset: Option<(char, u32, u32)>,
}

impl Timestamp {
    /// Reads `2001-1-2`, `2001-1-2T3:4:5.6Z`, `2001-1-2t3:4:5+01:00` or `2001-1-2 3:4:5`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = Cursor(text);
        let year = rest.year()?;
        rest.expect('-')?;
        let month = rest.number(1, 12)?;
        rest.expect('-')?;
        let day = rest.number(1, days(year, month))?;
        let mut time = Self { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: None };
        if rest.0.is_empty() {
            return Some(time);
        }
        let zoned = rest.expect('T').or_else(|| rest.expect('t')).is_some();
        if !zoned {
            rest.expect(' ')?;
            rest.0 = rest.0.trim_start_matches(' ');
        }
        time.hour = rest.number(0, 23)?;
        rest.expect(':')?;
        time.minute = rest.number(0, 59)?;
        rest.expect(':')?;
        time.second = rest.number(0, 59)?;
        time.nanosecond = rest.fraction();
        if zoned {
            time.offset = rest.offset()?;
        }
        rest.0.is_empty().then_some(time)
    }
}

/// As Go's `Time.String`: `2001-01-02 03:04:05.6 +0100 +0100`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, nanosecond, offset } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")?;
        if *nanosecond > 0 {
            let fraction = format!("{nanosecond:09}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        match offset {
            None => write!(f, " +0000 UTC"),
            Some((sign, hours, minutes)) => {
                write!(f, " {sign}{hours:02}{minutes:02} {sign}{hours:02}{minutes:02}")
            }
        }
    }
}

struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn expect(&mut self, wanted: char) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    fn digits(&mut self, most: usize) -> Option<u32> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits.parse().ok()?;
        self.0 = rest;
        Some(number)
    }

    fn year(&mut self) -> Option<u32> {
        let before = self.0.len();
        let year = self.digits(4)?;
        (before - self.0.len() == 4).then_some(year)
    }

    /// One or two digits.
    fn number(&mut self, least: u32, most: u32) -> Option<u32> {
        self.digits(2).filter(|number| (least..=most).contains(number))
    }

    /// Nanoseconds; digits beyond the ninth are passed over.
    fn fraction(&mut self) -> u32 {
        let Some(rest) = self.0.strip_prefix(['.', ',']) else { return 0 };
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        let Some((digits, after)) = rest.split_at_checked(count).filter(|_| count > 0) else { return 0 };
        self.0 = after;
        format!("{digits:0<9.9}").parse().unwrap_or(0)
    }

    fn offset(&mut self) -> Option<Option<(char, u32, u32)>> {
        if self.expect('Z').is_some() {
            return Some(None);
        }
        let sign = self.0.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
        self.expect(sign)?;
        let two = |cursor: &mut Self, most| {
            let before = cursor.0.len();
            cursor.number(0, most).filter(|_| before - cursor.0.len() == 2)
        };
        let hours = two(self, 23)?;
        self.expect(':')?;
        let minutes = two(self, 60)?;
        Some((hours != 0 || minutes != 0).then_some((sign, hours, minutes)))
    }
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
