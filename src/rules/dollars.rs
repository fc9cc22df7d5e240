//! Which rule speaks of a reference that nothing gives a value: one `$`, one finding.

use super::prelude::*;
use super::{
    blank_beats_default, env_file_is_not_interpolation, healthcheck_interpolated_by_compose as escaped,
    unescaped_dollar,
};
use crate::finding::{Problem, ProblemKind};

/// The references without a value that no more specific rule speaks of.
pub fn left_over<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Problem> {
    let unset = unset(cx);
    let blanks = blank_beats_default::places(cx);
    let texts = unescaped_dollar::places(cx);
    let files = env_file_is_not_interpolation::places(cx);
    unset.filter(move |problem| {
        ![&blanks, &texts, &files].into_iter().any(|places| places.contains(&problem.at))
    })
}

/// The references without a value, but for those in a healthcheck or command that the container's own
/// shell should have seen.
pub fn unset<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Problem> {
    let before = escaped::places(cx);
    let all = cx.project.problems.iter();
    all.filter(move |problem| {
        problem.kind == ProblemKind::UnsetInterpolation && !before.contains(&problem.at)
    })
}

/// A text as it is written, with the place of each `$` that begins a reference.
pub struct Written<'a> {
    /// The text; a reference stands in it as `$NAME` or `${NAME}`.
    pub text: String,
    /// The references.
    pub references: Vec<Reference<'a>>,
    /// Every `$` that is written once: where it stands in the file, and in the text.
    pub dollars: Vec<(Span, usize)>,
    /// Whether the text stands in its file byte for byte.
    pub exact: bool,
}

/// A reference in a text.
pub struct Reference<'a> {
    /// The variable.
    pub name: &'a str,
    /// The whole reference.
    pub span: Span,
    /// Where it begins in [`Written::text`].
    pub at: usize,
    /// Whether it has braces.
    pub braced: bool,
}

impl<'a> Written<'a> {
    /// Puts a text together as it was before Compose replaced what it refers to.
    #[must_use]
    pub fn of(value: &'a Text) -> Self {
        let mut written =
            Self { text: String::new(), references: Vec::new(), dollars: Vec::new(), exact: true };
        for piece in value.pieces() {
            let reference = piece.origin.through.iter().rev().find_map(|via| match via {
                Via::Interpolation { variable, span, .. } => Some((&**variable, *span)),
                _ => None,
            });
            match reference {
                Some((_, span)) if written.references.last().is_some_and(|last| last.span == span) => {}
                Some((name, span)) => written.refer(name, span),
                None => written.literal(piece),
            }
        }
        written
    }

    fn refer(&mut self, name: &'a str, span: Span) {
        let braced = span.len() as usize != name.len() + 1;
        self.references.push(Reference { name, span, at: self.text.len(), braced });
        if !braced {
            self.dollars.push((span.slice(0, 1), self.text.len()));
        }
        self.text.push_str(&if braced { format!("${{{name}}}") } else { format!("${name}") });
    }

    fn literal(&mut self, piece: &crate::source::Piece) {
        let span = piece.origin.written;
        // `$$` gave a `$`: it is escaped already.
        if piece.text == "$" && span.len() == 2 {
            self.text.push_str("$$");
            return;
        }
        if span.len() as usize == piece.text.len() {
            let dollars = piece.text.match_indices('$');
            self.dollars.extend(dollars.map(|(at, _)| (span.slice(at, at + 1), self.text.len() + at)));
        } else {
            self.exact = false;
        }
        self.text.push_str(&piece.text);
    }
}

/// The texts of a service in which references are looked for, each with what it belongs to.
pub fn texts<'a>(facts: &'a ServiceFacts<'_>) -> Vec<(Holder<'a>, &'a Text)> {
    let service = facts.service;
    let mut texts = Vec::new();
    let variables = &service.environment.variables;
    texts
        .extend(variables.iter().filter_map(|(name, it)| Some((Holder::Variable(name), it.value.as_ref()?))));
    for file in &service.env_files {
        let set = file.variables.iter();
        texts.extend(set.filter_map(|(name, it)| Some((Holder::EnvFile(name, it), it.value.as_ref()?))));
    }
    texts.extend(service.labels.iter().map(|(name, it)| (Holder::Label(name), &it.value)));
    if let Some(build) = &service.build {
        let set = build.args.iter();
        texts.extend(set.filter_map(|(name, it)| Some((Holder::Variable(name), it.value.as_ref()?))));
    }
    let test = service.healthcheck.as_ref().and_then(|healthcheck| healthcheck.test.as_ref());
    for word in test.filter(|test| test.shell).into_iter().flat_map(|test| &test.words) {
        texts.push((Holder::Shell, &word.value));
    }
    // `entrypoint: [sh, -c]` makes a script of what `command` says.
    let handed_on = service.entrypoint.as_ref().is_some_and(escaped::runs_a_shell);
    for (command, shell) in [(&service.entrypoint, false), (&service.command, handed_on)] {
        let Some(command) = command else { continue };
        let shell = shell || escaped::runs_a_shell(command);
        let holder = if shell { Holder::Shell } else { Holder::Command };
        texts.extend(command.words.iter().map(|word| (holder, word)));
    }
    texts
}

/// What a text belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A variable of `environment` or an argument of the build.
    Variable(&'a str),
    /// A variable of an env file.
    EnvFile(&'a str, &'a crate::compose::Variable),
    /// A label.
    Label(&'a str),
    /// A word that a shell in the container expands.
    Shell,
    /// A word that no shell sees.
    Command,
    /// The text of a file in the container (`content` of a config).
    Content,
}
