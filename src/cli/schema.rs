//! `dockworthy schema`: what a configuration file can say, and what JSON output says.

use clap::ValueEnum;

use super::{CLEAN, Failed, print};
use crate::config::keys;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dockworthy schema > .dockworthy.schema.json
  dockworthy schema json > dockworthy-report.schema.json")]
pub struct Arguments {
    /// Of what
    #[arg(value_enum, default_value_t)]
    of: Of,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Of {
    /// `.dockworthy.yaml`
    #[default]
    Configuration,
    /// What `--format json` writes
    Json,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    match arguments.of {
        Of::Configuration => {
            let schema = serde_json::to_string_pretty(&keys::schema()).unwrap_or_default();
            print(&format!("{schema}\n"))?;
        }
        Of::Json => print(include_str!("../../docs/json.schema.json"))?,
    }
    Ok(CLEAN)
}
