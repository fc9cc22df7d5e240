//! `command` and `entrypoint`.

use super::super::short::words;
use super::super::{Command, Data, Value};
use crate::finding::{Problem, ProblemKind};

/// The words of a command in either form; `None` for `null`.
pub(super) fn decode(value: &Value, problems: &mut Vec<Problem>, service: &str) -> Option<Command> {
    match &value.data {
        Data::String(text) => {
            let (words, dropped) = match words::split(text) {
                Ok(split) => {
                    let rest = split.dropped.map(|at| text.within(at, text.assumed().len()));
                    (split.words, rest)
                }
                Err(reason) => {
                    let message = format!("the command {reason}");
                    let problem = Problem::refusal(ProblemKind::InvalidValue, value.span(), message);
                    problems.push(problem.service(service).help("write the command as a list of words"));
                    (Vec::new(), None)
                }
            };
            Some(Command { words, split: true, dropped, origin: value.origin.clone() })
        }
        Data::List(items) => {
            let words = items.iter().filter_map(Value::to_text).collect();
            Some(Command { words, split: false, dropped: None, origin: value.origin.clone() })
        }
        _ => None,
    }
}
