import { join } from "node:path";
import { packageRoot } from "../../core/package-root.ts";

/**
 * What `node` is given to run one of our processes: always the bundle, which starts four times as fast as the sources, so
 * that who runs from them tests what is shipped.
 */
export function ownProgram(name: "host" | "daemon"): string {
  return join(packageRoot(), "dist", `${name}.js`);
}
