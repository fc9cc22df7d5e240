//! The attributes of services as Compose holds them (compose-go, package `types`).

use super::kind::Field;
use super::kind::Kind::{self, *};

const THROTTLE: Kind = Capital(&[("path", Text), ("rate", Bytes)]);
const WEIGHT: Kind = Capital(&[("path", Text), ("weight", Count)]);

const BLKIO: &[Field] = &[
    ("weight", Count),
    ("weight_device", List(&WEIGHT)),
    ("device_read_bps", List(&THROTTLE)),
    ("device_read_iops", List(&THROTTLE)),
    ("device_write_bps", List(&THROTTLE)),
    ("device_write_iops", List(&THROTTLE)),
];

const FILE_REFERENCE: Kind =
    Object(&[("source", Text), ("target", Text), ("uid", Text), ("gid", Text), ("mode", Mode)]);

const BUILD: &[Field] = &[
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", Texts),
    ("args", Arguments),
    ("provenance", Text),
    ("sbom", Text),
    ("ssh", Ssh),
    ("labels", Labels),
    ("cache_from", Texts),
    ("cache_to", Texts),
    ("no_cache", Bool),
    ("no_cache_filter", TextOrTexts),
    ("additional_contexts", Options),
    ("pull", Bool),
    ("extra_hosts", Hosts),
    ("isolation", Text),
    ("network", Text),
    ("target", Text),
    ("secrets", List(&FILE_REFERENCE)),
    ("shm_size", Bytes),
    ("tags", Texts),
    ("ulimits", Map(&Limit)),
    ("platforms", Texts),
    ("privileged", Bool),
];

const DEVICE_REQUEST: Kind = Object(&[
    ("capabilities", Texts),
    ("driver", Text),
    ("count", DeviceCount),
    ("device_ids", Texts),
    ("options", Options),
]);

const GENERIC: Kind = Object(&[("discrete_resource_spec", Object(&[("kind", Text), ("value", Int)]))]);

const LIMITS: &[Field] = &[("cpus", Cpus), ("memory", Bytes), ("pids", Processes)];

const RESERVATIONS: &[Field] = &[
    ("cpus", Cpus),
    ("memory", Bytes),
    ("pids", Int),
    ("devices", List(&DEVICE_REQUEST)),
    ("generic_resources", List(&GENERIC)),
];

const UPDATE: &[Field] = &[
    ("parallelism", CountKept),
    ("delay", TimeOmitted),
    ("failure_action", Text),
    ("monitor", TimeOmitted),
    ("max_failure_ratio", Float),
    ("order", Text),
];

const PREFERENCE: Kind = Object(&[("spread", Text)]);

const DEPLOY: &[Field] = &[
    ("mode", Text),
    ("replicas", IntKept),
    ("labels", Labels),
    ("update_config", Object(UPDATE)),
    ("rollback_config", Object(UPDATE)),
    ("resources", Always(&[("limits", Object(LIMITS)), ("reservations", Object(RESERVATIONS))])),
    (
        "restart_policy",
        Object(&[("condition", Text), ("delay", Time), ("max_attempts", CountKept), ("window", Time)]),
    ),
    (
        "placement",
        Always(&[
            ("constraints", Texts),
            ("preferences", List(&PREFERENCE)),
            ("max_replicas_per_node", Count),
        ]),
    ),
    ("endpoint_mode", Text),
];

const HOOK: &[Field] = &[
    ("command", Command),
    ("user", Text),
    ("privileged", Bool),
    ("working_dir", Text),
    ("environment", Variables),
];

const WATCH: Kind = Object(&[
    ("path", Text),
    ("action", Text),
    ("target", Text),
    ("exec", Always(HOOK)),
    ("include", TextOrTexts),
    ("ignore", TextOrTexts),
    ("initial_sync", Bool),
]);

const HEALTHCHECK: &[Field] = &[
    ("test", Test),
    ("timeout", Time),
    ("interval", Time),
    ("retries", CountKept),
    ("start_period", Time),
    ("start_interval", Time),
    ("disable", Bool),
];

const MOUNT: Kind = Object(&[
    ("type", Text),
    ("source", Text),
    ("target", Text),
    ("read_only", Bool),
    ("consistency", Text),
    (
        "bind",
        Object(&[
            ("selinux", Text),
            ("propagation", Text),
            ("create_host_path", OptOut),
            ("recursive", Text),
        ]),
    ),
    ("volume", Object(&[("labels", Labels), ("nocopy", Bool), ("subpath", Text)])),
    ("tmpfs", Object(&[("size", Bytes), ("mode", Count)])),
    ("image", Object(&[("subpath", Text)])),
]);

const PORT: Kind = Object(&[
    ("name", Text),
    ("mode", Text),
    ("host_ip", Text),
    ("target", Count),
    ("published", Published),
    ("protocol", Text),
    ("app_protocol", Text),
]);

const ATTACHMENT: Kind = Object(&[
    ("aliases", Texts),
    ("driver_opts", Options),
    ("gw_priority", Int),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", Texts),
    ("mac_address", Text),
    ("priority", Int),
]);

