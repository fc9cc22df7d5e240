//! Where reports go: `--format X`, `--format X=FILE`, `--output FILE`.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};

use super::{Failed, Shared, say};
use crate::report::{Format, Report, Screen, printable, write_statistics};
use crate::source::{SourceMap, clean, put};

/// A format, and the file that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    format: Format,
    file: Option<PathBuf>,
}

/// Reads `FORMAT` and `FORMAT=FILE`.
#[derive(Clone, Copy, Debug)]
pub struct WantedParser;

impl TypedValueParser for WantedParser {
    type Value = Wanted;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Wanted, clap::Error> {
        let (name, file) = match value.to_str().and_then(|text| text.split_once('=')) {
            Some((name, file)) => (OsStr::new(name), Some(file)),
            None => (value, None),
        };
        let format = EnumValueParser::<Format>::new().parse_ref(command, argument, name)?;
        if file == Some("") {
            let message = format!("there is no file name after `{}`\n", value.to_string_lossy());
            return Err(clap::Error::raw(clap::error::ErrorKind::InvalidValue, message).with_cmd(command));
        }
        Ok(Wanted { format, file: file.map(PathBuf::from) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        // They borrow from nothing, but from what the parser would be: gathered first.
        let values: Vec<PossibleValue> = EnumValueParser::<Format>::new().possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}

/// What is written where.
#[derive(Debug)]
pub struct Outputs {
    /// What goes to standard output.
    screen: Option<Format>,
    /// What goes to files.
    files: Vec<(Format, PathBuf)>,
    /// Whether counts are written instead of findings.
    statistics: bool,
}

impl Outputs {
    /// What `--format` and `--output` say. `-` is standard output.
    pub fn new(
        wanted: &[Wanted],
        output: Option<&Path>,
        statistics: bool,
        here: &Path,
    ) -> Result<Self, Failed> {
        let mut outputs = Self { screen: None, files: Vec::new(), statistics };
        let mut output = output;
        for Wanted { format, file } in wanted {
            if statistics && !matches!(format, Format::Text | Format::Concise | Format::Json) {
                return Err(Failed::Asked("--statistics can be written as `text` and as `json`".to_string()));
            }
            let named = file.as_deref().or_else(|| output.take());
            match named.filter(|path| path.as_os_str() != "-") {
                Some(path) => outputs.add(*format, clean(&here.join(path)), path)?,
                None if outputs.screen.is_some() => {
                    let message =
                        "standard output takes one format; write the others as `--format FORMAT=FILE`";
                    return Err(Failed::Asked(message.to_string()));
                }
                None => outputs.screen = Some(*format),
            }
        }
        match output {
            Some(_) => {
                let message = "--output is for the format that names no file, and each of them names one";
                Err(Failed::Asked(message.to_string()))
            }
            None => Ok(outputs),
        }
    }

    fn add(&mut self, format: Format, path: PathBuf, shown: &Path) -> Result<(), Failed> {
        if self.files.iter().any(|(_, other)| *other == path) {
            let shown = printable(&shown.to_string_lossy());
            return Err(Failed::Asked(format!("two reports cannot both go to `{shown}`")));
        }
        self.files.push((format, path));
        Ok(())
    }

    /// Writes all of them. The files come first: what they say does not depend on who reads standard output.
    pub fn write(&self, report: &Report, sources: &SourceMap, shared: Shared) -> Result<(), Failed> {
        let mut unwritten = Vec::new();
        for (format, path) in &self.files {
            // A file is read anywhere.
            let screen = Screen { quiet: shared.quiet, ..Screen::default() };
            let mut bytes = Vec::new();
            self.one(*format, report, sources, &screen, &mut bytes)?;
            if let Err(error) = put(path, &bytes) {
                let path = crate::report::shown(path, &report.directory);
                unwritten.push(format!("the report cannot be written to `{path}`: {error}"));
            }
        }
        if let Some(format) = self.screen
            && !(format.is_for_people() && report.projects.is_empty() && report.unchanged.is_none())
        {
            let mut out = io::BufWriter::new(io::stdout().lock());
            let written =
                self.one(format, report, sources, &shared.screen(), &mut out).and_then(|()| out.flush());
            match written {
                // Whoever reads the report has seen enough of it.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    // Dropped, the buffer would be written once more.
                    let _ = out.into_parts();
                }
                other => other?,
            }
        }
        let told = match self.screen {
            Some(Format::Concise) => self.statistics,
            None => report.projects.is_empty() && report.unchanged.is_none(),
            Some(_) => true,
        };
        if !told && !shared.quiet {
            say(&report.summary());
        }
        match unwritten.is_empty() {
            true => Ok(()),
            false => Err(Failed::Asked(unwritten.join("\nerror: "))),
        }
    }

    fn one(
        &self,
        format: Format,
        report: &Report,
        sources: &SourceMap,
        screen: &Screen,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        match self.statistics {
            true => write_statistics(report, format == Format::Json, screen, out),
            false => report.write(format, sources, screen, out),
        }
    }
}
