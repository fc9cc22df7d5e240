//! Values of variables and options of commands with which images do not start, and what they do without a command.

use serde::Deserialize;

use super::{KnownImage, Version};
use crate::compose::ImageReference;

/// A value with which an image does not start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The variables that mean the same.
    pub variables: Vec<String>,
    /// The value; without it and `form`, any.
    #[serde(default)]
    pub value: Option<String>,
    /// The only values that it takes.
    #[serde(default)]
    pub among: Vec<String>,
    /// What the value must look like.
    #[serde(default)]
    pub form: Option<Form>,
    /// Variables with one of these beginnings may change what is refused.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Only where one of these is set: `NAME=value`.
    #[serde(default)]
    pub with: Vec<String>,
    images: Vec<String>,
    #[serde(default)]
    since: Option<Version>,
    #[serde(default)]
    before: Option<Version>,
    /// What the server says to it.
    pub says: String,
    /// What to do instead.
    pub instead: String,
}

/// An option that a version does not know any more.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownOption {
    /// Its name, without dashes at the start, with `-` between its words.
    pub option: String,
    /// Only with a value that holds this.
    #[serde(default)]
    pub value: Option<String>,
    images: Vec<String>,
    #[serde(default)]
    since: Option<Version>,
    #[serde(default)]
    before: Option<Version>,
    /// Whether it is any option whose whole name stands behind one dash, where only two make a name of it.
    #[serde(default)]
    pub one_dash: bool,
    /// The programs whose option it is, with `|` between them.
    program: String,
    /// What the server says to it.
    pub says: String,
    /// What to do instead.
    pub instead: String,
}

/// What an image does and then ends, where no command is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    images: Vec<String>,
    #[serde(default)]
    since: Option<Version>,
    #[serde(default)]
    before: Option<Version>,
    #[serde(default)]
    without: Vec<String>,
    /// What it does.
    pub does: String,
    /// Whether a terminal keeps it.
    #[serde(default)]
    pub prompt: bool,
    /// A command to give.
    #[serde(default)]
    pub example: Option<String>,
}

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// An address of mail at a domain of the internet, as the `email-validator` of Python takes it.
    Mail,
    /// A password as SQL Server's policy wants it.
    Strong,
    /// An address as drivers of Java have it.
    Jdbc,
    /// A password of eight characters or more.
    Long,
    /// A user and such a password: `neo4j/…`.
    PairLong,
}

impl Form {
    /// Whether it is one of passwords, which are not repeated.
    #[must_use]
    pub const fn is_of_passwords(self) -> bool {
        matches!(self, Self::Strong | Self::Long | Self::PairLong)
    }
}

/// The images, and the versions of them, that an entry of the table holds for.
pub(super) struct Range<'a> {
    pub(super) images: &'a [String],
    pub(super) since: Option<Version>,
    pub(super) before: Option<Version>,
}

impl Range<'_> {
    /// Whether the reference is one of the images in a version of the range. A digest without a tag may be any version.
    fn holds(&self, reference: &ImageReference<'_>) -> bool {
        let told = reference.tag.is_some() || reference.digest.is_none();
        (told || (self.since.is_none() && self.before.is_none()))
            && Version::lies_within(reference.tag, self.since, self.before)
            && self.images.iter().any(|image| image == reference.path)
    }
}

/// The entries of a table that hold for the image.
pub(super) fn fitting<'a, T>(
    entries: &'a [T],
    reference: &'a str,
    range: fn(&T) -> Range<'_>,
) -> impl Iterator<Item = &'a T> {
    let parsed = ImageReference::parse(reference);
    entries.iter().filter(move |it| parsed.as_ref().is_some_and(|parsed| range(it).holds(parsed)))
}

impl KnownImage {
    /// The values of variables with which this image does not start.
    pub fn refused<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a Refused> {
        fitting(&self.refuses, reference, Refused::range)
    }

    /// What this image does without a command, if it ends then.
    #[must_use]
    pub fn ends<'a>(&'a self, reference: &'a str) -> Option<&'a Ends> {
        let tag = ImageReference::parse(reference)?.tag.unwrap_or("");
        let without = |it: &&Ends| !it.without.iter().any(|word| tag.contains(word.as_str()));
        fitting(&self.ends, reference, Ends::range).find(without)
    }

    /// The options with which this image does not start.
    pub fn options_refused<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a UnknownOption> {
        fitting(&self.unknown_options, reference, UnknownOption::range)
    }
}

impl Ends {
    const fn range(&self) -> Range<'_> {
        Range { images: self.images.as_slice(), since: self.since, before: self.before }
    }
}

