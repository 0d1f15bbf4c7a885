import { formatTime } from "../../../core/clock.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { Change, ChangeOptions } from "../../../core/ledger/ledger.ts";
import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { changeJson } from "./bead-json.ts";
import { globToRegExp } from "../../../core/glob.ts";
import { parseTime } from "./time-expression.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd changes --since N`: a page of the change feed; `--follow` goes on, one event per line (spec/01 §10.3). */
export async function changes(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const since = flags.integer("since") ?? 0;
  const limit = flags.integer("limit") ?? 500;
  if (since < 0 || limit < 0) throw usageError("--since and --limit cannot be negative");
  const workspace = await openWorkspace(context);
  if (flags.boolean("follow")) {
    await follow(context, workspace, since, {}, () => true);
    return;
  }
  const page = await workspace.ledger.changes(since, { limit });
  out.document({ from: page.from, to: page.to, reset: page.reset, changes: page.changes.map(changeJson) });
  for (const change of page.changes) out.line(`${change.seq} ${changeLine(change, titles)}`);
}

/** `bd activity`: what happened, newest last; `--follow` within half a second. */
export async function activity(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const issue = flags.string("issue");
  const options: ChangeOptions = {
    limit: 0,
    ...(issue === undefined ? {} : { bead: await workspace.resolve(issue) }),
    ...(flags.strings("type").length > 0 ? { types: flags.strings("type") } : {}),
    ...(workspace.readScope === undefined ? {} : { scopes: [workspace.readScope] }),
  };
  const actor = flags.has("actor") ? globToRegExp(flags.string("actor") ?? "") : undefined;
  const since = flags.since("since");
  const holds = (change: Change) =>
    (actor === undefined || actor.test(change.actor)) && (since === undefined || change.createdAt >= since);
  const limit = flags.integer("limit") ?? 50;
  const head = await workspace.ledger.head();
  // Recent rows first: the feed of an old ledger is long.
  const recent =
    since === undefined && issue === undefined ? Math.max(0, head - 20 * Math.max(limit, 50)) : 0;
  const found = (await workspace.ledger.changes(recent, options)).changes.filter(holds);
  const shown = limit === 0 ? found : found.slice(-limit);
  if (out.json) for (const change of shown) out.record(changeJson(change));
  else {
    const named = await titlesOf(workspace, shown);
    for (const change of shown) out.line(changeLine(change, named));
    if (shown.length === 0 && !flags.boolean("follow")) out.line("No activity");
  }
  if (flags.boolean("follow")) await follow(context, workspace, head, options, holds);
}

/** `bd history X`: its changes, newest first. */
export async function history(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const workspace = await openWorkspace(context);
  const bead = await workspace.resolve(args[0] ?? "");
  const all = (await workspace.ledger.changes(0, { limit: 0, bead })).changes.toReversed();
  const limit = flags.integer("limit") ?? 0;
  const shown = limit > 0 ? all.slice(0, limit) : all;
  out.document(
    shown.map((change) => ({
      seq: change.seq,
      at: formatTime(change.createdAt),
      actor: change.actor,
      event_type: change.type,
      changes: fieldChanges(change),
      ...(change.comment ? { comment: change.comment } : {}),
    })),
  );
  for (const change of shown) {
    const fields = Object.entries(fieldChanges(change)).map(
      ([name, [old, now]]) => `${name}: ${short(old)} → ${short(now)}`,
    );
    out.line(
      sanitiseLine(
        `${formatTime(change.createdAt)} ${change.actor} ${change.type} ${fields.join(", ")}`.trimEnd(),
      ),
    );
  }
}

/** `bd audit`: events by actor, bead, type, time and field. */
export async function audit(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const issue = flags.string("issue");
  const types = flags.strings("type");
  const page = await workspace.ledger.changes(0, {
    limit: 0,
    ...(issue === undefined ? {} : { bead: await workspace.resolve(issue) }),
    ...(types.length > 0 ? { types } : {}),
  });
  const actor = flags.has("actor") ? globToRegExp(flags.string("actor") ?? "") : undefined;
  const since = timeOf(flags.string("since"), workspace);
  const until = timeOf(flags.string("until"), workspace);
  const field = flags.string("field");
  const found = page.changes.filter(
    (change) =>
      (actor === undefined || actor.test(change.actor)) &&
      (since === undefined || change.createdAt >= since) &&
      (until === undefined || change.createdAt <= until) &&
      (field === undefined || field in fieldChanges(change)),
  );
  const limit = flags.integer("limit") ?? 100;
  const shown = limit === 0 ? found : found.slice(-limit);
  out.document(shown.map(changeJson));
  if (shown.length === 0) out.line("No events");
  for (const change of shown)
    out.line(`${formatTime(change.createdAt)} ${sanitiseLine(change.actor)} ${changeLine(change, titles)}`);
}

/** A date flag that means the past: a bare duration is that long ago. */
function timeOf(text: string | undefined, { now }: Workspace): number | undefined {
  if (text === undefined) return undefined;
  return parseTime(/^\d+(?:min|[shdwmy])$/.test(text.trim()) ? `-${text.trim()}` : text, now);
}

async function follow(
  context: CommandContext,
  workspace: Workspace,
  since: number,
  options: ChangeOptions,
  holds: (change: Change) => boolean,
): Promise<void> {
  const { out } = context;
  const signal = context.untilSignal();
  let seen = since;
  let queue = Promise.resolve();
  const read = async () => {
    const page = await workspace.ledger.changes(seen, { ...options, limit: 0 });
    seen = page.to;
    const fresh = page.changes.filter(holds);
    const named = out.json ? titles : await titlesOf(workspace, fresh);
    for (const change of fresh) {
      if (out.json || context.words[0] === "changes") out.record(changeJson(change));
      else out.line(changeLine(change, named));
    }
  };
  const enqueue = () => {
    queue = queue.then(read);
  };
  const watcher = watchLedger(workspace.ledger, enqueue);
  enqueue();
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await watcher.close();
  await queue;
}

const titles: ReadonlyMap<string, string> = new Map();

async function titlesOf(
  { ledger }: Workspace,
  list: readonly Change[],
): Promise<ReadonlyMap<string, string>> {
  const beads = await ledger.getMany([...new Set(list.map((change) => change.beadId))]);
  return new Map([...beads].map(([id, bead]) => [id, bead.title]));
}

/** `[HH:MM:SS] SYM ID action · title`. */
function changeLine(change: Change, named: ReadonlyMap<string, string>): string {
  const time = new Date(change.createdAt).toTimeString().slice(0, 8);
  const title = named.get(change.beadId) ?? String(change.newValue?.["title"] ?? "");
  const action = change.type.replaceAll("_", " ");
  return `[${time}] ${symbolOf(change)} ${change.beadId} ${action}${title === "" ? "" : ` · ${sanitiseLine(title)}`}`;
}

function symbolOf(change: Change): string {
  if (change.type === "created" || change.type === "imported") return "+";
  if (change.type === "closed") return change.newValue?.["outcome"] === "failure" ? "✗" : "✓";
  if (change.type === "deleted") return "⊘";
  return change.newValue?.["status"] === "pinned" ? "📌" : "→";
}

function fieldChanges({
  oldValue = {},
  newValue = {},
}: Change): Readonly<Record<string, readonly [unknown, unknown]>> {
  const names = new Set([...Object.keys(oldValue), ...Object.keys(newValue)]);
  return Object.fromEntries(
    [...names].map((name) => [name, [oldValue[name] ?? null, newValue[name] ?? null]]),
  );
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
