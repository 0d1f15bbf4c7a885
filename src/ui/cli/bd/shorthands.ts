import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { eachBead, reread } from "./each-bead.ts";
import { rememberTouched } from "./last-touched.ts";
import { parsePriority } from "./priority.ts";
import { parseTime } from "./time-expression.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd defer` (spec/01 §4.5). */
export async function defer(context: CommandContext): Promise<void> {
  const { flags } = context;
  const until = flags.string("until");
  await changeEach(context, {
    words: context.args,
    prepare: (workspace) => (until === undefined ? undefined : parseTime(until, workspace.now)),
    operations(bead, time, workspace) {
      const isFuture = time === undefined || time > workspace.now;
      const fields = {
        ...(isFuture ? { status: "deferred" } : {}),
        ...(time === undefined ? {} : { deferUntil: time }),
      };
      return [
        { op: "update", id: bead.id, fields },
        ...(isFuture
          ? beadEvent(bead, "update", {
              bead: bead.id,
              status: "deferred",
              from: bead.status,
              fields: ["status"],
            })
          : []),
      ];
    },
    feedback: (bead, workspace) => `* Deferred ${nameBead(bead, workspace)}`,
  });
}

/** `bd undefer`. */
export async function undefer(context: CommandContext): Promise<void> {
  await changeEach(context, {
    words: context.args,
    skip: (bead) =>
      bead.status === "deferred" || bead.deferUntil !== undefined ? undefined : `${bead.id} is not deferred`,
    operations: (bead) => [
      {
        op: "update",
        id: bead.id,
        fields: { ...(bead.status === "deferred" ? { status: "open" } : {}), deferUntil: null },
      },
    ],
    feedback: (bead, workspace) => `✓ Undeferred ${nameBead(bead, workspace)}`,
  });
}

/** `bd pin`: stays open as context and blocks nobody. */
export async function pin(context: CommandContext): Promise<void> {
  await changeEach(context, {
    words: context.args,
    operations: (bead) => [
      { op: "update", id: bead.id, fields: { status: "pinned" } },
      ...beadEvent(bead, "pin", { bead: bead.id, on: true }),
    ],
    feedback: (bead, workspace) => `📌 Pinned ${nameBead(bead, workspace)}`,
  });
}

/** `bd unpin`. */
export async function unpin(context: CommandContext): Promise<void> {
  await changeEach(context, {
    words: context.args,
    skip: (bead) => (bead.pinned || bead.status === "pinned" ? undefined : `${bead.id} is not pinned`),
    operations: (bead) => [
      {
        op: "update",
        id: bead.id,
        fields: bead.status === "pinned" ? { status: "open" } : { pinned: false },
      },
      ...beadEvent(bead, "pin", { bead: bead.id, on: false }),
    ],
    feedback: (bead, workspace) => `✓ Unpinned ${nameBead(bead, workspace)}`,
  });
}

/** `bd assign X who`; an empty name unassigns. */
export async function assign(context: CommandContext): Promise<void> {
  const [id = "", who = ""] = context.args;
  await changeOne(context, id, () => [{ op: "update", id: "", fields: { assignee: who } }]);
}

/** `bd priority X n`. */
export async function priority(context: CommandContext): Promise<void> {
  const [id = "", level = ""] = context.args;
  const wanted = parsePriority(level);
  await changeOne(context, id, () => [{ op: "update", id: "", fields: { priority: wanted } }]);
}

/** `bd tag X label`. */
export async function tag(context: CommandContext): Promise<void> {
  const [id = "", label = ""] = context.args;
  await changeOne(context, id, () => [{ op: "addLabel", id: "", label }]);
}

/** `bd note X text..`: added to the notes, on a line of its own. */
export async function note(context: CommandContext): Promise<void> {
  const [id = "", ...words] = [...context.args, ...context.rest];
  const given = words.join(" ");
  const text =
    given === "-" || (given === "" && context.flags.boolean("stdin")) ? await context.input() : given;
  if (text.trim() === "") throw usageError("the note is empty", { hint: 'bd note <id> "text"' });
  await changeOne(context, id, (bead) => [
    { op: "update", id: "", fields: { notes: bead.notes === "" ? text : `${bead.notes}\n${text}` } },
  ]);
}

interface EachChange<T> {
  readonly words: readonly string[];
  prepare?(workspace: Workspace): T;
  /** Why nothing is to be done for this bead. */
  skip?(bead: Bead): string | undefined;
  operations(bead: Bead, prepared: T | undefined, workspace: Workspace): readonly Operation[];
  feedback(bead: Bead, workspace: Workspace): string;
}

async function changeEach<T>(context: CommandContext, change: EachChange<T>): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const prepared = change.prepare?.(workspace);
  const lines: string[] = [];
  const changed = await eachBead(context, workspace, change.words, async (bead) => {
    const why = change.skip?.(bead);
    if (why !== undefined) {
      out.error(why);
      return bead;
    }
    await workspace.write(change.operations(bead, prepared, workspace));
    rememberTouched(workspace, bead.id);
    const after = await reread(workspace, bead.id);
    lines.push(change.feedback(after, workspace));
    return after;
  });
  out.document(changed.map((bead) => beadJson(bead)));
  for (const line of lines) out.line(line);
}

/** One bead, one change; the operations get the bead's id filled in. */
async function changeOne(
  context: CommandContext,
  input: string,
  operations: (bead: Bead) => readonly (Operation & { readonly id: string })[],
): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const [changed] = await eachBead(context, workspace, [input], async (bead) => {
    await workspace.write([
      ...operations(bead).map((operation) => ({ ...operation, id: bead.id })),
      ...beadEvent(bead, "update", { bead: bead.id, fields: [context.words[0] ?? ""] }),
    ]);
    rememberTouched(workspace, bead.id);
    return reread(workspace, bead.id);
  });
  if (changed === undefined) return;
  out.document(beadJson(changed));
  if (!out.json) out.done(`Updated issue: ${nameBead(changed, workspace)}`);
}
