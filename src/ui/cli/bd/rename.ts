import { usageError } from "../../../core/gt-error.ts";
import { guessPrefix, prefixOfId } from "../../../core/ledger/new-id.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd rename <id> <new-id>` (spec/01 §10.4). */
export async function rename(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const workspace = await openWorkspace(context);
  const id = await workspace.resolve(args[0] ?? "");
  const to = args[1] ?? "";
  await workspace.write([{ op: "rename", id, to }]);
  out.document({ old_id: id, new_id: to });
  out.done(`Renamed ${id} to ${to}`);
}

/** `bd rename-prefix <prefix>`; `--repair` also takes in the beads whose prefix nobody has registered. */
export async function renamePrefix(context: CommandContext): Promise<void> {
  const { out, args, flags } = context;
  const workspace = await openWorkspace(context);
  const to = (args[0] ?? "").replace(/-$/, "");
  const prefixes = await workspace.ledger.prefixes();
  const from =
    flags.string("from")?.replace(/-$/, "") ??
    prefixes.find(({ scope }) => scope === workspace.scope)?.prefix;
  if (from === undefined) throw usageError(`scope ${workspace.scope} has no prefix`, { hint: "bd where" });
  const count = from === to ? 0 : await workspace.ledger.count({ idPrefix: `${from}-` });
  const strays = flags.boolean("repair")
    ? await strayBeads(workspace, [...prefixes.map(({ prefix }) => prefix), to])
    : [];
  const isDry = flags.boolean("dry-run");
  if (!isDry) {
    await workspace.write([
      { op: "renamePrefix", from, to },
      ...strays.map((id) => ({ op: "rename", id, to: `${to}${id.slice(guessPrefix(id).length)}` }) as const),
    ]);
  }
  const renamed = count + strays.length;
  out.document({ old_prefix: from, new_prefix: to, renamed, dry_run: isDry });
  if (isDry) out.line(`Would rename ${renamed} beads from ${from}- to ${to}-`);
  else if (!out.json) out.done(`Renamed ${renamed} beads from ${from}- to ${to}-`);
}

/** Beads of this scope under prefixes that nobody has registered; children follow their parents. */
async function strayBeads(
  { ledger, scope }: Workspace,
  known: readonly string[],
): Promise<readonly string[]> {
  const beads = await ledger.find({ scope });
  const stray = new Set(beads.map(({ id }) => id).filter((id) => prefixOfId(id, known) === undefined));
  return [...stray].filter((id) => !stray.has(id.slice(0, Math.max(0, id.lastIndexOf(".")))));
}
