#!/usr/bin/env node
// Starts the binary of this platform, which npm installs as an optional dependency.

"use strict";

const { spawnSync } = require("node:child_process");
const os = require("node:os");

function binary() {
  if (process.env.DOCKWORTHY_BINARY) {
    return process.env.DOCKWORTHY_BINARY;
  }
  const name = `@dockworthy/cli-${process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "dockworthy.exe" : "dockworthy";
  const { optionalDependencies } = require("../package.json");
  if (!(name in optionalDependencies)) {
    stop(`there is no binary for ${process.platform} on ${process.arch}; \`cargo install dockworthy\` builds one`);
  }
  try {
    return require.resolve(`${name}/${file}`);
  } catch {
    return stop(
      `the package ${name} is not installed; was npm run with --omit=optional, or was node_modules copied from another platform?`,
    );
  }
}

/** The exit code for "could not run". */
function stop(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

const path = binary();
const { status, signal, error } = spawnSync(path, process.argv.slice(2), { stdio: "inherit", windowsHide: true });
if (error) {
  stop(`${path} cannot be started: ${error.message}`);
}
// As a shell says that a signal ended a program.
process.exit(status ?? 128 + (os.constants.signals[signal] ?? 0));
