//! The catalogue: every rule is a value, and [`ALL`] is the one list of them.

mod absent;
mod advertised_loopback;
mod archived_packages;
mod asked_page;
mod async_engine_in_forked_worker;
mod blank_beats_default;
mod browser_cannot_resolve;
mod build_argument_unset;
mod build_context_missing;
mod build_input_missing;
mod build_library_missing;
mod build_time_variable_at_runtime;
mod colon_in_environment_list;
mod command_missing;
mod command_not_run;
mod commit_after_yield;
mod connect_args_of_another_driver;
mod copy_source_missing;
mod credential_mismatch;
mod dead_address;
mod depends_on_without_health;
mod detached_command;
mod dockerfile_missing;
mod dollars;
mod driver_scheme_mismatch;
mod driver_too_old;
mod duplicate_host_port;
mod duplicate_variable;
mod engines;
mod entry_file_missing;
mod env_file_in_environment_list;
mod env_file_is_not_interpolation;
mod environment_drift;
mod expire_on_commit_async;
mod external_never_made;
mod first_script_dials_itself;
mod first_script_table_missing;
mod fixed_port_with_replicas;
mod folder_not_writable;
mod framework_default_loopback;
mod hard_coded_loopback;
mod healthcheck_arguments_dropped;
mod healthcheck_binary_missing;
mod healthcheck_ignored;
mod healthcheck_interpolated_by_compose;
mod healthcheck_needs_shell;
mod healthcheck_refused;
mod healthcheck_switched;
mod healthcheck_timing;
mod healthcheck_wrong_target;
mod healthy_without_healthcheck;
mod host_gateway_missing;
mod host_not_allowed;
mod idle_ports;
mod inactive_target;
mod incompatible_packages;
mod invalid_dockerfile;
mod language_version_mismatch;
mod laravel_key;
mod listens_on_loopback;
mod loopback_in_container;
mod malformed_exec_form;
mod migration_missing;
mod misnamed_variable;
mod missing_bind_source;
mod missing_depends_on;
mod missing_page_fallback;
mod mount_hides_build;
mod needed_file_missing;
mod never_provided;
mod nginx_proxy;
mod no_connect_timeout;
mod no_restart_policy;
mod no_shared_network;
mod nobody;
mod outdated_lock_file;
mod package_not_installed;
pub mod page;
mod php_extension_missing;
pub mod phrases;
mod pool_exceeds_max_connections;
mod pool_without_pre_ping;
mod ports;
mod prelude;
mod program_missing;
mod proxied_paths;
mod proxy_upstream_mismatch;
mod publish_port_reused;
mod published_port_unused;
mod queue_without_consumer;
mod quoted_arguments;
mod quoted_list_value;
mod rails_secret;
mod redirect;
mod refused_host;
mod refused_step;
mod refused_value;
mod remarks;
mod required_variable_unset;
mod script_not_runnable;
mod secret_file_missing;
mod secret_not_granted;
mod server_feature_missing;
mod server_too_old;
mod settings_not_read;
mod shadowed_variable;
mod shared_library_missing;
mod sibling_urls_disagree;
mod static_pool_on_network_database;
pub mod suppressions;
mod surprising_scalar;
mod swallowed_commit_error;
mod sync_sessionmaker_for_async_engine;
mod tables_never_created;
mod tls_mode_mismatch;
mod told_hosts;
mod traefik_fields;
mod traefik_labels;
mod unavailable_image;
mod unavailable_package;
mod undeclared_settings_key;
mod undefined_settings_name;
mod underscore_in_host_name;
mod unescaped_dollar;
mod unknown_build_target;
mod unknown_host;
mod unknown_option;
mod unread_variable;
mod unregistered;
mod unset_interpolation;
mod unset_variable_loopback_default;
mod unupgraded;
mod upstream_sockets;
mod validity;
mod versions;
mod volume_not_writable;
mod wait_fixes;
mod waits_for_completion_of_a_server;
mod web_root_missing;
pub mod wiring;
mod wrong_data_path;
mod wrong_module_kind;
mod wrong_port;

use std::sync::OnceLock;

use crate::compose::Project;
use crate::compose::edits::Edits;
use crate::facts::Facts;
use crate::finding::Finding;
use crate::source::Span;
use page::Meta;

