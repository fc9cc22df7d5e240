//! Java and Kotlin.

use std::path::{Path, PathBuf};

use super::{FrontEnd, Module, Scope, has_extension};
use crate::source::SourceFile;

/// Java.
pub struct Java;
/// Kotlin.
pub struct Kotlin;

impl FrontEnd for Java {
    fn name(&self) -> &'static str {
        "java"
    }
    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["java"])
    }
    fn nothing(&self) -> &'static str {
        "null"
    }
    fn concerns(&self, _text: &str) -> bool {
        false
    }
    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }
    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }
    fn read(&self, file: &SourceFile) -> Module {
        Module { path: file.path.clone(), ..Module::default() }
    }
}
impl FrontEnd for Kotlin {
    fn name(&self) -> &'static str {
        "kotlin"
    }
    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["kt", "kts"])
    }
    fn nothing(&self) -> &'static str {
        "null"
    }
    fn concerns(&self, _text: &str) -> bool {
        false
    }
    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }
    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }
    fn read(&self, file: &SourceFile) -> Module {
        Module { path: file.path.clone(), ..Module::default() }
    }
}
