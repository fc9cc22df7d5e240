// Makes the npm package of one platform around a binary:
//
//     node packages/npm/platform.mjs linux-x64 target/release/dockworthy out/
//
// The version is that of the main package, which names all platforms.

import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [platform, binary, out] = process.argv.slice(2);
const main = JSON.parse(readFileSync(fileURLToPath(new URL("dockworthy/package.json", import.meta.url)), "utf8"));
const name = `@dockworthy/cli-${platform}`;
if (!out || !(name in main.optionalDependencies)) {
  const known = Object.keys(main.optionalDependencies).map((name) => name.replace("@dockworthy/cli-", ""));
  console.error(`usage: node platform.mjs PLATFORM BINARY FOLDER, with a PLATFORM of ${known.join(", ")}`);
  process.exit(2);
}

const [os, cpu] = platform.split("-");
const file = os === "win32" ? "dockworthy.exe" : "dockworthy";
const manifest = {
  name,
  version: main.version,
  description: `The binary of dockworthy for ${os} on ${cpu}`,
  license: main.license,
  os: [os],
  cpu: [cpu],
  files: [file],
  preferUnplugged: true,
};

const folder = join(out, name);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(binary, join(folder, file));
chmodSync(join(folder, file), 0o755);
console.log(folder);
