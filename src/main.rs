//! The binary: hands the arguments to the library and its answer to the system.

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    dockworthy::cli::run(std::env::args_os())
}
