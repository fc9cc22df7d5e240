//! What the rules about sessions and transactions share: they each report one kind of remark.

use super::prelude::*;
use crate::programs::RemarkKind;

/// What a rule says of a remark.
pub struct Words {
    /// The fact.
    pub message: &'static str,
    /// What stands at the place.
    pub here: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Reports every remark of a kind, once however many services run the module.
pub fn report(
    rule: &'static Rule,
    kind: RemarkKind,
    words: &Words,
    cx: &Context<'_>,
    out: &mut Vec<Finding>,
) {
    for (client, remark) in cx.facts.remarks(kind) {
        let finding = rule
            .finding(remark.span, words.message)
            .service(client.service.name.value.clone())
            .here(words.here)
            .help(words.help);
        out.push(match remark.related {
            Some((span, text)) => finding.also(span, text),
            None => finding,
        });
    }
}
