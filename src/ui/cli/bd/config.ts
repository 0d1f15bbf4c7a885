import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "../../../core/gt-error.ts";
import { nearestNames } from "../../../core/nearest-name.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { writeFileAtomic } from "../../../core/town/write-file.ts";
import type { CommandContext } from "../command.ts";
import { invalid } from "./content.ts";
import {
  changedSettingsText,
  defaultSettings,
  isLedgerKey,
  Settings,
} from "../../../core/ledger/settings.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const choices: Readonly<Record<string, readonly string[]>> = {
  "validation.on-create": ["none", "warn", "error"],
  "validation.on-close": ["none", "warn", "error"],
  "sync.mode": ["branch", "ref", "worktree", "off"],
  "import.orphan-handling": ["allow", "strict", "skip", "resurrect"],
  "storage.synchronous": ["normal", "full"],
};

/** `bd config set k v` (spec/01 §10.9). */
export async function set(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const [key = "", value = ""] = args;
  const workspace = await openWorkspace(context);
  await changeSetting(context, workspace, key, value);
  out.document({ key, value });
  if (!out.json) out.done(`Set ${sanitiseLine(key)} = ${sanitiseLine(value)}`);
}

/** `bd config set-many k=v ..`: all keys are checked before the first is written. */
export async function setMany(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const pairs = args.map((part) => {
    const equals = part.indexOf("=");
    if (equals <= 0) throw usageError(`"${sanitiseLine(part)}" is not key=value`);
    return [part.slice(0, equals), part.slice(equals + 1)] as const;
  });
  for (const [key, value] of pairs) check(key, value);
  const workspace = await openWorkspace(context);
  for (const [key, value] of pairs) await changeSetting(context, workspace, key, value);
  out.document(Object.fromEntries(pairs));
  if (!out.json)
    for (const [key, value] of pairs) out.done(`Set ${sanitiseLine(key)} = ${sanitiseLine(value)}`);
}

/** `bd config unset k`. */
export async function unset(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const key = args[0] ?? "";
  const workspace = await openWorkspace(context);
  await changeSetting(context, workspace, key, null);
  out.document({ key, value: "" });
  if (!out.json) out.done(`Unset ${sanitiseLine(key)}`);
}

/** `bd config get k`. */
export async function get(context: CommandContext): Promise<void> {
  const { args, out, env } = context;
  const key = args[0] ?? "";
  const setting = (await Settings.read(await openWorkspace(context), env)).get(key);
  out.document({ key, value: setting?.value ?? "" });
  out.line(setting === undefined ? `${sanitiseLine(key)} (not set)` : sanitiseLine(setting.value));
}

/** `bd config list`: what is set. */
export async function list(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const settings = (await Settings.read(await openWorkspace(context), env)).all({ withDefaults: false });
  out.document(Object.fromEntries(settings.map(({ key, value }) => [key, value])));
  if (settings.length === 0) out.line("Nothing is set");
  for (const { key, value } of settings) out.line(`${sanitiseLine(key)} = ${sanitiseLine(value)}`);
}

/** `bd config show`: every key with the place that its value comes from. */
export async function show(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const settings = (await Settings.read(await openWorkspace(context), env)).all({ withDefaults: true });
  out.document(settings);
  out.table(
    ["KEY", "VALUE", "FROM"],
    settings.map(({ key, value, source }) => [sanitiseLine(key), sanitiseLine(value), source]),
  );
}

function check(key: string, value: string): void {
  const isKey = /^[A-Za-z][A-Za-z0-9_.-]*$/.test(key) || /^directory\.labels\.[^\s=:]+$/.test(key);
  if (!isKey) throw usageError(`"${sanitiseLine(key)}" is not a key`);
  const allowed = choices[key];
  if (allowed !== undefined && !allowed.includes(value)) {
    throw invalid(`invalid value "${sanitiseLine(value)}" for ${key} (valid: ${allowed.join(", ")})`);
  }
}

/** Sets or, with null, removes a key where it lives: in the database or in `config.yaml`. */
export async function changeSetting(
  { out }: CommandContext,
  workspace: Workspace,
  key: string,
  value: string | null,
): Promise<void> {
  check(key, value ?? choices[key]?.[0] ?? "");
  if (isLedgerKey(key)) {
    await workspace.write([{ op: "setConfig", key, value }]);
    return;
  }
  const isKnown =
    key in defaultSettings ||
    /^(?:custom|export|doctor\.suppress|directory\.labels|external_projects|git|routing)\b/.test(key);
  if (!isKnown) {
    const [near] = nearestNames(key, Object.keys(defaultSettings));
    out.warn(
      `unknown setting "${sanitiseLine(key)}"${near === undefined ? "" : ` (did you mean "${near}"?)`}`,
    );
  }
  const file = join(workspace.beadsDir, "config.yaml");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  await writeFileAtomic(file, changedSettingsText(text, key, value));
  // The engine reads this key where it writes, so the database holds a copy.
  if (key === "hierarchy.max-depth") {
    await workspace.write([{ op: "setConfig", key, value }]);
  }
}
