//! What the place where a report is shown can show.

use std::io::IsTerminal;

/// Colours, characters and width of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Whether it takes colours.
    pub color: bool,
    /// Whether it takes links.
    pub links: bool,
    /// Whether it takes characters beyond ASCII.
    pub unicode: bool,
    /// Its width in columns.
    pub width: usize,
    /// Whether summaries and hints are left out.
    pub quiet: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { color: false, links: false, unicode: true, width: 100, quiet: false }
    }
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Screen {
    /// The text as a link, where there are links. `url` must hold nothing that acts on a terminal, as a
    /// [`url::Url`] does not.
    #[must_use]
    pub fn link(&self, text: &str, url: &str) -> String {
        match self.links {
            true => format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"),
            false => text.to_string(),
        }
    }

    /// What standard output can show, by its being a terminal and by the variables that say so:
    /// `NO_COLOR`, `CLICOLOR_FORCE`, `TERM`, `COLUMNS`, `LC_ALL`, `LC_CTYPE`, `LANG`.
    #[must_use]
    pub fn of_stdout(choice: ColorChoice, quiet: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR") => false,
            ColorChoice::Auto if set("CLICOLOR_FORCE") => true,
            ColorChoice::Auto => std::io::stdout().is_terminal() && !dumb,
        };
        let links = color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
        Self { color, links, unicode: is_utf8(|name| std::env::var(name).ok()), width: width(), quiet }
    }
}

fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    asked.or_else(terminal).unwrap_or(100).clamp(40, 200)
}

/// Whether the locale is one of UTF-8. The first variable that is set decides, as in `setlocale`.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|v| !v.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let with = |pairs: &'static [(&str, &str)]| {
            is_utf8(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string()))
        };
        assert!(with(&[("LANG", "en_US.UTF-8")]));
        assert!(with(&[("LC_ALL", ""), ("LANG", "C.utf8")]));
        assert!(!with(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(!with(&[]) || cfg!(windows));
    }
}
