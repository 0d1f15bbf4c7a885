import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../town/write-file.ts";
import type { PrefixEntry } from "./ledger.ts";

export interface Route {
  readonly prefix: string;
  /** Directory of the scope relative to the town, `.` for the town itself. */
  readonly path: string;
}

/** Writes the prefix table in the form that other programs read (spec/01 §8.3). */
export async function writeRoutes(beadsDir: string, entries: readonly PrefixEntry[]): Promise<void> {
  const routes = entries.flatMap(({ prefix, path }) =>
    prefix === "hq"
      ? [
          { prefix: "hq-", path },
          { prefix: "hq-cv-", path },
        ]
      : [{ prefix: `${prefix}-`, path }],
  );
  await writeFileAtomic(
    join(beadsDir, "routes.jsonl"),
    routes.map((route) => `${JSON.stringify(route)}\n`).join(""),
  );
}

/** The table of `routes.jsonl`, prefixes without their hyphen; undefined without a file. Malformed lines are left out. */
export async function readRoutes(beadsDir: string): Promise<readonly Route[] | undefined> {
  const text = await readFile(join(beadsDir, "routes.jsonl"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  return text.split("\n").flatMap((line) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    return routeOf(trimmed) ?? [];
  });
}

function routeOf(line: string): Route | undefined {
  try {
    const json: unknown = JSON.parse(line);
    if (typeof json !== "object" || json === null) return undefined;
    const { prefix, path } = json as { prefix?: unknown; path?: unknown };
    if (typeof prefix !== "string" || typeof path !== "string") return undefined;
    return { prefix: prefix.replace(/-$/, ""), path };
  } catch {
    // Not JSON: somebody edited the file by hand.
    return undefined;
  }
}
