import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type JsonObject } from "./json-file.ts";

/** Gate commands as `merge_queue` of the rig settings names them (spec/05 §4.3). */
export interface GateCommands {
  readonly setup_command?: string;
  readonly typecheck_command?: string;
  readonly lint_command?: string;
  readonly build_command?: string;
  readonly test_command?: string;
}

/** Guesses from the files of a checkout what proves a change right (spec/07 §5.3). Offered, never enforced. */
export function guessGates(checkout: string): GateCommands {
  const has = (file: string) => existsSync(join(checkout, file));
  const manifest = readManifest(join(checkout, "package.json"));
  if (manifest) return gatesOfPackage(manifest, has);
  if (has("go.mod")) return { test_command: "go test ./..." };
  if (has("Cargo.toml")) return { test_command: "cargo test" };
  if (has("pyproject.toml") || has("pytest.ini")) return { test_command: "pytest" };
  if (has("Makefile") && /^test\s*:/m.test(readFileSync(join(checkout, "Makefile"), "utf8")))
    return { test_command: "make test" };
  return {};
}

function gatesOfPackage(manifest: JsonObject, has: (file: string) => boolean): GateCommands {
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const [manager, setup] = packageManager(has);
  const command = (name: string) => {
    const script = scripts[name];
    // What `npm init` writes is a placeholder that always fails.
    if (typeof script !== "string" || script.includes("no test specified")) return undefined;
    return name === "test" ? `${manager} test` : `${manager} run ${name}`;
  };
  const needsSetup = ["dependencies", "devDependencies"].some(
    (kind) => isObject(manifest[kind]) && Object.keys(manifest[kind]).length > 0,
  );
  return withoutUndefined({
    setup_command: needsSetup ? setup : undefined,
    typecheck_command: command("typecheck"),
    lint_command: command("lint"),
    build_command: command("build"),
    test_command: command("test"),
  });
}

/** The package manager whose lock file is there, and how it installs exactly what that file says. */
function packageManager(has: (file: string) => boolean): readonly [manager: string, setup: string] {
  if (has("pnpm-lock.yaml")) return ["pnpm", "pnpm install --frozen-lockfile"];
  if (has("yarn.lock")) return ["yarn", "yarn install --frozen-lockfile"];
  if (has("bun.lock") || has("bun.lockb")) return ["bun", "bun install --frozen-lockfile"];
  return ["npm", has("package-lock.json") ? "npm ci" : "npm install"];
}

function readManifest(file: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    // Absent, or not what it says it is: nothing to guess from.
    return undefined;
  }
}

function withoutUndefined(gates: { readonly [K in keyof GateCommands]: string | undefined }): GateCommands {
  return Object.fromEntries(Object.entries(gates).filter(([, command]) => command !== undefined));
}
