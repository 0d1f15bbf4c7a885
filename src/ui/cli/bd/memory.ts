import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd remember "text"` (spec/01 §10.8): a note that `bd prime` shows; the same key is updated. */
export async function remember(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const given = [...context.args, ...context.rest].join(" ");
  const text = given === "-" ? await context.input() : given;
  if (text.trim() === "") throw usageError("the text is empty", { hint: 'bd remember "text"' });
  const key = flags.string("key") || keyOf(text);
  const workspace = await openWorkspace(context);
  const known = (await workspace.ledger.values("memory")).has(key);
  await workspace.write([{ op: "putValue", namespace: "memory", key, value: text }]);
  out.document({ key, value: text, action: known ? "updated" : "added" });
  if (!out.json) out.done(`${known ? "Updated" : "Remembered"} ${sanitiseLine(key)}`);
}

function keyOf(text: string): string {
  const words = text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}\s-]/gu, "")
    .split(/[\s-]+/)
    .filter((word) => word !== "");
  return words.slice(0, 6).join("-").slice(0, 60) || "note";
}

/** `bd memories [search]`. */
export async function memories(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const wanted = context.args.join(" ").toLowerCase();
  const found = [...(await ledger.values("memory"))]
    .filter(([key, value]) => `${key}\n${value}`.toLowerCase().includes(wanted))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  out.document(Object.fromEntries(found));
  if (found.length === 0)
    out.line(wanted === "" ? "No memories" : `No memories matching "${sanitiseLine(wanted)}"`);
  for (const [key, value] of found) {
    out.line(out.style.bold(sanitiseLine(key)));
    for (const line of sanitise(value).split("\n")) out.line(`  ${line}`);
  }
}

/** `bd recall k`. */
export async function recall(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const key = args[0] ?? "";
  const value = await storedValue(await openWorkspace(context), "memory", key);
  if (value === undefined) throw missing("memory", key, "bd memories");
  out.document({ key, value });
  out.line(sanitise(value));
}

/** `bd forget k`. */
export async function forget(context: CommandContext): Promise<void> {
  await remove(context, "memory", "bd memories");
}

/** `bd kv set k v`. */
export async function set(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const [key = "", given = ""] = args;
  if (key === "") throw usageError("the key is empty");
  const value = given === "-" ? await context.input() : given;
  const workspace = await openWorkspace(context);
  await workspace.write([{ op: "putValue", namespace: "kv", key, value }]);
  out.document({ key, value });
  if (!out.json) out.done(`Set ${sanitiseLine(key)}`);
}

/** `bd kv get k`: a missing key ends with exit code 1. */
export async function get(context: CommandContext): Promise<number> {
  const { args, out } = context;
  const key = args[0] ?? "";
  const value = await storedValue(await openWorkspace(context), "kv", key);
  out.document({ key, value: value ?? "", found: value !== undefined });
  if (value !== undefined) out.line(sanitise(value));
  else if (!out.json) out.error(`${sanitiseLine(key)} (not set)`);
  return value === undefined ? 1 : 0;
}

/** `bd kv clear k`. */
export async function clear(context: CommandContext): Promise<void> {
  await remove(context, "kv", "bd kv list");
}

/** `bd kv list`. */
export async function list(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const entries = [...(await ledger.values("kv"))].toSorted(([a], [b]) => (a < b ? -1 : 1));
  out.document(Object.fromEntries(entries));
  if (entries.length === 0) out.line("No values");
  for (const [key, value] of entries) out.line(`${sanitiseLine(key)} = ${sanitiseLine(value)}`);
}

async function remove(context: CommandContext, namespace: string, hint: string): Promise<void> {
  const { args, out } = context;
  const key = args[0] ?? "";
  const workspace = await openWorkspace(context);
  if ((await storedValue(workspace, namespace, key)) === undefined) throw missing(namespace, key, hint);
  await workspace.write([{ op: "putValue", namespace, key, value: null }]);
  out.document({ key, deleted: "true" });
  if (!out.json) out.done(`Removed ${sanitiseLine(key)}`);
}

async function storedValue(
  { ledger }: Workspace,
  namespace: string,
  key: string,
): Promise<string | undefined> {
  return (await ledger.values(namespace)).get(key);
}

function missing(namespace: string, key: string, hint: string): GtError {
  return new GtError(
    "E_NO_VALUE",
    `no ${namespace === "kv" ? "value" : "memory"} named "${sanitiseLine(key)}"`,
    { hint },
  );
}
