//! "Did you mean …".

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::rules::{ALL, Rule};

/// The name among `known` that is nearest to `name`, if one is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase().replace('_', "-");
    let scored = known.into_iter().map(|candidate| (strsim::jaro_winkler(&name, candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The rule of this name.
///
/// # Errors
/// A message that names the nearest rule.
pub fn rule(name: &str) -> Result<&'static Rule, String> {
    if let Some(rule) = ALL.iter().find(|rule| rule.name == name) {
        return Ok(rule);
    }
    let hint = match nearest(name, ALL.iter().map(|rule| rule.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`dockworthy rules` lists all of them".to_string(),
    };
    Err(format!("there is no rule `{}`; {hint}", crate::report::printable(name)))
}

/// Takes any name, and offers those of the rules to shells that complete them: what is no rule is told by
/// [`rule`], in words of our own.
#[derive(Clone, Copy, Debug)]
pub struct RuleNames;

impl TypedValueParser for RuleNames {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(ALL.iter().map(|rule| PossibleValue::new(rule.name))))
    }
}
