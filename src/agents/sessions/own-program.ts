import { join } from "node:path";
import { packageRoot } from "../../core/package-root.ts";

/** What `node` is given to run one of our processes: the bundle, or its source when we run from the sources. */
export function ownProgram(name: "host" | "daemon", from: string = import.meta.url): string {
  const root = packageRoot(from);
  const source = name === "host" ? "sessions/host-main.ts" : "daemon/daemon-main.ts";
  return from.endsWith(".ts") ? join(root, "src", "agents", source) : join(root, "dist", `${name}.js`);
}
