//! The attributes of everything that is a container: services, jobs and `pre_start` containers
//! (section 05 of the specification).

use super::common::{
    COMMAND, DRIVER_OPTIONS, EXTRA_HOSTS, FILE_REFERENCES, KEY_VALUES, LIMITS, STRING_OR_STRINGS, STRINGS,
};
use super::deploy::GPUS;
use super::shape::attribute;
use super::{Attribute, Cast, Merge, PathKind, Pattern, Shape, Unique};

static THROTTLE: Shape = Shape::object(&[&[
    attribute("path", Shape::STRING),
    attribute("rate", Shape::INTEGER_OR_STRING.or_date()),
]])
.no_extensions();
static WEIGHT: Shape =
    Shape::object(&[&[attribute("path", Shape::STRING), attribute("weight", Shape::INTEGER_OR_STRING)]])
        .no_extensions();
const BLKIO: &[Attribute] = &[
    attribute("device_read_bps", Shape::list(&THROTTLE)),
    attribute("device_read_iops", Shape::list(&THROTTLE)),
    attribute("device_write_bps", Shape::list(&THROTTLE)),
    attribute("device_write_iops", Shape::list(&THROTTLE)),
    attribute("weight", Shape::INTEGER_OR_STRING),
    attribute("weight_device", Shape::list(&WEIGHT)),
];

const CREDENTIAL_SPEC: &[Attribute] = &[
    attribute("config", Shape::STRING),
    attribute("file", Shape::STRING),
    attribute("registry", Shape::STRING),
];

static DEVICE: Shape = Shape::STRING.or(Shape::object(&[&[
    attribute("source", Shape::STRING),
    attribute("target", Shape::STRING),
    attribute("permissions", Shape::STRING),
]])
.requires(&["source"]));

const ENV_FILE: &[Attribute] = &[
    attribute("path", Shape::STRING.path(PathKind::Plain)),
    attribute("format", Shape::STRING.since("2.30.0")),
    attribute("required", Shape::BOOLEAN_OR_STRING.since("2.24.0")),
];
static ENV_FILE_ITEM: Shape = Shape::STRING
    .or_date()
    .or(Shape::object(&[ENV_FILE]).no_extensions().requires(&["path"]))
    .path(PathKind::Plain);
static FILE: Shape = Shape::STRING.path(PathKind::Plain);

static GROUP: Shape = Shape::NUMBER_OR_STRING;
static LOGGING_OPTION: Shape = Shape::NUMBER_OR_STRING.or_null().or_date();
const LOGGING: &[Attribute] = &[
    attribute("driver", Shape::STRING),
    attribute("options", Shape::open_names(Pattern::NotBlank, &LOGGING_OPTION)),
];

static MODEL: Shape =
    Shape::object(&[&[attribute("endpoint_var", Shape::STRING), attribute("model_var", Shape::STRING)]])
        .or_null();

const ATTACHMENT: &[Attribute] = &[
    attribute("aliases", STRINGS.unique(Unique::Text)),
    attribute("interface_name", Shape::STRING.since("2.36.0")),
    attribute("ipv4_address", Shape::STRING),
    attribute("ipv6_address", Shape::STRING),
    attribute("link_local_ips", STRINGS.unique(Unique::Text)),
    attribute("mac_address", Shape::STRING.since("2.23.2")),
    attribute("driver_opts", DRIVER_OPTIONS),
    attribute("priority", Shape::NUMBER),
    attribute("gw_priority", Shape::NUMBER.since("2.33.1")),
];
static NETWORK: Shape = Shape::object(&[ATTACHMENT]).or_null();

