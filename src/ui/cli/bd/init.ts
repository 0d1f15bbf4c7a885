import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { foreignBeads, foreignError } from "../../../core/ledger/foreign-beads.ts";
import { guessPrefix, isPrefix } from "../../../core/ledger/new-id.ts";
import { openLedger } from "../../../core/ledger/open-ledger.ts";
import type { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { outermostTown } from "../../../core/town/find-town.ts";
import type { CommandContext } from "../command.ts";
import { agentsBlock } from "./agents-block.ts";
import { invalid, readText } from "./content.ts";

const ignoredFiles = [
  "beads.db",
  "beads.db-*",
  "config.local.yaml",
  "routes.jsonl",
  "redirect",
  "issues.jsonl",
  "last-touched/",
  "backup/",
  "*.lock",
  "*.corrupt-*",
  "*.suspect-*",
  "*.rejects",
  "*.tmp",
  "hooks.log",
];

/** `bd init`: a ledger in this repository (spec/01 §10.6). Nothing that exists is ever deleted. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, cwd } = context;
  const town = outermostTown(cwd);
  if (town !== undefined) {
    throw new GtError("E_REFUSED", `this directory belongs to town ${town}; use gt rig add`, {
      hint: "gt rig add <name> <url>",
    });
  }
  const existing = flags.boolean("force") ? undefined : await existingBeads(context);
  const prefix =
    flags.string("prefix")?.replace(/-$/, "") ??
    commonPrefix(existing) ??
    defaultPrefix(basename(resolve(cwd)));
  if (!isPrefix(prefix)) {
    throw invalid(
      `invalid prefix "${sanitiseLine(prefix)}" (lower-case letters, digits and hyphens, at most 20)`,
    );
  }
  const beadsDir = join(cwd, ".beads");
  const path = join(beadsDir, "beads.db");
  const isNew = !existsSync(path);
  const foreign = foreignBeads(beadsDir);
  if (foreign !== undefined) throw foreignError(foreign);
  if (!isNew) await checkReinitialising(context, path);
  mkdirSync(beadsDir, { recursive: true });
  writeWhenMissing(join(beadsDir, ".gitignore"), `${ignoredFiles.join("\n")}\n`);
  writeWhenMissing(join(beadsDir, "config.yaml"), "# Settings of bd, see: bd config list\n");
  const ledger = await openLedger({ path, create: true });
  context.onEnd(() => ledger.close());
  const [known] = await ledger.prefixes();
  if (known === undefined || isNew) {
    await ledger.write("system", [
      { op: "registerPrefix", prefix, scope: "local", path: "." },
      { op: "setConfig", key: "issue_prefix", value: prefix },
    ]);
  }
  if (isNew && existing !== undefined) await takeIn(context, ledger, existing);
  if (flags.boolean("stealth")) hideFromGit(cwd);
  else if (!flags.boolean("skip-agents")) writeAgentsBlock(join(cwd, "AGENTS.md"));
  out.document({ status: "initialized", path: beadsDir, database_path: path, prefix });
  if (flags.boolean("quiet")) return;
  out.done("bd initialized");
  out.line(`  Database: ${path}`);
  out.line(`  Issue prefix: ${prefix} (${prefix}-abc12)`);
}

/** What a clone brings along: the file that was asked for, the tracked export, or the sync branch (spec/01 §9.7). */
async function existingBeads({ flags, cwd, rest, args }: CommandContext): Promise<string | undefined> {
  const file = join(cwd, ".beads", "issues.jsonl");
  const [named] = [...args, ...rest];
  if (flags.boolean("from-jsonl") && named !== undefined) return readText(cwd, named);
  if (existsSync(file)) return readFileSync(file, "utf8");
  if (flags.boolean("from-jsonl")) throw usageError("there is no .beads/issues.jsonl to import");
  if (!existsSync(join(cwd, ".git"))) return undefined;
  const { findSyncedBeads } = await import("../../../core/ledger/sync/sync-scope.ts");
  return findSyncedBeads({ repository: cwd });
}

/** The prefix that most of the ids have. */
function commonPrefix(text: string | undefined): string | undefined {
  const counts = new Map<string, number>();
  for (const [, id = ""] of (text ?? "").matchAll(/^\{(?:"_type":"issue",)?"id":"([^"]+)"/gm)) {
    const prefix = guessPrefix(id);
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

async function takeIn(
  { out, flags, cwd }: CommandContext,
  ledger: SqliteLedger,
  text: string,
): Promise<void> {
  const { importText } = await import("../../../core/ledger/jsonl/import-records.ts");
  const report = await importText(ledger, text, {
    actor: "system",
    now: ledger.clock.now(),
    scope: "local",
    allowForeign: true,
    skipInvalid: true,
  });
  for (const warning of report.warnings) out.warn(warning);
  // Standing on the commit that the beads came from, the first merge knows what was there before.
  if (existsSync(join(cwd, ".git")) && !flags.boolean("from-jsonl")) {
    const { syncScope } = await import("../../../core/ledger/sync/sync-scope.ts");
    const path = join(cwd, ".beads", "issues.jsonl");
    await syncScope(ledger, { scope: "local", path, repository: cwd, actor: "system", skipPush: true });
  }
  if (report.invalid.length > 0)
    out.warn(`${report.invalid.length} line(s) could not be read: bd import --skip-invalid`);
  out.note(`Imported ${report.created} issues`);
}

async function checkReinitialising({ flags }: CommandContext, path: string): Promise<void> {
  const already = new GtError("E_REFUSED", `already initialized: ${path}`, { hint: "bd where" });
  if (!flags.boolean("force")) throw already;
  const ledger = await openLedger({ path });
  try {
    if ((await ledger.count({})) === 0) return;
  } finally {
    await ledger.close();
  }
  throw new GtError("E_REFUSED", `${path} holds beads; bd init never deletes any`, { hint: "bd list --all" });
}

/** `My Project_2` becomes `my-project-2` (spec/01 §8.3). */
export function defaultPrefix(directory: string): string {
  const prefix = directory
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+/, "")
    .slice(0, 20)
    .replace(/-+$/, "");
  return prefix === "" ? "bd" : prefix;
}

function writeWhenMissing(file: string, text: string): void {
  if (!existsSync(file)) writeFileSync(file, text);
}

function hideFromGit(cwd: string): void {
  const git = join(cwd, ".git");
  if (!statSync(git, { throwIfNoEntry: false })?.isDirectory()) return;
  const file = join(git, "info", "exclude");
  mkdirSync(join(git, "info"), { recursive: true });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!/^\.beads\/$/m.test(text))
    appendFileSync(file, `${text === "" || text.endsWith("\n") ? "" : "\n"}.beads/\n`);
}

/** The marked block of `bd onboard`, added once; a person's own text stays as it is. */
function writeAgentsBlock(file: string): void {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text.includes("<!-- BEGIN BEADS -->")) return;
  const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  appendFileSync(file, `${gap}${agentsBlock}\n`);
}
