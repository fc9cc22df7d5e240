//! `dockworthy completions` and `dockworthy man`: what shells and `man` want to know of the command line.

use clap_complete::{Shell, generate};

use super::{CLEAN, Failed, print, suggest};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dockworthy completions bash > ~/.local/share/bash-completion/completions/dockworthy
  dockworthy completions zsh > ~/.zfunc/_dockworthy          (with ~/.zfunc in $fpath)
  dockworthy completions fish > ~/.config/fish/completions/dockworthy.fish
  dockworthy completions powershell >> $PROFILE")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dockworthy man | man -l -
  dockworthy man > ~/.local/share/man/man1/dockworthy.1
  dockworthy man check")]
pub struct Manual {
    /// The page of this command [default: that of all]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub fn script(arguments: &Completions) -> Result<u8, Failed> {
    let mut command = super::command();
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, env!("CARGO_PKG_NAME"), &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(CLEAN)
}

pub fn manual(arguments: &Manual) -> Result<u8, Failed> {
    let mut all = super::command();
    all.build();
    let command = match &arguments.command {
        None => all,
        Some(name) => {
            let names: Vec<String> =
                all.get_subcommands().map(|command| command.get_name().to_string()).collect();
            let Some(command) = all.find_subcommand(name) else {
                let near = suggest::nearest(name, names.iter().map(String::as_str));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let name = crate::report::printable(name);
                return Err(Failed::Asked(format!("there is no command `{name}`{hint}")));
            };
            command.clone()
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(CLEAN)
}