const MOUNT_BIND: &[Attribute] = &[
    attribute("propagation", Shape::STRING),
    attribute("create_host_path", Shape::BOOLEAN_OR_STRING),
    attribute("recursive", Shape::one_of(&["enabled", "disabled", "writable", "readonly"])),
    attribute("selinux", Shape::one_of(&["z", "Z"])),
];
const MOUNT_VOLUME: &[Attribute] = &[
    attribute("labels", KEY_VALUES.merged(Merge::KeyValues)),
    attribute("nocopy", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("subpath", Shape::STRING),
];
const MOUNT_TMPFS: &[Attribute] =
    &[attribute("size", Shape::bounded(0, i64::MAX).or_date()), attribute("mode", Shape::NUMBER_OR_STRING)];
const MOUNT: &[Attribute] = &[
    attribute("type", Shape::one_of(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
    attribute("source", Shape::STRING.path(PathKind::Volume)),
    attribute("target", Shape::STRING),
    attribute("read_only", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("consistency", Shape::STRING),
    attribute("bind", Shape::object(&[MOUNT_BIND])),
    attribute("volume", Shape::object(&[MOUNT_VOLUME])),
    attribute("tmpfs", Shape::object(&[MOUNT_TMPFS])),
    attribute("image", Shape::object(&[&[attribute("subpath", Shape::STRING)]])),
];
static VOLUME: Shape = Shape::STRING.or(Shape::object(&[MOUNT]).requires(&["type"])).path(PathKind::Volume);

pub(super) const CONTAINER: &[Attribute] = &[
    attribute("annotations", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
    attribute("blkio_config", Shape::object(&[BLKIO]).no_extensions()),
    attribute("cap_add", STRINGS.unique(Unique::Key)),
    attribute("cap_drop", STRINGS.unique(Unique::Key)),
    attribute("cgroup", Shape::one_of(&["host", "private"]).since("2.15.0")),
    attribute("cgroup_parent", Shape::STRING),
    attribute("command", COMMAND.merged(Merge::Replace)),
    attribute("configs", FILE_REFERENCES.unique(Unique::ConfigTarget)),
    attribute("cpu_count", Shape::bounded(0, i64::MAX).cast(Cast::Int)),
    attribute("cpu_percent", Shape::bounded(0, 100).cast(Cast::Float)),
    attribute("cpu_shares", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("cpu_quota", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("cpu_period", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("cpu_rt_period", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("cpu_rt_runtime", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("cpus", Shape::NUMBER_OR_STRING.cast(Cast::Float32)),
    attribute("cpuset", Shape::STRING),
    attribute(
        "credential_spec",
        Shape::object(&[CREDENTIAL_SPEC])
            .swarm("credential_spec is only supported when running Windows containers under Swarm"),
    ),
    attribute("device_cgroup_rules", STRINGS),
    attribute("devices", Shape::list(&DEVICE).unique(Unique::DeviceTarget)),
    attribute("dns", STRING_OR_STRINGS.merged(Merge::Sequence).unique(Unique::Key)),
    attribute("dns_opt", STRINGS.merged(Merge::Sequence).unique(Unique::Key)),
    attribute("dns_search", STRING_OR_STRINGS.merged(Merge::Sequence).unique(Unique::Key)),
    attribute("domainname", Shape::STRING),
    attribute("entrypoint", COMMAND.merged(Merge::Replace)),
    attribute(
        "env_file",
        Shape::STRING
            .or(Shape::list(&ENV_FILE_ITEM))
            .merged(Merge::Sequence)
            .unique(Unique::EnvFilePath)
            .path(PathKind::Plain),
    ),
    attribute(
        "label_file",
        Shape::STRING.or(Shape::list(&FILE)).merged(Merge::Sequence).path(PathKind::Plain).since("2.32.2"),
    ),
    attribute("environment", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
    attribute("extra_hosts", EXTRA_HOSTS.merged(Merge::Sequence)),
    attribute("gpus", GPUS),
    attribute("group_add", Shape::set(&GROUP)),
    attribute("hostname", Shape::STRING),
    attribute("image", Shape::STRING),
    attribute("init", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("ipc", Shape::STRING),
    attribute("isolation", Shape::STRING),
    attribute("labels", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
    attribute("logging", Shape::object(&[LOGGING]).merged(Merge::Logging)),
    attribute("mac_address", Shape::STRING),
    attribute("mem_limit", Shape::NUMBER_OR_STRING.or_date()),
    attribute("mem_reservation", Shape::INTEGER_OR_STRING.or_date()),
    attribute("mem_swappiness", Shape::INTEGER_OR_STRING.or_date()),
    attribute("memswap_limit", Shape::NUMBER_OR_STRING.or_date()),
    attribute("network_mode", Shape::STRING),
    attribute(
        "models",
        Shape::open_names(Pattern::Name, &MODEL).or(STRINGS).merged(Merge::Names).since("2.38.0"),
    ),
    attribute("networks", Shape::names(Pattern::Name, &NETWORK).or(STRINGS).merged(Merge::Names)),
    attribute("oom_kill_disable", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("oom_score_adj", Shape::bounded(-1000, 1000).cast(Cast::Int)),
    attribute("pid", Shape::STRING.or_null()),
    attribute("pids_limit", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("platform", Shape::STRING),
    attribute("privileged", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("pull_policy", Shape::like(Pattern::PullPolicy)),
    attribute("pull_refresh_after", Shape::STRING),
    attribute("read_only", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("runtime", Shape::STRING),
    attribute("security_opt", STRINGS),
    attribute("shm_size", Shape::NUMBER_OR_STRING.or_date()),
    attribute("secrets", FILE_REFERENCES.unique(Unique::SecretTarget)),
    attribute("sysctls", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
    attribute("stop_grace_period", Shape::STRING),
    attribute("stop_signal", Shape::STRING),
    attribute("storage_opt", STORAGE),
    attribute("tmpfs", STRING_OR_STRINGS.merged(Merge::Sequence).unique(Unique::Key)),
    attribute("ulimits", LIMITS),
    attribute("use_api_socket", Shape::BOOLEAN),
    attribute("user", Shape::STRING),
    attribute("uts", Shape::STRING.since("2.15.1")),
    attribute("userns_mode", Shape::STRING),
    attribute("volumes", Shape::set(&VOLUME).unique(Unique::VolumeTarget)),
    attribute("volumes_from", STRINGS),
    attribute("working_dir", Shape::STRING),
];

static OPTION: Shape = Shape::ANYTHING.swarm("not honored by this runtime outside Swarm mode");
const STORAGE: Shape = Shape::open_names(Pattern::NotBlank, &OPTION);
