//! Whether the steps of a Dockerfile may put a program into its image.

use super::environment::EffectiveEnvironment;
use super::probe::{self, Probe};
use crate::programs::Image;
use crate::programs::brought;
use crate::programs::dockerfile::{Copy, Step};
use crate::source::Text;

/// Whether a step may put the program there. What is not known to leave it out may.
#[must_use]
pub fn may_install(image: &Image, program: &str) -> bool {
    let steps = image.parsed.iter().flat_map(|parsed| &parsed.stages).flat_map(|stage| &stage.steps);
    let mut copies = steps.filter_map(|step| match step {
        Step::Copy(copy) if copy.from.is_some() || copy.add => Some(copy),
        _ => None,
    });
    copies.any(|copy| copy_may(copy, program)) || image.runs.iter().any(|run| run_may(run, program))
}

/// Whether what is copied from another stage or image is the program, or a place where programs are.
fn copy_may(copy: &Copy, program: &str) -> bool {
    let names = |path: &Text| path.assumed().rsplit('/').next() == Some(program);
    let to = copy.destination.assumed();
    let systemic = matches!(to.trim_end_matches('/'), "" | "/usr" | "/bin" | "/usr/bin");
    copy.sources.iter().any(names) || names(&copy.destination) || systemic
}

fn run_may(run: &Text, program: &str) -> bool {
    let text = run.assumed();
    // A here-document, or the exec form.
    if text.contains("<<") || text.trim_start().starts_with('[') {
        return true;
    }
    let commands = probe::commands(run, &EffectiveEnvironment::default());
    // Variables of a shell end with it.
    let exports = text.trim_start().starts_with("export ") && !text.contains(['&', ';', '|', '`', '(']);
    commands.is_empty() && !exports || commands.iter().any(|command| command_may(command, program))
}

/// Whether a command may put the program there.
pub(super) fn command_may(command: &Probe, program: &str) -> bool {
    // Options of `RUN` stand before its command.
    let words = || command.words.iter().map(Text::assumed).skip_while(|word| word.starts_with("--"));
    let Some(first) = words().next() else { return false };
    let name = first.rsplit('/').next().unwrap_or(&first).to_string();
    let rest: Vec<String> = words().skip(1).collect();
    if name == program || rest.iter().any(|word| word.contains("playwright")) {
        return true;
    }
    match name.as_str() {
        "corepack" => matches!(program, "pnpm" | "yarn"),
        "apt-get" | "apt" | "apk" | "yum" | "dnf" | "microdnf" | "tdnf" | "zypper" | "aptitude" => {
            // Without what is recommended, a package comes with little beside it.
            let tight = name == "apk" || rest.iter().any(|word| word == "--no-install-recommends");
            packages(&rest).any(|package| brings(&package, program, tight))
        }
        // What is installed by its name is a program.
        "go" | "cargo" | "gem"
            if rest.iter().any(|word| matches!(word.as_str(), "install" | "binstall" | "get")) =>
        {
            rest.iter().any(|word| word.contains(program))
        }
        // Builds that are known fetch libraries, and lay them beside the program.
        "pip"
        | "pip3"
        | "pipx"
        | "uv"
        | "poetry"
        | "pipenv"
        | "pdm"
        | "npm"
        | "npx"
        | "yarn"
        | "pnpm"
        | "go"
        | "cargo"
        | "rustup"
        | "bundle"
        | "gem"
        | "composer"
        | "mvn"
        | "mvnw"
        | "gradle"
        | "gradlew"
        | "dotnet"
        | "mix"
        | "docker-php-ext-install"
        | "docker-php-ext-enable"
        | "docker-php-ext-configure"
        | "pecl"
        | "a2enmod"
        | "a2dismod" => false,
        "python" | "python3" | "node" | "php" | "ruby" => {
            !rest.first().is_some_and(|word| matches!(word.as_str(), "-m" | "manage.py" | "artisan"))
        }
        "mkdir"
        | "chown"
        | "chmod"
        | "rm"
        | "rmdir"
        | "ln"
        | "cp"
        | "mv"
        | "touch"
        | "echo"
        | "printf"
        | "cat"
        | "sed"
        | "set"
        | "cd"
        | "export"
        | "find"
        | "test"
        | "["
        | "true"
        | ":"
        | "useradd"
        | "adduser"
        | "groupadd"
        | "addgroup"
        | "usermod"
        | "groupmod"
        | "deluser"
        | "userdel"
        | "passwd"
        | "id"
        | "ls"
        | "tee"
        | "grep"
        | "update-ca-certificates"
        | "ldconfig"
        | "locale-gen"
        | "fi"
        | "done"
        | "esac"
        | "for"
        | "exit"
        | "}"
        | "ARG" => false,
        _ => true,
    }
}

