//! The command line: arguments in, an exit code out.

mod changed;
mod check;
mod complete;
mod config;
mod configurations;
mod env;
mod explain;
mod fixes;
mod graph;
mod init;
mod input;
mod known;
mod named;
mod output;
mod progress;
mod projects;
mod rules;
mod schema;
mod selection;
mod suggest;
mod unmatched;

use std::ffi::OsString;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::report::{ColorChoice, Screen};
use crate::source::SourceMap;

/// Nothing was found that the run fails on.
pub const CLEAN: u8 = 0;
/// There are findings of at least the severity of `--fail-on`.
pub const FINDINGS: u8 = 1;
/// The run could not be done, or not all of it.
pub const NOT_RUN: u8 = 2;

/// Finds what your Compose services will dial when they run, and where that cannot work
///
/// Exit codes: 0 nothing found that the run fails on, 1 findings of at least the severity of
/// --fail-on, 2 could not run.
#[derive(Debug, Parser)]
#[command(
    name = "dockworthy",
    version = env!("DOCKWORTHY_VERSION"),
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_help = check::EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a file of the findings that are there, so that later runs report what is new
    Baseline(Box<known::Arguments>),
    /// Check projects (what is done when no command is given)
    Check(Box<check::Arguments>),
    /// Print a script that completes commands, options and rules in a shell
    Completions(complete::Completions),
    /// Print the project as Docker Compose resolves it
    Config(Box<config::Arguments>),
    /// Show what each service finds in its environment, from where, and who reads it
    Env(Box<env::Arguments>),
    /// Show the pages of rules
    Explain(explain::Arguments),
    /// Show who dials whom, from which variable, and where that cannot work
    Graph(Box<graph::Arguments>),
    /// Write a `.dockworthy.yaml` to begin with
    Init(init::Arguments),
    /// Print the manual page
    Man(complete::Manual),
    /// List the rules
    Rules(rules::Arguments),
    /// Print the JSON Schema of `.dockworthy.yaml`, for editors, or that of the JSON output
    Schema(schema::Arguments),
}

/// What every command takes.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Shared {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
    /// Leave out the summary and hints
    #[arg(short, long)]
    quiet: bool,
}

impl Shared {
    fn screen(self) -> Screen {
        Screen::of_stdout(self.color, self.quiet)
    }
}

/// Why a command could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Asked(String),
    #[error("cannot write the report: {0}")]
    Output(#[from] io::Error),
}

/// Runs the command line and says how the process is to end.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(config::in_order(arguments.into_iter().collect())) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure.
            let code = if error.use_stderr() { NOT_RUN } else { CLEAN };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match &cli.command {
        None => check::run(&cli.check),
        Some(Command::Baseline(arguments)) => known::run(arguments),
        Some(Command::Check(arguments)) => check::run(arguments),
        Some(Command::Completions(arguments)) => complete::script(arguments),
        Some(Command::Config(arguments)) => config::run(arguments),
        Some(Command::Env(arguments)) => env::run(arguments),
        Some(Command::Explain(arguments)) => explain::run(arguments),
        Some(Command::Graph(arguments)) => graph::run(arguments),
        Some(Command::Man(arguments)) => complete::manual(arguments),
        Some(Command::Rules(arguments)) => rules::run(arguments),
        Some(Command::Init(arguments)) => init::run(arguments),
        Some(Command::Schema(arguments)) => schema::run(arguments),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        // Whoever reads the output has seen enough.
        Err(Failed::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(CLEAN),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(NOT_RUN)
        }
    }
}

/// The whole command line, as clap knows it.
fn command() -> clap::Command {
    Cli::command()
}

/// The current directory.
fn here() -> Result<PathBuf, Failed> {
    let failed = |error| Failed::Asked(format!("the current directory cannot be read: {error}"));
    std::env::current_dir().map_err(failed)
}

/// How much is read from standard input.
const MAX_INPUT: u64 = 16 << 20;

/// Reads standard input where `-` is one of the files.
fn read_input(sources: &SourceMap, files: &[PathBuf]) -> Result<(), Failed> {
    if !files.iter().any(|file| file.as_os_str() == "-") {
        return Ok(());
    }
    take_input(sources, Path::new("-"))
}

/// Reads standard input as the text of a file.
fn take_input(sources: &SourceMap, path: &Path) -> Result<(), Failed> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_INPUT).read_to_end(&mut bytes);
    read.map_err(|error| Failed::Asked(format!("standard input cannot be read: {error}")))?;
    let inserted = sources.insert(path, bytes);
    inserted.map(|_| ()).map_err(|error| Failed::Asked(format!("standard input: {error}")))
}

/// Writes a line to standard error. That it cannot be written is nothing to stop for.
fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes text to standard output.
fn print(text: &str) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