/// A rule: its name, its page and its check.
pub struct Rule {
    /// The name, in kebab-case; it says the problem.
    pub name: &'static str,
    /// The whole page `rules/<name>.md`.
    pub page: &'static str,
    /// Looks at a project and says what it finds.
    pub check: fn(&Context<'_>, &mut Vec<Finding>),
    meta: OnceLock<Meta>,
}

impl Rule {
    /// A rule with its page. Use [`rule!`](crate::rule).
    #[must_use]
    pub const fn new(
        name: &'static str,
        page: &'static str,
        check: fn(&Context<'_>, &mut Vec<Finding>),
    ) -> Self {
        Self { name, page, check, meta: OnceLock::new() }
    }

    /// The page's front matter, parsed when it is first asked for.
    pub fn meta(&self) -> &Meta {
        self.meta.get_or_init(|| Meta::of(self.page))
    }

    /// Who sees the rule: the one thing that is asked of every rule at every start, so the page is not
    /// parsed for it.
    #[must_use]
    pub fn level(&self) -> page::Level {
        page::level(self.page)
    }

    /// A finding of this rule with the severity and confidence of its page.
    pub fn finding(&self, at: Span, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.name,
            severity: self.meta().severity,
            confidence: self.meta().confidence,
            service: None,
            message: message.into(),
            at,
            label: None,
            also: Vec::new(),
            help: None,
            fix: None,
            evidence: Vec::new(),
            alike: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a rule sees. No YAML, no text, no file system.
pub struct Context<'a> {
    /// The project as Compose loads it.
    pub project: &'a Project,
    /// What is known of it beyond its text.
    pub facts: &'a Facts<'a>,
    /// Makes the edits of fixes.
    pub edits: &'a Edits<'a>,
}

/// Makes the `RULE` of a rule's file, with the page of that name.
#[macro_export]
macro_rules! rule {
    ($name:literal, $check:expr) => {
        /// The rule of this file.
        pub static RULE: $crate::rules::Rule =
            $crate::rules::Rule::new($name, include_str!(concat!("../../rules/", $name, ".md")), $check);
    };
}

/// Every rule, by name.
pub static ALL: &[&Rule] = &[
    &advertised_loopback::RULE,
    &validity::ALIAS_BOMB,
    &validity::AMBIGUOUS_PROJECT_FILE,
    &archived_packages::RULE,
    &async_engine_in_forked_worker::RULE,
    &blank_beats_default::RULE,
    &browser_cannot_resolve::RULE,
    &build_argument_unset::RULE,
    &build_context_missing::RULE,
    &build_input_missing::RULE,
    &build_library_missing::RULE,
    &build_time_variable_at_runtime::RULE,
    &colon_in_environment_list::RULE,
    &command_missing::RULE,
    &command_not_run::RULE,
    &commit_after_yield::RULE,
    &validity::CONFLICTING_ATTRIBUTES,
    &connect_args_of_another_driver::RULE,
    &copy_source_missing::RULE,
    &credential_mismatch::RULE,
    &dead_address::RULE,
    &validity::DEPENDENCY_CYCLE,
    &depends_on_without_health::RULE,
    &detached_command::RULE,
    &dockerfile_missing::RULE,
    &driver_scheme_mismatch::RULE,
    &driver_too_old::RULE,
    &validity::DUPLICATE_CONTAINER_NAME,
    &duplicate_host_port::RULE,
    &validity::DUPLICATE_KEY,
    &validity::DUPLICATE_MOUNT_TARGET,
    &duplicate_variable::RULE,
    &entry_file_missing::RULE,
    &env_file_in_environment_list::RULE,
    &env_file_is_not_interpolation::RULE,
    &validity::ENV_FILE_MISSING,
    &environment_drift::RULE,
    &expire_on_commit_async::RULE,
    &validity::EXTENDS_CYCLE,
    &external_never_made::RULE,
    &first_script_dials_itself::RULE,
    &first_script_table_missing::RULE,
    &fixed_port_with_replicas::RULE,
    &folder_not_writable::RULE,
    &framework_default_loopback::RULE,
    &hard_coded_loopback::RULE,
    &healthcheck_arguments_dropped::RULE,
    &healthcheck_binary_missing::RULE,
    &healthcheck_ignored::RULE,
    &healthcheck_interpolated_by_compose::RULE,
    &healthcheck_needs_shell::RULE,
    &healthcheck_timing::RULE,
    &healthcheck_wrong_target::RULE,
    &healthy_without_healthcheck::RULE,
    &host_gateway_missing::RULE,
    &host_not_allowed::RULE,
    &inactive_target::RULE,
    &validity::INCLUDE_CYCLE,
    &incompatible_packages::RULE,
    &invalid_dockerfile::RULE,
    &validity::INVALID_ENV_FILE,
    &validity::INVALID_INTERPOLATION,
    &validity::INVALID_PROJECT_NAME,
    &suppressions::INVALID,
    &validity::INVALID_VALUE,
    &validity::INVALID_YAML,
    &language_version_mismatch::RULE,
    &listens_on_loopback::RULE,
    &loopback_in_container::RULE,
    &malformed_exec_form::RULE,
    &migration_missing::RULE,
    &misnamed_variable::RULE,
    &missing_bind_source::RULE,
    &missing_depends_on::RULE,
    &validity::MISSING_FILE,
    &missing_page_fallback::RULE,
    &mount_hides_build::RULE,
    &needed_file_missing::RULE,
    &never_provided::RULE,
    &no_connect_timeout::RULE,
    &validity::NO_IMAGE_OR_BUILD,
    &no_restart_policy::RULE,
    &no_shared_network::RULE,
    &validity::OBSOLETE_ATTRIBUTE,
    &outdated_lock_file::RULE,
    &package_not_installed::RULE,
    &php_extension_missing::RULE,
    &pool_exceeds_max_connections::RULE,
    &pool_without_pre_ping::RULE,
    &program_missing::RULE,
    &proxy_upstream_mismatch::RULE,
    &publish_port_reused::RULE,
    &published_port_unused::RULE,
    &queue_without_consumer::RULE,
    &quoted_list_value::RULE,
    &refused_step::RULE,
    &refused_value::RULE,
    &validity::REQUIRED_VARIABLE_MISSING,
    &required_variable_unset::RULE,
    &script_not_runnable::RULE,
    &secret_file_missing::RULE,
    &secret_not_granted::RULE,
    &server_feature_missing::RULE,
    &server_too_old::RULE,
    &settings_not_read::RULE,
    &shadowed_variable::RULE,
    &shared_library_missing::RULE,
    &sibling_urls_disagree::RULE,
    &static_pool_on_network_database::RULE,
    &suppressions::WITHOUT_REASON,
    &surprising_scalar::RULE,
    &swallowed_commit_error::RULE,
    &validity::SWARM_ONLY_ATTRIBUTE,
    &sync_sessionmaker_for_async_engine::RULE,
    &tables_never_created::RULE,
    &tls_mode_mismatch::RULE,
    &unavailable_image::RULE,
    &unavailable_package::RULE,
    &undeclared_settings_key::RULE,
    &validity::UNDEFINED_CONFIG,
    &validity::UNDEFINED_MODEL,
    &validity::UNDEFINED_NETWORK,
    &validity::UNDEFINED_SECRET,
    &validity::UNDEFINED_SERVICE,
    &undefined_settings_name::RULE,
    &validity::UNDEFINED_VOLUME,
    &underscore_in_host_name::RULE,
    &unescaped_dollar::RULE,
    &validity::UNKNOWN_ATTRIBUTE,
    &unknown_build_target::RULE,
    &unknown_host::RULE,
    &unknown_option::RULE,
    &unread_variable::RULE,
    &unset_interpolation::RULE,
    &unset_variable_loopback_default::RULE,
    &suppressions::UNUSED,
    &volume_not_writable::RULE,
    &waits_for_completion_of_a_server::RULE,
    &web_root_missing::RULE,
    &wrong_data_path::RULE,
    &wrong_module_kind::RULE,
    &wrong_port::RULE,
    &validity::WRONG_TYPE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_pages() {
        for rule in ALL {
            assert_eq!(rule.level(), rule.meta().level, "{}", rule.name);
        }
    }
}
