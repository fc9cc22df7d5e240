//! Programs that look for their siblings only when a request comes in: PHP starts anew for each of them, so that a
//! database that comes up late costs the requests until then, and not the service.

use super::ServiceFacts;

/// Web servers that run PHP for each request, and those that stand beside them in one container.
const FOR_REQUESTS: &[&str] = &[
    "apache2-foreground",
    "apachectl",
    "apache2ctl",
    "httpd-foreground",
    "frankenphp",
    "heroku-php-apache2",
    "heroku-php-nginx",
    "lsphp",
    "php-cgi",
    "unitd",
];
const BESIDE: &[&str] = &["nginx", "cron", "crond", "composer", "npm", "yarn"];

impl ServiceFacts<'_> {
    /// Whether its start script sleeps before anything else, as JHipster's does for its siblings' sake.
    pub(super) fn sleeps_first(&self) -> bool {
        let seconds = self.environment.value("JHIPSTER_SLEEP").map(|text| text.assumed());
        seconds.is_some_and(|seconds| seconds.trim().parse::<u32>().is_ok_and(|seconds| seconds > 0))
    }

    /// Whether all that it starts dials only when a request comes in.
    #[must_use]
    pub fn connects_on_request(&self) -> bool {
        let commands = &self.program.commands;
        let beside = |words: &Vec<String>| BESIDE.contains(&name(words));
        commands.iter().any(|words| serves_requests(words))
            && commands.iter().all(|words| serves_requests(words) || beside(words))
    }
}

fn name(words: &[String]) -> &str {
    words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
}

fn serves_requests(words: &[String]) -> bool {
    let name = name(words);
    let told = |word: &str| words.iter().any(|other| other == word);
    let php =
        name.strip_prefix("php").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let console = |verb: &str| {
        words
            .windows(2)
            .any(|pair| matches!(pair, [first, then] if first.ends_with("artisan") && then == verb))
    };
    FOR_REQUESTS.contains(&name)
        || name.starts_with("php") && name.contains("fpm")
        || php && (told("-S") || console("serve"))
}
