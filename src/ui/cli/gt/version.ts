import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { version } from "../../../core/version.ts";
import type { CommandContext } from "../command.ts";
import { readBuild, versionLine } from "../version-line.ts";

/** `gt version` (spec/07 §7.1). */
export async function run({ out, flags }: CommandContext): Promise<void> {
  if (flags.boolean("short") && !out.json) {
    out.line(version);
    return;
  }
  const build = readBuild();
  if (!out.json && !flags.boolean("verbose")) {
    out.line(versionLine("gt"));
    return;
  }
  const facts = {
    version,
    build: build.kind,
    commit: build.commit,
    branch: build.branch,
    node: process.versions.node,
    sqlite: sqliteVersion(),
    git: gitVersion(),
    platform: `${process.platform}-${process.arch}`,
    package_dir: build.packageDir,
  };
  out.document(facts);
  out.line(versionLine("gt"));
  for (const [name, value] of Object.entries(facts).slice(4)) {
    out.line(`  ${name.replace("_", " ")}: ${value ?? "not found"}`);
  }
}

function gitVersion(): string | undefined {
  try {
    const text = execFileSync("git", ["--version"], { encoding: "utf8", timeout: 10_000 });
    return /\d+(?:\.\d+)+/.exec(text)?.[0];
  } catch {
    // No git on PATH: the version is asked for to find such things out.
    return undefined;
  }
}

function sqliteVersion(): string | undefined {
  try {
    const Database = createRequire(import.meta.url)("better-sqlite3");
    const database = new Database(":memory:");
    const row = database.prepare("SELECT sqlite_version() AS version").get();
    database.close();
    return row.version;
  } catch {
    // The native module does not load: as above.
    return undefined;
  }
}
