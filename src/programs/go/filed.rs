//! The configuration files that code loads.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::{Expr, Load};
use crate::source::Spanned;

/// Extensions of files that hold settings.
const EXTENSIONS: [&str; 8] = [".yaml", ".yml", ".toml", ".json", ".ini", ".conf", ".cfg", ".properties"];

impl<'t> Reader<'t> {
    /// Notes the file that a call of a library loads.
    pub fn note_load(&mut self, name: &str, arguments: &[Node<'t>]) {
        if !self.notes.recording {
            return;
        }
        let at = match name {
            "os.ReadFile" | "os.Open" | "io/ioutil.ReadFile" if self.decodes() => 0,
            "github.com/BurntSushi/toml.DecodeFile" | "github.com/ilyakaznacheev/cleanenv.ReadConfig" => 0,
            "github.com/knadh/koanf/providers/file.Provider" => 0,
            _ if name.ends_with("/ini.Load") || name.ends_with("/ini.LooseLoad") => 0,
            _ if name.ends_with("/ini.MapTo") => 1,
            "github.com/go-kratos/kratos/config/file.NewSource" => 0,
            _ if name.ends_with("go-zero/core/conf.MustLoad") || name.ends_with("go-zero/core/conf.Load") => {
                0
            }
            _ if name.starts_with("github.com/jinzhu/configor.") && name.ends_with(".Load") => 1,
            _ => return,
        };
        for argument in arguments.iter().skip(at).take(4) {
            let path = self.expr(*argument);
            // What code opens may hold anything; what is written out and is named otherwise holds no settings.
            let opened = name.starts_with("os.") || name.starts_with("io/");
            let other = |text: &str| !EXTENSIONS.iter().any(|extension| text.ends_with(extension));
            let dotenv = matches!(path.peel(), Expr::Text(text) if text.value.ends_with(".env"));
            if dotenv || opened && matches!(path.peel(), Expr::Text(text) if other(&text.value)) {
                continue;
            }
            self.load(Load { path, directories: Vec::new(), built_in: false, span: self.span(*argument) });
            if !name.contains("configor") {
                break;
            }
        }
    }

    /// Notes a file, once.
    pub fn load(&mut self, load: Load) {
        if !self.notes.module.loads.iter().any(|known| known.span == load.span) {
            self.notes.module.loads.push(load);
        }
    }

    /// Notes the files of settings that are built into the program: `//go:embed config.yaml`.
    pub fn note_embedded(&mut self) {
        let text: &str = &self.file.text;
        let mut at = 0;
        for line in text.split_inclusive('\n').filter(|_| text.contains("//go:embed")) {
            let start = at;
            at += line.len();
            let Some(names) = line.strip_prefix("//go:embed ") else { continue };
            for name in names.split_whitespace().map(|name| name.trim_matches('"')) {
                if EXTENSIONS.iter().any(|extension| name.ends_with(extension)) && !name.contains('*') {
                    let span = self.file.slice(start, start + line.trim_end().len());
                    let path = Expr::Text(Spanned::new(name.to_string(), span));
                    self.load(Load { path, directories: Vec::new(), built_in: true, span });
                }
            }
        }
    }
}
