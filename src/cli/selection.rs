//! Which rules a run asks, and how sure their findings must be.

use super::{Failed, suggest};
use crate::config::Choices;
use crate::finding::{Confidence, Severity};
use crate::rules::page::Level;

/// The flags of `check` and `baseline` that choose findings.
#[derive(Clone, Debug, clap::Args)]
pub struct Selection {
    /// Leave out findings that are less sure [default: likely]
    #[arg(long, value_enum, value_name = "CONFIDENCE")]
    min_confidence: Option<Least>,
    /// The rules that speak: `default`, or also those of `hardening`, or all [default: default]
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<UpTo>,
    /// Ask only this rule, whatever its level
    #[arg(long, value_name = "RULE", value_delimiter = ',', hide_possible_values = true, value_parser = suggest::RuleNames)]
    select: Vec<String>,
    /// Do not ask this rule
    #[arg(long, value_name = "RULE", value_delimiter = ',', hide_possible_values = true, value_parser = suggest::RuleNames)]
    ignore: Vec<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum FailOn {
    Advice,
    Warning,
    Error,
    Never,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Least {
    Possible,
    Likely,
    Certain,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum UpTo {
    Default,
    Hardening,
    Pedantic,
}

impl From<UpTo> for Level {
    fn from(level: UpTo) -> Self {
        match level {
            UpTo::Default => Self::Default,
            UpTo::Hardening => Self::Hardening,
            UpTo::Pedantic => Self::Pedantic,
        }
    }
}

impl Selection {
    /// What of it is chosen on the command line.
    pub fn choices(&self, fail_on: Option<FailOn>) -> Result<Choices, Failed> {
        for name in self.select.iter().chain(&self.ignore) {
            suggest::rule(name).map_err(Failed::Asked)?;
        }
        Ok(Choices {
            level: self.level.map(Level::from),
            min_confidence: self.min_confidence.map(|least| match least {
                Least::Possible => Confidence::Possible,
                Least::Likely => Confidence::Likely,
                Least::Certain => Confidence::Certain,
            }),
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            fail_on: fail_on.map(|fail_on| match fail_on {
                FailOn::Advice => Some(Severity::Advice),
                FailOn::Warning => Some(Severity::Warning),
                FailOn::Error => Some(Severity::Error),
                FailOn::Never => None,
            }),
        })
    }
}