impl Refused {
    const fn range(&self) -> Range<'_> {
        Range { images: self.images.as_slice(), since: self.since, before: self.before }
    }

    /// Whether any value is one of those.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.value.is_none() && self.form.is_none() && self.among.is_empty()
    }

    /// Whether the value is one of those.
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        match (&self.value, self.form) {
            (Some(refused), _) => refused == value,
            // What is blank was not set, which is another matter.
            (None, Some(Form::Mail)) => !value.is_empty() && !is_mail(value),
            (None, Some(Form::Strong)) => !value.is_empty() && !is_strong(value),
            (None, Some(Form::Long)) => !value.is_empty() && value.chars().count() < 8,
            (None, Some(Form::PairLong)) => {
                value.split_once('/').is_some_and(|(_, password)| (1..8).contains(&password.chars().count()))
            }
            (None, Some(Form::Jdbc)) => value.contains("://") && !value.starts_with("jdbc:"),
            (None, None) if !self.among.is_empty() => {
                !value.is_empty() && !self.among.iter().any(|taken| taken.eq_ignore_ascii_case(value))
            }
            (None, None) => true,
        }
    }
}

impl UnknownOption {
    const fn range(&self) -> Range<'_> {
        Range { images: self.images.as_slice(), since: self.since, before: self.before }
    }

    /// Whether it is an option of this program.
    #[must_use]
    pub fn is_of(&self, program: &str) -> bool {
        self.program.split('|').any(|known| known == program)
    }

    /// Whether a word of the command is this option: `--name`, `--name=value`, with the next word as its value.
    #[must_use]
    pub fn is(&self, word: &str, next: Option<&str>) -> bool {
        if self.one_dash {
            let name = word.strip_prefix('-').and_then(|name| name.split('=').next()).unwrap_or("");
            return name.contains('.') && name.starts_with(|c: char| c.is_ascii_lowercase());
        }
        let Some(given) = word.strip_prefix("--") else { return false };
        let (name, value) = given.split_once('=').map_or((given, next), |(name, value)| (name, Some(value)));
        let same = |(a, b): (char, char)| a == b || (a == '_' && b == '-');
        name.len() == self.option.len()
            && name.chars().zip(self.option.chars()).all(same)
            && self
                .value
                .as_ref()
                .is_none_or(|wanted| value.is_some_and(|value| value.contains(wanted.as_str())))
    }
}

/// Whether it has eight characters, of three of four kinds.
fn is_strong(value: &str) -> bool {
    let kinds: [fn(char) -> bool; 4] =
        [char::is_uppercase, char::is_lowercase, |c| c.is_ascii_digit(), |c| !c.is_alphanumeric()];
    let has = |kind: &&fn(char) -> bool| value.chars().any(**kind);
    value.chars().count() >= 8 && kinds.iter().filter(has).count() >= 3
}

/// Whether it is an address at a domain that has a point and is none of those that are reserved for special use.
fn is_mail(value: &str) -> bool {
    let Some((name, domain)) = value.rsplit_once('@') else { return false };
    let last = domain.rsplit('.').next().unwrap_or(domain);
    let reserved = ["local", "localhost", "invalid", "arpa"];
    !name.is_empty() && domain.contains('.') && !last.is_empty() && !reserved.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::super::known;
    use super::{is_mail, is_strong};

    #[test]
    fn passwords() {
        for (value, strong) in [
            ("Your_password123", true),
            ("yourStrong(!)", true),
            ("password", false),
            ("Pa1!", false),
            ("sa123456", false),
        ] {
            assert_eq!(is_strong(value), strong, "{value}");
        }
    }

    #[test]
    fn mail() {
        for value in ["admin@admin.com", "a.b@example.org"] {
            assert!(is_mail(value), "{value}");
        }
        for value in ["admin", "admin@localhost", "admin@shop.local", "@x.org", "root@host.", ""] {
            assert!(!is_mail(value), "{value}");
        }
    }

    #[test]
    fn options_of_versions() {
        let refused = |reference: &str, word: &str, next: Option<&str>| {
            known(reference)
                .is_some_and(|image| image.options_refused(reference).any(|option| option.is(word, next)))
        };
        let plugin = "--default-authentication-plugin=mysql_native_password";
        for reference in ["mysql", "mysql:latest", "mysql:8", "mysql:8.4", "mysql:9.1", "mysql:8-oracle"] {
            assert!(refused(reference, plugin, None), "{reference}");
            assert!(
                refused(reference, "--default_authentication_plugin", Some("mysql_native_password")),
                "{reference}"
            );
        }
        for reference in [
            "mysql:8.0",
            "mysql:5.7",
            "mysql:8.3.0",
            "mariadb",
            "mysql@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            assert!(!refused(reference, plugin, None), "{reference}");
        }
        assert!(
            refused("mysql:9", "--mysql-native-password=ON", None)
                && !refused("mysql:8.4", "--mysql-native-password=ON", None)
        );
        assert!(refused("mysql:8.0", "--sql-mode=STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER", None));
        assert!(!refused("mysql:8.0", "--sql-mode=STRICT_TRANS_TABLES", None));
        assert!(refused("mongo", "--smallfiles", None) && !refused("mongo:4.0", "--smallfiles", None));
    }
}
