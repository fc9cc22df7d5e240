# syntax=docker/dockerfile:1
# An image with one static binary and a shell, which CI systems want:
#
#     docker build --build-arg COMMIT="$(git rev-parse HEAD)" --tag dockworthy .
#     docker run --rm --volume "$PWD:/src:ro" dockworthy

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs README.md ./
COPY rules rules
COPY src src
ARG COMMIT=""
# The C library of Debian linked in: dockworthy looks up no names and loads no libraries, which is all that would not work so.
# A target that is named keeps the flags away from build scripts and macros.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    target="$(rustc --print host-tuple)" \
    && DOCKWORTHY_COMMIT="$COMMIT" RUSTFLAGS="-C target-feature=+crt-static" \
        cargo build --release --locked --target "$target" \
    && cp "target/$target/release/dockworthy" /dockworthy

FROM alpine:3.22
# CI jobs ask git what has changed; the folder belongs to whoever mounts it.
RUN apk add --no-cache git && git config --system --add safe.directory '*'
COPY --from=build /dockworthy /usr/local/bin/dockworthy
WORKDIR /src
ENTRYPOINT ["dockworthy"]
