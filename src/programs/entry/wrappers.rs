//! Commands that start other commands: inits, user switchers, waiters, environment managers.

use std::path::{Path, PathBuf};

use super::shell::assignment;
use super::{Launch, Machine, crontab, ini};

/// What a wrapper starts.
pub(super) enum Inner {
    /// These commands.
    Launches(Vec<Launch>),
    /// This text, in a shell.
    Shell(String),
}

/// A command that starts the one that stands after its own options and words.
struct Wrapper {
    name: &'static str,
    /// Words right after the name that make it a wrapper (`run`).
    verb: &'static [&'static str],
    /// Options that take the next word.
    takes: &'static [&'static str],
    /// Its own words before the command.
    own: usize,
}

const fn plain(name: &'static str, takes: &'static [&'static str], own: usize) -> Wrapper {
    Wrapper { name, verb: &[], takes, own }
}

const fn verb(name: &'static str, verb: &'static [&'static str], takes: &'static [&'static str]) -> Wrapper {
    Wrapper { name, verb, takes, own: 0 }
}

const WRAPPERS: &[Wrapper] = &[
    plain("tini", &["-p", "-e"], 0),
    plain("docker-init", &["-p", "-e"], 0),
    plain("dumb-init", &["-r", "--rewrite"], 0),
    plain("catatonit", &[], 0),
    plain("gosu", &[], 1),
    plain("su-exec", &[], 1),
    plain("setpriv", &["--reuid", "--regid", "--groups"], 0),
    plain("runuser", &["-u"], 0),
    plain("sudo", &["-u", "-g"], 0),
    plain("doas", &["-u"], 0),
    plain("setuser", &[], 1),
    plain("chroot", &[], 1),
    plain("nice", &["-n"], 0),
    plain("ionice", &["-c", "-n"], 0),
    plain("nohup", &[], 0),
    plain("setsid", &[], 0),
    plain("time", &[], 0),
    plain("exec", &[], 0),
    plain("command", &[], 0),
    plain("stdbuf", &["-i", "-o", "-e"], 0),
    plain("timeout", &["-s", "-k"], 1),
    plain("xvfb-run", &["-s", "-n", "-e", "-f"], 0),
    plain("strace", &["-e", "-o"], 0),
    plain("ddtrace-run", &[], 0),
    plain("scout-run", &[], 0),
    plain(
        "opentelemetry-instrument",
        &[
            "--traces_exporter",
            "--metrics_exporter",
            "--logs_exporter",
            "--service_name",
            "--exporter_otlp_endpoint",
        ],
        0,
    ),
    plain("dockerize", &["-wait", "-timeout", "-template", "-stdout", "-stderr", "-wait-retry-interval"], 0),
    plain("env-cmd", &["-f", "--file", "-e", "--environments", "-r", "--rc-file"], 0),
    plain("envconsul", &["-config", "-prefix", "-secret"], 0),
    plain("docker-entrypoint.sh", &[], 0),
    verb("newrelic-admin", &["run-program"], &[]),
    verb("poetry", &["run"], &["-C", "--directory", "-P", "--project"]),
    verb("pipenv", &["run"], &[]),
    verb(
        "uv",
        &["run"],
        &[
            "--python",
            "-p",
            "--with",
            "--group",
            "--extra",
            "--project",
            "--directory",
            "--env-file",
            "--package",
            "--with-requirements",
            "--no-group",
            "--only-group",
            "--index-url",
        ],
    ),
    verb("pdm", &["run"], &["-p", "--project"]),
    verb("hatch", &["run"], &[]),
    verb("rye", &["run"], &[]),
    verb("pixi", &["run"], &["-e", "--environment"]),
    verb("conda", &["run"], &["-n", "--name", "-p", "--prefix", "--cwd"]),
    verb("mamba", &["run"], &["-n", "--name", "-p", "--prefix"]),
    verb("micromamba", &["run"], &["-n", "--name", "-p", "--prefix"]),
    verb("doppler", &["run"], &["-p", "-c", "--project", "--config", "--token"]),
    verb("infisical", &["run"], &["--env", "--path", "--projectId", "--token"]),
    verb("op", &["run"], &["--env-file"]),
    verb("chamber", &["exec"], &[]),
    verb("memray", &["run"], &["-o", "--output"]),
    verb("coverage", &["run"], &["--rcfile", "--source", "--omit", "--include", "--data-file"]),
    verb(
        "watchmedo",
        &["auto-restart"],
        &[
            "-d",
            "--directory",
            "-p",
            "--pattern",
            "--patterns",
            "-i",
            "--ignore-patterns",
            "--signal",
            "--kill-after",
            "--interval",
            "--debounce-interval",
        ],
    ),
];

/// Commands whose words up to `--` are their own, and that start nothing without it.
const WAITERS: &[&str] = &[
    "wait-for-it",
    "wait-for-it.sh",
    "wait-for",
    "wait-for.sh",
    "wait_for_it.sh",
    "waitforit",
    "wait4x",
    "wtfc.sh",
];

/// The call of `nc` in a script of the project that waits with nothing else.
pub(super) fn by_netcat(machine: &Machine<'_>, name: &str, launch: &Launch) -> Option<super::Call> {
    let first = launch.words.first().filter(|_| WAITERS.contains(&name))?;
    let file = machine.load(&machine.program(launch, first)?)?;
    let calls = |line: &str| {
        let line = line.trim_start();
        ["nc -", "if nc -", "while ! nc -", "until nc -"].iter().any(|start| line.starts_with(start))
    };
    let other = ["/dev/tcp", "ncat ", "curl ", "python", "perl "].iter().any(|word| file.text.contains(word));
    (file.text.lines().any(calls) && !other)
        .then(|| super::Call { launch: launch.with(["nc".to_string()]), script: Some(file.path.clone()) })
}

/// The dotenv files that a wrapper loads for what it starts.
pub(super) fn dotenv_files(name: &str, launch: &Launch) -> Vec<PathBuf> {
    let (options, searches): (&[&str], bool) = match name {
        "dotenv" | "dotenvx" => (&["-e", "-f", "--file", "--env-file"], true),
        "env-cmd" => (&["-f", "--file"], true),
        "honcho" | "foreman" => (&["-e", "--env"], true),
        "uv" => (&["--env-file"], false),
        _ => return Vec::new(),
    };
    let end = launch.words.iter().position(|word| word == "--").unwrap_or(launch.words.len());
    let own = launch.words.get(1..end).unwrap_or_default();
    let mut found = Vec::new();
    for (at, word) in own.iter().enumerate() {
        let given = match word.split_once('=') {
            Some((option, file)) if options.contains(&option) => Some(file),
            _ if options.contains(&word.as_str()) => own.get(at + 1).map(String::as_str),
            _ => None,
        };
        found.extend(given.into_iter().flat_map(|files| files.split(',')).map(|file| launch.path(file)));
    }
    if found.is_empty() && searches {
        found.push(launch.path(".env"));
    }
    found
}

/// What the command starts, if it is a wrapper.
pub(super) fn unwrap(machine: &Machine<'_>, name: &str, launch: &Launch) -> Option<Inner> {
    let words = &launch.words;
    if WAITERS.contains(&name) {
        let at = words.iter().position(|word| word == "--")?;
        return Some(Inner::Launches(vec![launch.with(words.iter().skip(at + 1).cloned())]));
    }
    match name {
        "env" => return Some(Inner::Launches(env(launch))),
        // It only looks whether the program is there.
        "command" if words.get(1).is_some_and(|word| matches!(word.as_str(), "-v" | "-V")) => {
            return Some(Inner::Launches(Vec::new()));
        }
        "su" => {
            let at = words.iter().position(|word| matches!(word.as_str(), "-c" | "--command"))?;
            return words.get(at + 1).cloned().map(Inner::Shell);
        }
        "watchfiles" => return watchfiles(launch),
        "honcho" | "foreman" | "overmind" => return procfile(machine, launch),
        "supervisord" => return supervisor(machine, launch),
        "cron" | "crond" | "crontab" | "supercronic" => return crontab::jobs(machine, name, launch),
        "make" => return makefile(machine, launch),
        "poe" | "task" => {
            let at = after_options(words, 1, &["-C"])?;
            return Some(Inner::Launches(vec![launch.with(words.iter().skip(at).cloned())]));
        }
        // The tool of that name for Node names its file by `-e`; it is understood as one.
        "dotenv" | "dotenvx" if name != "dotenv" || !words.iter().any(|word| word == "-e") => {
            let at = words.iter().position(|word| word == "run" || word == "--");
            let Some(at) = at else {
                let at = after_options(words, 1, &["-e", "-f", "--file", "-p", "-v"])?;
                return Some(Inner::Launches(vec![launch.with(words.iter().skip(at).cloned())]));
            };
            let rest = words.iter().skip(at + 1).skip_while(|word| word.as_str() == "--");
            return Some(Inner::Launches(vec![launch.with(rest.cloned())]));
        }
        _ => {}
    }
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.name == name)?;
    if wrapper.name == "docker-entrypoint.sh" && machine.program(launch, words.first()?).is_some() {
        // A script of the project's own is read instead.
        return None;
    }
    let mut at = 1;
    if !wrapper.verb.is_empty() {
        at = words.iter().position(|word| wrapper.verb.contains(&word.as_str()))? + 1;
    }
    let mut inner = launch.clone();
    at = after_options(words, at, wrapper.takes)?;
    at += wrapper.own;
    while let Some((name, value)) = words.get(at).filter(|_| name == "sudo").and_then(|word| assignment(word))
    {
        inner.env.insert(name, value);
        at += 1;
    }
    inner.words = words.get(at..)?.to_vec();
    if !wrapper.verb.is_empty() {
        inner = inner.of_tool();
    }
    if matches!(name, "coverage" | "memray") || is_script(name, &inner) {
        // What these run is a Python file or `-m module`, which the options above may have passed.
        let module = words.iter().position(|word| matches!(word.as_str(), "-m" | "--module"));
        let rest = module.map_or(inner.words.clone(), |at| words.iter().skip(at).cloned().collect());
        inner.words = std::iter::once("python".to_string()).chain(rest).collect();
    }
    Some(Inner::Launches(vec![inner]))
}

/// `uv run script.py`, `uv run -m module`, `hatch run script.py`
fn is_script(name: &str, inner: &Launch) -> bool {
    matches!(name, "uv" | "pdm" | "rye") && inner.words.first().is_some_and(|word| word.ends_with(".py"))
        || name == "uv" && inner.words.first().is_none_or(|word| word == "-m")
}

/// The index of the first word from `at` on that is no option; `--` ends options.
pub(super) fn after_options(words: &[String], mut at: usize, takes: &[&str]) -> Option<usize> {
    while let Some(word) = words.get(at) {
        if word == "--" {
            return Some(at + 1);
        }
        if !word.starts_with('-') || matches!(word.as_str(), "-m" | "--module") {
            return Some(at);
        }
        at += if takes.contains(&word.as_str()) { 2 } else { 1 };
    }
    None
}

/// `watchfiles "command …" paths`, `watchfiles module.function --args "…"`
fn watchfiles(launch: &Launch) -> Option<Inner> {
    let words = &launch.words;
    let takes =
        ["--filter", "--ignore-paths", "--target-type", "--args", "--sigint-timeout", "--grace-period"];
    let target = words.get(after_options(words, 1, &takes)?)?;
    if target.contains(' ') {
        return Some(Inner::Shell(target.clone()));
    }
    // A function is called with these arguments, as the module's own command line would do.
    let module = target.rsplit_once('.').map_or(target.as_str(), |(module, _)| module);
    let module = module.strip_suffix(".__main__").unwrap_or(module);
    let arguments = words.iter().position(|word| word == "--args").and_then(|at| words.get(at + 1));
    let arguments = arguments.map_or("", String::as_str);
    Some(Inner::Shell(format!("python -m {module} {arguments}")))
}

/// `env A=b -u C command`
fn env(launch: &Launch) -> Vec<Launch> {
    let mut inner = launch.clone();
    let mut at = 1;
    while let Some(word) = launch.words.get(at) {
        if let Some((name, value)) = assignment(word) {
            inner.env.insert(name, value);
        } else if matches!(word.as_str(), "-u" | "--unset" | "-C" | "--chdir") {
            at += 1;
        } else if !word.starts_with('-') {
            break;
        }
        at += 1;
    }
    inner.words = launch.words.get(at..).unwrap_or_default().to_vec();
    vec![inner]
}

/// `honcho start [process …]`: the lines of the Procfile.
fn procfile(machine: &Machine<'_>, launch: &Launch) -> Option<Inner> {
    let words = &launch.words;
    let start = words.iter().position(|word| word == "start")?;
    let file = words.iter().position(|word| matches!(word.as_str(), "-f" | "--procfile"));
    let file = file.and_then(|at| words.get(at + 1)).map_or("Procfile", String::as_str);
    let text = machine.text(&launch.path(file))?;
    let chosen: Vec<&String> = words.iter().skip(start + 1).filter(|word| !word.starts_with('-')).collect();
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let wanted =
        lines.filter(|(name, _)| chosen.is_empty() || chosen.iter().any(|word| *word == name.trim()));
    Some(Inner::Shell(wanted.map(|(_, command)| format!("{}\n", command.trim())).collect()))
}

/// `make target`: the recipe of the target, after those of the targets that it needs.
fn makefile(machine: &Machine<'_>, launch: &Launch) -> Option<Inner> {
    let words = &launch.words;
    let file =
        ["Makefile", "makefile", "GNUmakefile"].iter().find_map(|name| machine.text(&launch.path(name)))?;
    let target = after_options(words, 1, &["-C", "-f", "-j"]).and_then(|at| words.get(at))?;
    let recipe = |target: &str| {
        let mut lines = file.lines();
        let head = |line: &&str| {
            let before =
                line.split_once(':').filter(|(_, rest)| !rest.starts_with('=')).map(|(names, _)| names);
            before.is_some_and(|names| names.split_whitespace().any(|name| name == target))
        };
        let needs = lines.find(head)?.split_once(':').map_or("", |(_, needs)| needs);
        let body = lines.take_while(|line| line.starts_with('\t') || line.trim().is_empty());
        let mut goes_on = false;
        // What a command goes on with may begin like the signs for `make`.
        let body = body.map(|line| {
            let line = line.trim_start();
            let signs: &[char] = if goes_on { &[] } else { &['@', '-', '+', ' '] };
            goes_on = line.ends_with('\\');
            line.trim_start_matches(signs)
        });
        let body = body.map(|line| make_variables(&file, line).replace("$$", "$"));
        Some((needs.to_string(), body.collect::<Vec<_>>().join("\n")))
    };
    let (needs, body) = recipe(target)?;
    let before = needs.split_whitespace().filter_map(recipe).map(|(_, body)| body);
    Some(Inner::Shell(before.chain([body]).collect::<Vec<_>>().join("\n")))
}

/// A line of a recipe with the variables that the Makefile itself sets.
fn make_variables(file: &str, line: &str) -> String {
    let mut line = line.to_string();
    // A variable's value may hold others.
    for _ in 0..4 {
        if !line.contains("$(") && !line.contains("${") || line.len() > 10_000 {
            break;
        }
        for setting in file.lines().filter(|line| !line.starts_with('\t')) {
            let Some((name, value)) = setting.split_once('=') else { continue };
            let name = name.trim_end_matches([':', '?', '+']).trim();
            let name = name.strip_prefix("export ").unwrap_or(name);
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let value = value.split(" #").next().unwrap_or("").trim();
            line = line.replace(&format!("$({name})"), value).replace(&format!("${{{name}}}"), value);
        }
    }
    line
}

/// The text with what supervisord puts in place of `%(ENV_X)s`.
fn expanded(text: &str, launch: &Launch) -> String {
    let mut parts = text.split("%(ENV_");
    let mut out = parts.next().unwrap_or("").to_string();
    for part in parts {
        let (name, rest) = part.split_once(")s").unwrap_or(("", part));
        out.push_str(launch.env.get(name).map_or("", String::as_str));
        out.push_str(rest);
    }
    out
}

/// `supervisord -c file`: the commands of its programs.
fn supervisor(machine: &Machine<'_>, launch: &Launch) -> Option<Inner> {
    let words = &launch.words;
    let given = words.iter().position(|word| matches!(word.as_str(), "-c" | "--configuration"));
    let given = given.and_then(|at| words.get(at + 1)).map(|path| launch.path(path));
    let usual = ["supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"];
    let main = given
        .into_iter()
        .chain(usual.iter().map(|path| launch.path(path)))
        .find_map(|path| Some((machine.text(&path)?, path)));
    let included = machine.files.layers().iter().map(|layer| layer.target.clone());
    let included = included.filter(|place| place.starts_with(Path::new("/etc/supervisor/conf.d")));
    let included = included.filter(|place| main.as_ref().is_none_or(|(_, path)| path != place));
    let included: Vec<_> = included.filter_map(|place| machine.text(&place)).collect();
    let texts: Vec<_> = main.map(|(text, _)| text).into_iter().chain(included).collect();
    let mut out = String::new();
    for text in &texts {
        for section in ini::sections(text).iter().filter(|section| section.name.starts_with("program:")) {
            let directory = section.get("directory").map_or_else(String::new, |path| format!("cd {path}; "));
            let variables = section.get("environment").unwrap_or("").replace(',', " ");
            let command = expanded(section.get("command").unwrap_or(""), launch);
            out.push_str(&format!("( {directory}{variables} {command} )\n"));
        }
    }
    (!out.is_empty()).then_some(Inner::Shell(out))
}
