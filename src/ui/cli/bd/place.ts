import { existsSync, statSync } from "node:fs";
import { schemaVersion } from "../../../core/ledger/store/schema.ts";
import { version } from "../../../core/version.ts";
import type { CommandContext } from "../command.ts";
import { findBeads } from "./find-beads.ts";
import { noBeadsError, openWorkspace } from "./workspace.ts";

/** `bd where` (spec/01 §10.6): which ledger this directory works on. */
export async function where(context: CommandContext): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const { place, beadsDir, ledger } = workspace;
  const [entry] = (await ledger.prefixes()).filter(({ scope }) => scope === workspace.scope);
  out.document({
    path: beadsDir,
    ...(place.kind === "directory" && place.redirectedFrom !== undefined
      ? { redirected_from: place.redirectedFrom }
      : {}),
    ...(entry === undefined ? {} : { prefix: entry.prefix }),
    database_path: ledger.path,
  });
  out.line(beadsDir);
  if (place.kind === "directory" && place.redirectedFrom !== undefined)
    out.line(`  via redirect: ${place.redirectedFrom}`);
  if (entry !== undefined) out.line(`  prefix: ${entry.prefix}`);
  out.line(`  database: ${ledger.path}`);
}

/** `bd info`. */
export async function info(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, town } = await openWorkspace(context);
  const count = await ledger.count({});
  const sizeBytes = existsSync(ledger.path) ? statSync(ledger.path).size : 0;
  const schema = flags.boolean("schema")
    ? { schema: { version: schemaVersion, app_version: version, size_bytes: sizeBytes } }
    : {};
  const mode = town === undefined ? "standalone" : "town";
  out.document({ database_path: ledger.path, mode, issue_count: count, ...schema });
  out.line(`Database: ${ledger.path}`);
  out.line(`Mode: ${mode}`);
  out.line(`Issues: ${count}`);
  if (flags.boolean("schema")) out.line(`Schema: v${schemaVersion}`);
}

/** `bd ping`: how long each step of answering takes. */
export async function ping(context: CommandContext): Promise<void> {
  const { out, cwd, env, flags } = context;
  const started = performance.now();
  const found = findBeads({
    cwd,
    env,
    db: flags.string("db"),
    town: flags.string("town"),
    warn: (text) => out.warn(text),
  });
  if (found === undefined) throw noBeadsError();
  const resolved = performance.now();
  const { ledger } = await openWorkspace(context);
  const opened = performance.now();
  await ledger.find({ limit: 1 });
  const queried = performance.now();
  const round = (ms: number) => Math.round(ms * 10) / 10;
  out.document({
    status: "ok",
    resolve_ms: round(resolved - started),
    store_ms: round(opened - resolved),
    query_ms: round(queried - opened),
    total_ms: round(queried - started),
  });
  out.line(`ok (${round(queried - started)} ms)`);
}
