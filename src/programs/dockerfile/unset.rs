//! Arguments of a build that nothing sets, where an empty text makes an instruction fail.

use super::build::Inputs;
use super::{Assignment, Dockerfile, Fault, FaultKind, Stage, Step};
use crate::compose::nearest;
use crate::programs::plain_commands::{self, Command, Then, Word};
use crate::source::{Span, Text};

/// What a `RUN` has that looks whether something is there, or is no plain list of commands.
const BRANCHES: [&str; 9] = ["if ", "case ", "while ", "for ", "<<", "[ ", "test ", "set +e", "eval "];
/// Variables that official images of languages set themselves end so.
const OF_IMAGES: [&str; 3] = ["_VERSION", "_HOME", "_ROOT"];
const ACCOUNTS: [&str; 6] = ["useradd", "adduser", "usermod", "groupadd", "addgroup", "groupmod"];

/// How an argument came to be empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Blank {
    /// Where it is declared without a value in the stage; nothing where that is only done before the first `FROM`.
    pub declared: Option<Span>,
    /// Where it stands outside of the stage: before the first `FROM`, or in another stage.
    pub elsewhere: Option<Span>,
    /// An argument that is given, and that the file does not declare.
    pub given: Option<(String, Span)>,
}

impl Blank {
    fn fault(self, name: &str, at: Span, what: String, sure: bool) -> Fault {
        let Self { declared, elsewhere, given } = self;
        Fault {
            kind: FaultKind::Blank { name: name.to_string(), what, declared, elsewhere, given, sure },
            at,
        }
    }
}

/// What a file declares, and what a service gives it.
pub(super) struct Declared<'a> {
    pub dockerfile: &'a Dockerfile,
    pub inputs: &'a Inputs<'a>,
    /// How many stages come before.
    pub before: usize,
}

impl Declared<'_> {
    /// An argument that is nothing in a stage, or in its `FROM`; `known` says whether the stage declares it.
    pub fn blank(&self, name: &str, in_stage: bool) -> Option<Blank> {
        if predefined(name) {
            return None;
        }
        let stages = &self.dockerfile.stages;
        let global = self.dockerfile.arguments.iter().find(|it| it.name.value == name);
        let global = global.map(|it| it.entry);
        let of = |stage: &Stage| of_stage(stage, name).next().map(|it| it.entry);
        let own = stages.get(self.before).and_then(of);
        let mut others = stages.iter().filter_map(of);
        let (declared, elsewhere) = match in_stage {
            true => (own, global.filter(|_| own.is_none())),
            false => (global, others.next().filter(|_| global.is_none())),
        };
        // A stage has the arguments of the one that it is made from.
        let inherited =
            in_stage && own.is_none() && stages.get(..self.before)?.iter().any(|it| of(it).is_some());
        // The host may have what only a name is given for.
        let by_host = declared.is_some() && self.inputs.arguments.contains_key(name);
        if by_host || inherited || declared.is_none() && elsewhere.is_none() {
            return None;
        }
        Some(Blank { declared, elsewhere, given: self.given(name) })
    }

    /// An argument that is given, and that nothing declares: the one of nearly that name, or the only one.
    fn given(&self, name: &str) -> Option<(String, Span)> {
        let declares = |name: &str| {
            self.dockerfile.arguments.iter().any(|it| it.name.value == name)
                || self.dockerfile.stages.iter().any(|stage| of_stage(stage, name).next().is_some())
        };
        let all = self.inputs.arguments.iter().filter(|(name, _)| !declares(name) && !predefined(name));
        let all: Vec<_> = all.map(|(name, value)| (name.as_str(), value.origin.written)).collect();
        let meant = match all.as_slice() {
            [(only, _)] => Some(*only),
            _ => nearest(name, all.iter().map(|(name, _)| *name)),
        }?;
        all.iter().find(|(name, _)| *name == meant).map(|(name, at)| ((*name).to_string(), *at))
    }
}

fn of_stage<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = &'a Assignment> {
    let all = stage.steps.iter().filter_map(|step| match step {
        Step::Arg(all) => Some(all),
        _ => None,
    });
    all.flatten().filter(move |it| it.name.value == name)
}

/// The `FROM` whose image is no name without an argument.
pub(super) fn of_from(
    from: &Text,
    expanded: &str,
    blank: impl Fn(&str) -> Option<Blank>,
    at: Span,
) -> Option<Fault> {
    let written = from.assumed();
    let (name, blank) = references(&written).find_map(|name| Some((name, blank(name)?)))?;
    let broken = expanded.is_empty()
        || expanded.starts_with(['/', ':', '-'])
        || expanded.ends_with([':', '/', '@', '-'])
        || [":-", ":.", "//", "/:"].iter().any(|part| expanded.contains(part));
    broken.then(|| blank.fault(name, at, format!("FROM {written}"), true))
}

