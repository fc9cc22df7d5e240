//! A line on the terminal while a run takes long.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::report::number;
use crate::source::SourceMap;

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_millis(200);

/// Shows on standard error how far a run is, until it is dropped; then nothing of it is left there.
#[derive(Debug)]
pub struct Progress {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    projects: AtomicUsize,
    over: Mutex<bool>,
    end: Condvar,
}

impl Progress {
    /// Begins to wait, unless `wanted` is false or standard error is no terminal.
    pub fn start(wanted: bool, sources: &SourceMap) -> Self {
        let shared = Arc::new(Shared::default());
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        if !wanted || dumb || !io::stderr().is_terminal() {
            return Self { shared, thread: None };
        }
        let (theirs, sources) = (Arc::clone(&shared), sources.clone());
        // A run without a thread for this goes on without this.
        let thread = std::thread::Builder::new().spawn(move || show(&theirs, &sources)).ok();
        Self { shared, thread }
    }

    /// How many projects are being checked.
    pub fn projects(&self, count: usize) {
        self.shared.projects.store(count, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self.shared.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.end.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn show(shared: &Shared, sources: &SourceMap) {
    let (start, mut wait, mut shown) = (Instant::now(), PATIENCE, false);
    let mut over = shared.over.lock().unwrap_or_else(PoisonError::into_inner);
    while !*over {
        let (guard, timeout) = shared.end.wait_timeout(over, wait).unwrap_or_else(PoisonError::into_inner);
        over = guard;
        if *over || !timeout.timed_out() {
            continue;
        }
        wait = BEAT;
        shown = true;
        let line = line(shared.projects.load(Ordering::Relaxed), sources.len(), start.elapsed());
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(columns, _)| columns.0);
        let line: String = line.chars().take(usize::from(width).saturating_sub(1)).collect();
        let _ = write!(io::stderr().lock(), "\r\u{1b}[2K{line}");
    }
    if shown {
        let _ = write!(io::stderr().lock(), "\r\u{1b}[2K");
    }
}

fn line(projects: usize, files: usize, elapsed: Duration) -> String {
    let (files, seconds) = (number(files, "file", "files"), elapsed.as_secs());
    match projects {
        0 => format!("looking for projects ({seconds} s)"),
        _ => format!("checking {}: {files} read ({seconds} s)", number(projects, "project", "projects")),
    }
}
