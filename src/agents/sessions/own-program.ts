import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's root: where `bin/` is, both when running from `dist/` and from the sources. */
export function packageRoot(from: string = import.meta.url): string {
  let directory = dirname(fileURLToPath(from));
  while (!existsSync(join(directory, "bin", "gt")) && dirname(directory) !== directory)
    directory = dirname(directory);
  return directory;
}

/** What `node` is given to run one of our processes: the bundle, or its source when we run from the sources. */
export function ownProgram(name: "host" | "daemon", from: string = import.meta.url): string {
  const root = packageRoot(from);
  const source = name === "host" ? "sessions/host-main.ts" : "daemon/daemon-main.ts";
  return from.endsWith(".ts") ? join(root, "src", "agents", source) : join(root, "dist", `${name}.js`);
}