/// The packages that the words of a package manager's command install.
pub(super) fn packages(words: &[String]) -> impl Iterator<Item = String> {
    let verb = words.iter().position(|word| matches!(word.as_str(), "install" | "add" | "-i"));
    let installed = verb.map_or(&[][..], |at| words.get(at + 1..).unwrap_or(&[]));
    let other = verb.is_none()
        && !words.iter().any(|word| {
            matches!(
                word.as_str(),
                "update"
                    | "upgrade"
                    | "clean"
                    | "purge"
                    | "remove"
                    | "del"
                    | "autoremove"
                    | "autoclean"
                    | "makecache"
                    | "dist-upgrade"
            )
        });
    let named = installed.iter().filter(|word| !word.starts_with(['-', '.'])).cloned();
    // What is asked of the package manager is not known: it may be anything.
    named.chain(other.then(|| Text::HOLE.to_string()))
}

/// Whether a package holds the program, or may depend on one that does; `tight` is whether it comes without what is recommended.
fn brings(package: &str, program: &str, tight: bool) -> bool {
    let name = package.split(['=', '@', '/', ':']).next().unwrap_or(package);
    let known = brought::known(program);
    if name == program || known.is_some_and(|known| known.is_in(name)) {
        return true;
    }
    // Of these all packages are known that hold them.
    if known.is_some_and(|known| !known.listed && !known.packages.is_empty()) {
        return name.contains(['$', Text::HOLE]);
    }
    let library = name.starts_with("lib")
        || name.ends_with("-dev")
        || name.ends_with("-devel")
        || ["python3", "py3-", "php", "fonts-", "font-", "gcc", "g++", "postgresql", "tesseract-ocr", "musl"]
            .iter()
            .any(|start| name.starts_with(start));
    let plain = matches!(
        name,
        "make"
            | "build-essential"
            | "build-base"
            | "git"
            | "ca-certificates"
            | "tzdata"
            | "openssl"
            | "gnupg"
            | "netcat"
            | "netcat-openbsd"
            | "netcat-traditional"
            | "procps"
            | "default-mysql-client"
            | "mariadb-client"
            | "mysql-client"
            | "ffmpeg"
            | "vim"
            | "nano"
            | "less"
            | "unzip"
            | "zip"
            | "tini"
            | "gosu"
            | "su-exec"
            | "dumb-init"
            | "bash"
            | "curl"
            | "wget"
            | "sudo"
            | "locales"
            | "gettext"
            | "pkg-config"
            | "pkgconf"
            | "cmake"
            | "poppler-utils"
            | "imagemagick"
            | "graphviz"
            | "nginx"
            | "supervisor"
            | "cron"
            | "jq"
            | "openssh-client"
            | "iputils-ping"
            | "dnsutils"
            | "net-tools"
            | "tar"
            | "gzip"
            | "xz-utils"
            | "rsync"
            | "redis-tools"
            | "file"
            | "nodejs"
            | "npm"
            | "linux-headers"
            | "coreutils"
            | "shadow"
            | "icu-libs"
            | "krb5-libs"
            | "netbase"
            | "gettext-base"
            | "sqlite"
            | "sqlite3"
    );
    !(library || plain || tight && is_small(name, program))
}

/// Whether a package is none of those that are made of many others, or fetch what they need, nor named after the program.
fn is_small(package: &str, program: &str) -> bool {
    const LARGE: [&str; 34] = [
        "apt-file",
        "aws",
        "certbot",
        "code",
        "containerd",
        "cuda",
        "desktop",
        "devscripts",
        "docker",
        "elastic",
        "filebeat",
        "full",
        "gitlab",
        "google",
        "grafana",
        "heroku",
        "installer",
        "kibana",
        "kube",
        "lsb",
        "meta",
        "mscorefonts",
        "netdata",
        "nvidia",
        "plugin",
        "r-base",
        "rocm",
        "sdk",
        "snap",
        "standard",
        "task",
        "texlive",
        "tools",
        "zabbix",
    ];
    let plain = package.chars().all(|c| c.is_ascii_alphanumeric() || "+-.=~:".contains(c));
    plain && !package.contains(program) && !LARGE.iter().any(|part| package.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn may(run: &str, program: &str) -> bool {
        run_may(&Text::known(run, Origin::default()), program)
    }

    #[test]
    fn only_what_is_known_leaves_it_out() {
        assert!(!may("pip install --no-cache-dir -r requirements.txt", "curl"));
        assert!(!may(
            "apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev \\\n && rm -rf /x",
            "curl"
        ));
        assert!(may("apt-get update && apt-get install -y gcc curl", "curl"));
        assert!(may("apk add --no-cache $PACKAGES", "curl"));
        assert!(may("./install.sh", "curl"));
        assert!(may("curl -fsSL https://example.org/x | sh", "wget"));
        assert!(may("apt-get install -y devscripts", "curl"));
        assert!(may("apt-get install -y bubblewrap", "curl"));
        assert!(!may("apt-get install -y --no-install-recommends bubblewrap", "curl"));
        assert!(may("apt-get install -y --no-install-recommends devscripts", "curl"));
        assert!(!may("--mount=type=cache,target=/root/.npm npm ci", "curl"));
    }
}
