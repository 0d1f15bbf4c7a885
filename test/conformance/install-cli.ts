import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const cache = process.env["GT_CONFORMANCE_CACHE"] ?? join(import.meta.dirname, "../../.cache/conformance");

/** Installs an agent CLI from npm into a cache folder; undefined when the registry cannot be reached. */
export function installCli(name: string, packageName: string): string | undefined {
  const directory = join(cache, name);
  const bin = join(directory, "node_modules", ".bin");
  if (existsSync(join(bin, name))) return bin;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), '{"private":true}\n');
  try {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-save", packageName], {
      cwd: directory,
      stdio: ["ignore", "ignore", "inherit"],
      timeout: 280_000,
    });
  } catch {
    return undefined;
  }
  return existsSync(join(bin, name)) ? bin : undefined;
}