/// The source of a `COPY` or `ADD` that is the whole context without an argument.
pub(super) fn of_source(
    source: &Text,
    destination: &str,
    blank: impl Fn(&str) -> Option<Blank>,
    at: Span,
) -> Option<Fault> {
    let written = source.assumed();
    let last = written.rsplit('/').next()?;
    let name = whole(last.trim_matches('"'))?;
    let file = destination.rsplit('/').next()?;
    let is_file = file.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && !end.is_empty());
    let blank = blank(name).filter(|_| is_file)?;
    Some(blank.fault(name, at, format!("COPY {written} {destination}"), true))
}

/// The first command of a `RUN` that fails without an argument.
pub(super) fn of_run(run: &Text, blank: impl Fn(&str) -> Option<Blank>) -> Option<Fault> {
    let text = run.assumed();
    if !text.contains('$') || BRANCHES.iter().any(|word| text.contains(word)) {
        return None;
    }
    let set = |name: &str| {
        [format!("{name}="), format!("read {name}"), format!("{{{name}:")]
            .iter()
            .any(|it| text.contains(it.as_str()))
    };
    let blank = |name: &str| blank(name).filter(|_| !set(name));
    let unpacks = ["tar ", "unzip ", "dpkg ", "gunzip", "rpm "].iter().any(|word| text.contains(word));
    commands(&text).into_iter().find_map(|command| {
        let (name, at, sure) = failing(&command.words, unpacks, |name| blank(name).is_some())?;
        let place = run.slice(at, at + name.len()).span();
        let said = text.get(command.words.first()?.at..)?.split(['&', ';', '|', '\n']).next()?.trim();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = if place.is_none() { run.span() } else { place };
        Some(blank(name)?.fault(name, place, said, sure))
    })
}

/// Whether an image of this name may set the variable by itself.
pub(super) fn of_image(name: &str) -> bool {
    OF_IMAGES.iter().any(|end| name.ends_with(end)) && !name.starts_with("APP")
        || ["HOME", "PATH", "USER", "PWD", "HOSTNAME", "SHELL", "TERM"].contains(&name)
}

/// Arguments that the builder takes without a declaration.
pub(super) fn predefined(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with("_proxy") || name.starts_with("BUILDKIT_") || name == "SOURCE_DATE_EPOCH"
}

/// The plain commands of a shell's text whose failure matters: what fails before `||` has something else in its place.
fn commands(text: &str) -> Vec<Command<'_>> {
    let mut all = plain_commands::commands(text);
    all.retain(|command| {
        let plain = !command.words.iter().any(|word| word.text.contains(['`', '(', ')']));
        plain && command.then != Then::Or
    });
    all
}

/// The empty argument for which a command fails, where it stands, and whether that is sure.
fn failing<'a>(
    words: &[Word<'a>],
    unpacks: bool,
    blank: impl Fn(&str) -> bool,
) -> Option<(&'a str, usize, bool)> {
    let lead = words.iter().take_while(|word| word.text.starts_with("--") || word.text == "sudo").count();
    let (program, rest) = words.get(lead..)?.split_first()?;
    let program = program.text.rsplit('/').next()?;
    // A word that is nothing but an empty variable; without quotes it is no word at all.
    let empty = |word: &Word<'a>| {
        let name = whole(word.text.trim_matches('"')).filter(|name| blank(name))?;
        Some((name, word.at, !word.text.starts_with('"')))
    };
    let after = |options: &[&str], unquoted: bool| {
        rest.windows(2).find_map(|pair| {
            let [option, value] = pair else { return None };
            let (name, at, gone) = empty(value).filter(|_| options.contains(&option.text))?;
            (gone || !unquoted).then_some((name, at, true))
        })
    };
    let operands: Vec<&Word<'a>> = rest.iter().filter(|word| !word.text.starts_with('-')).collect();
    let gone =
        |word: &Word<'a>| empty(word).filter(|(_, _, gone)| *gone).map(|(name, at, _)| (name, at, true));
    let ends = |with: &str| {
        rest.iter().find_map(|Word { at, text: word }| {
            let (front, name) = word.trim_matches(['"', '\'']).rsplit_once(with)?;
            let name =
                whole(name).filter(|name| !front.is_empty() && !word.starts_with('\'') && blank(name))?;
            Some((name, *at, true))
        })
    };
    match program {
        name if ACCOUNTS.contains(&name) => after(&["-u", "-g", "--uid", "--gid"], false)
            .or_else(|| after(&["-G", "--groups", "--ingroup", "-d", "--home", "--home-dir", "-h"], true))
            .or_else(|| {
                let joined =
                    |word: &'a str| word.strip_prefix("--uid=").or_else(|| word.strip_prefix("--gid="));
                rest.iter().find_map(|Word { at, text: word }| {
                    let name = whole(joined(word)?.trim_matches('"')).filter(|name| blank(name))?;
                    Some((name, *at, true))
                })
            })
            .or_else(|| {
                let last = rest.last()?;
                let alone = !matches!(name, "adduser" | "addgroup") || operands.len() == 1;
                empty(last).filter(|_| alone).map(|(name, at, _)| (name, at, true))
            }),
        "mkdir" | "chown" | "chgrp" if operands.iter().all(|word| empty(word).is_some()) => {
            operands.first().and_then(|word| gone(word))
        }
        "chown" | "chgrp" if operands.len() == 2 => operands.first().and_then(|word| gone(word)),
        "git" if operands.first().is_some_and(|verb| verb.text == "clone") => {
            after(&["-b", "--branch"], true)
        }
        "gem" | "cargo" => after(&["-v", "--version"], true),
        "pip" | "pip3" | "uv" => ends("=="),
        "apt-get" | "apt" => ends("="),
        "go" if operands.first().is_some_and(|verb| matches!(verb.text, "install" | "get")) => ends("@"),
        "curl" | "wget" => {
            let fails = program == "wget" || unpacks || rest.iter().any(|word| is_fail(word.text));
            rest.iter().filter(|_| fails).find_map(|Word { at, text: word }| {
                let name = of_path(word)?;
                blank(name).then_some((name, *at, false))
            })
        }
        _ => None,
    }
}