const ENV_FILE: Kind = Object(&[("path", Text), ("required", OptOut), ("format", Text)]);
const DEVICE: Kind = Object(&[("source", Text), ("target", Text), ("permissions", Text)]);
const DEPENDENCY: Kind = Object(&[("condition", Text), ("restart", Bool), ("required", BoolKept)]);
const MODEL: Kind = Object(&[("endpoint_var", Text), ("model_var", Text)]);
const SCHEDULE: Kind =
    Object(&[("cron", Text), ("timezone", Text), ("concurrency", Text), ("missed_fires", Text)]);

/// The attributes of services, jobs and `pre_start` containers, in the order in which Compose prints them.
pub(super) const CONTAINER: &[Field] = &[
    ("profiles", Texts),
    ("deploy", Object(DEPLOY)),
    ("develop", Object(&[("watch", List(&WATCH))])),
    ("provider", Object(&[("type", Text), ("options", MultiOptions)])),
    ("triggers", Object(&[("manual", BoolKept), ("schedule", List(&SCHEDULE))])),
    ("restart", Text),
    ("scale", IntKept),
    ("attach", BoolKept),
    ("container_name", Text),
    ("external_links", Texts),
    ("links", Texts),
    ("pre_start", Containers),
    ("post_start", List(&Object(HOOK))),
    ("pre_stop", List(&Object(HOOK))),
    ("annotations", Options),
    ("blkio_config", Object(BLKIO)),
    ("cap_add", Texts),
    ("cap_drop", Texts),
    ("cgroup_parent", Text),
    ("cgroup", Text),
    ("cpu_count", Int),
    ("cpu_percent", Float),
    ("cpu_period", Int),
    ("cpu_quota", Int),
    ("cpu_rt_period", Int),
    ("cpu_rt_runtime", Int),
    ("cpus", Float),
    ("cpuset", Text),
    ("cpu_shares", Int),
    ("command", Command),
    ("configs", List(&FILE_REFERENCE)),
    ("credential_spec", Object(&[("config", Text), ("file", Text), ("registry", Text)])),
    ("device_cgroup_rules", Texts),
    ("devices", List(&DEVICE)),
    ("dns", TextOrTexts),
    ("dns_opt", Texts),
    ("dns_search", TextOrTexts),
    ("domainname", Text),
    ("entrypoint", Command),
    ("environment", Variables),
    ("env_file", List(&ENV_FILE)),
    ("extra_hosts", Hosts),
    ("group_add", Numbers),
    ("gpus", List(&DEVICE_REQUEST)),
    ("hostname", Text),
    ("image", Text),
    ("init", BoolKept),
    ("ipc", Text),
    ("isolation", Text),
    ("labels", Labels),
    ("label_file", Texts),
    ("logging", Object(&[("driver", Text), ("options", Options)])),
    ("mem_limit", Bytes),
    ("mem_reservation", Bytes),
    ("memswap_limit", Bytes),
    ("mem_swappiness", Bytes),
    ("mac_address", Text),
    ("models", NullableMap(&MODEL)),
    ("networks", NullableMap(&ATTACHMENT)),
    ("network_mode", Text),
    ("oom_kill_disable", Bool),
    ("oom_score_adj", Int),
    ("pid", Text),
    ("pids_limit", Int),
    ("platform", Text),
    ("privileged", Bool),
    ("pull_policy", Text),
    ("pull_refresh_after", Text),
    ("read_only", Bool),
    ("runtime", Text),
    ("secrets", List(&FILE_REFERENCE)),
    ("security_opt", Texts),
    ("shm_size", Bytes),
    ("stop_grace_period", Time),
    ("stop_signal", Text),
    ("storage_opt", Storage),
    ("sysctls", Options),
    ("tmpfs", TextOrTexts),
    ("ulimits", Map(&Limit)),
    ("use_api_socket", Bool),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", List(&MOUNT)),
    ("volumes_from", Texts),
    ("working_dir", Text),
    ("build", Object(BUILD)),
    ("depends_on", Map(&DEPENDENCY)),
    ("expose", Numbers),
    ("healthcheck", Object(HEALTHCHECK)),
    ("ports", List(&PORT)),
    ("stdin_open", Bool),
    ("tty", Bool),
    ("per_replica", Bool),
    ("extends", Hidden),
];

const SUBNET: Kind =
    Object(&[("subnet", Text), ("gateway", Text), ("ip_range", Text), ("aux_addresses", Options)]);

/// A top-level network.
pub(super) const NETWORK: &[Field] = &[
    ("name", Text),
    ("driver", Text),
    ("driver_opts", Options),
    ("ipam", Always(&[("driver", Text), ("config", List(&SUBNET)), ("options", Options)])),
    ("external", Bool),
    ("internal", Bool),
    ("attachable", Bool),
    ("labels", Labels),
    ("enable_ipv4", BoolKept),
    ("enable_ipv6", BoolKept),
];

/// A top-level volume.
pub(super) const VOLUME: &[Field] =
    &[("name", Text), ("driver", Text), ("driver_opts", Options), ("external", Bool), ("labels", Labels)];

/// A top-level secret or config.
pub(super) const FILE_OBJECT: &[Field] = &[
    ("name", Text),
    ("file", Text),
    ("environment", Text),
    ("content", Text),
    ("external", Bool),
    ("labels", Labels),
    ("driver", Text),
    ("driver_opts", Options),
    ("template_driver", Text),
];

/// A top-level model.
pub(super) const TOP_MODEL: &[Field] =
    &[("name", Text), ("model", Text), ("context_size", Int), ("runtime_flags", Texts)];
