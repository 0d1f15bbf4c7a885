import { usageError } from "../../../core/gt-error.ts";
import { namedBead } from "../../../core/ledger/named-bead.ts";
import type { NewBead } from "../../../core/ledger/operation.ts";
import { canonicalType } from "../../../core/ledger/bead-types.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { eachBead, reread } from "./each-bead.ts";
import { rememberTouched } from "./last-touched.ts";
import { parsePriority } from "./priority.ts";
import { showList } from "./list.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd q <title>`: prints only the id (spec/01 §10.2). */
export async function create(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const id = await createBead(workspace, {
    title: titleOf(context),
    type: canonicalType(flags.string("type") ?? "task"),
    priority: parsePriority(flags.string("priority") ?? "2"),
    labels: flags.strings("labels"),
  });
  out.document({ id });
  out.line(id);
}

/** `bd todo add <title>`: a task for the caller. */
export async function todoAdd(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const id = await createBead(workspace, {
    title: titleOf(context),
    description: flags.string("description") ?? "",
    priority: parsePriority(flags.string("priority") ?? "2"),
    assignee: workspace.actor,
  });
  const bead = await reread(workspace, id);
  out.document(beadJson(bead));
  if (!out.json) out.done(`Added ${nameBead(bead, workspace)}`);
}

/** `bd todo [list]`. */
export async function todoList(context: CommandContext): Promise<void> {
  const { flags } = context;
  const workspace = await openWorkspace(context);
  const beads = await workspace.ledger.find({
    type: "task",
    assignee: workspace.actor,
    ephemeral: false,
    template: false,
    ...(flags.boolean("all") ? {} : { notStatus: "closed" }),
  });
  await showList(context, workspace, beads, { empty: "Nothing to do" });
}

/** `bd todo done <id>...`. */
export async function todoDone(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const reason = flags.string("reason") ?? "Done";
  const closed = await eachBead(context, workspace, context.args, async (bead) => {
    await workspace.write([
      { op: "close", id: bead.id, close: { reason } },
      ...beadEvent(bead, "complete", { bead: bead.id, title: bead.title, reason }),
    ]);
    return bead;
  });
  out.document({ closed: closed.map((bead) => bead.id), reason });
  if (!out.json) for (const bead of closed) out.done(`Done: ${nameBead(bead, workspace)}`);
}

function titleOf(context: CommandContext): string {
  const title = [...context.args, ...context.rest].join(" ");
  if (title.trim() === "")
    throw usageError("title is required", { hint: `bd ${sanitiseLine(context.words.join(" "))} "title"` });
  return title;
}

async function createBead(workspace: Workspace, bead: NewBead): Promise<string> {
  const payload = {
    bead: namedBead("bead"),
    title: bead.title.trim(),
    issue_type: bead.type ?? "task",
    priority: bead.priority ?? 2,
  };
  const { named } = await workspace.write([
    { op: "create", as: "bead", bead },
    ...beadEvent({ type: bead.type ?? "task", ephemeral: false }, "create", payload),
  ]);
  const id = named["bead"] ?? "";
  rememberTouched(workspace, id);
  return id;
}