/// Whether an option tells curl to fail for want of a page.
fn is_fail(word: &str) -> bool {
    word.starts_with("--fail") || word.starts_with('-') && !word.starts_with("--") && word.contains('f')
}

/// The variable that is a part of a URL's path for itself: `/v$VERSION/`, `-${VERSION}.tar.gz`.
fn of_path(word: &str) -> Option<&str> {
    let (_, rest) = word.trim_matches(['"', '\'']).split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    if host.contains('$') || word.starts_with('\'') {
        return None;
    }
    let path = path.split(['?', '#']).next()?;
    let at = path.find('$')?;
    let before = path.get(..at)?.trim_end_matches('v');
    let apart = before.is_empty() || before.ends_with(['/', '-', '_', '.']);
    references(path.get(at..)?).next().filter(|_| apart)
}

/// The name in a word that is `$NAME` or `${NAME}`.
fn whole(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?;
    let name = name.strip_prefix('{').map_or(Some(name), |name| name.strip_suffix('}'))?;
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then_some(name)
}

/// The names that a text refers to without a default.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let braced = rest.strip_prefix('{');
        let rest = braced.unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let closed = braced.is_none() || rest.get(end..)?.starts_with('}');
        rest.get(..end).filter(|name| closed && !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn stops(command: &str) -> Option<String> {
        let text = Text::known(command, Origin::default());
        let fault = of_run(&text, |name| (name == "X").then(Blank::default))?;
        match fault.kind {
            FaultKind::Blank { what, .. } => Some(what),
            _ => None,
        }
    }

    #[test]
    fn commands_that_fail_for_want_of_an_argument() {
        for command in [
            "useradd -G www-data -u $X -d /home/app app",
            "groupadd -g ${X} app && useradd -g app app",
            "addgroup -S app && adduser -S -u \"$X\" app",
            "useradd -m $X",
            "usermod --uid=$X www-data",
            "mkdir -p $X",
            "chown -R $X /app",
            "git clone -b $X https://example.com/shop.git",
            "gem install bundler -v $X",
            "pip install --no-cache-dir \"poetry==${X}\"",
            "apt-get update && apt-get install -y nginx=$X",
            "go install example.com/tool@$X",
            "curl -fsSL https://example.com/v$X/tool -o /usr/local/bin/tool",
            "curl -L https://example.com/tool-${X}.tar.gz | tar xz",
        ] {
            assert!(stops(command).is_some(), "{command}");
        }
    }

    #[test]
    fn commands_that_do_not() {
        for command in [
            "useradd -u ${X:-1000} app",
            "useradd -u $Y app",
            "X=1000; useradd -u $X app",
            "useradd -u $X app || true",
            "if [ -n \"$X\" ]; then useradd -u $X app; fi",
            "mkdir -p /home/$X/.cache",
            "chown -R $X:$X /app",
            "adduser www-data $X",
            "curl -L https://example.com/tool$X.sh -o /tmp/tool",
            "npm install -g pnpm@$X",
            "pip install poetry$X",
            "echo $X",
        ] {
            assert_eq!(stops(command), None, "{command}");
        }
    }
}
