import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import {
  beadDep,
  beadJson,
  commentJson,
  type EdgeIndex,
  edgeIndex,
  type Json,
  parentIn,
  shallowBeadDep,
} from "./bead-json.ts";
import { agentOfBead } from "./agent-of-bead.ts";
import { readTouched, rememberTouched } from "./last-touched.ts";
import { resolveBeads } from "./resolve-beads.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd show` (spec/01 §10.3). Ids that are not found are told one by one; only when none is found does it fail. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const inputs = [...context.args, ...context.rest, ...flags.strings("id")];
  if (flags.boolean("current")) inputs.push(await currentBead(workspace));
  if (inputs.length === 0) throw usageError("missing argument <id>", { hint: "bd show <id>" });
  const { beads, failures } = await resolveBeads(workspace, inputs);
  if (beads.length === 0 && failures[0] !== undefined) {
    for (const failure of failures.slice(1)) out.note(failure.message);
    throw failures[0];
  }
  for (const failure of failures) out.error(failure.message);
  const last = beads.at(-1);
  if (last !== undefined) rememberTouched(workspace, last.id);
  if (flags.boolean("watch")) {
    const { watchList } = await import("./watch-list.ts");
    await watchList(context, workspace, async () => {
      const now = await workspace.ledger.getMany(beads.map((bead) => bead.id));
      await show(context, workspace, [...now.values()]);
    });
    return 0;
  }
  await show(context, workspace, beads);
  return 0;
}

/** What the actor works on: in progress, else hooked, else touched last. */
async function currentBead(workspace: Workspace): Promise<string> {
  for (const status of ["in_progress", "hooked"]) {
    const [bead] = await workspace.ledger.find({
      status,
      assignee: workspace.actor,
      sort: "updated",
      limit: 1,
    });
    if (bead !== undefined) return bead.id;
  }
  const touched = readTouched(workspace);
  if (touched !== undefined) return touched;
  throw new GtError("E_NOT_FOUND", `${workspace.actor} works on nothing`, { exitCode: 3, hint: "bd ready" });
}

async function show(context: CommandContext, workspace: Workspace, beads: readonly Bead[]): Promise<void> {
  const { flags, out } = context;
  if (flags.boolean("children") || flags.boolean("refs") || flags.boolean("thread")) {
    const { showRelated } = await import("./show-related.ts");
    return showRelated(context, workspace, beads);
  }
  const edges = await edgeIndex(
    workspace.ledger,
    beads.map((bead) => bead.id),
  );
  if (out.json) {
    out.document(await Promise.all(beads.map((bead) => beadDetails(context, workspace, bead, edges))));
    return;
  }
  const { beadPage, shortLine } = await import("./bead-page.ts");
  if (flags.boolean("short")) {
    for (const bead of beads) out.line(shortLine(bead, out.style));
    return;
  }
  out.page();
  for (const [index, bead] of beads.entries()) {
    if (index > 0) out.line();
    for (const line of await beadPage(context, workspace, bead, edges)) out.line(line);
  }
}

/** The shape **BeadDetails** (spec/01 §2.5). */
async function beadDetails(
  { flags }: CommandContext,
  workspace: Workspace,
  bead: Bead,
  edges: EdgeIndex,
): Promise<Json> {
  const { ledger } = workspace;
  const own = edges.from(bead.id);
  const dependents = edges.to(bead.id);
  const others = await ledger.getMany([
    ...own.map((edge) => edge.to),
    ...dependents.map((edge) => edge.from),
  ]);
  const comments = await ledger.comments(bead.id);
  const parent = parentIn(own);
  const children = dependents
    .filter((edge) => edge.type === "parent-child")
    .map((edge) => others.get(edge.from));
  const closed = children.filter((child) => child?.status === "closed").length;
  const hasEpicCounts = bead.type === "epic" && children.length > 0;
  return {
    ...beadJson(bead, {
      inserted: {
        dependencies: own.flatMap((edge) => {
          const target = others.get(edge.to);
          return target === undefined ? [] : [beadDep(target, edge.type)];
        }),
        ...(flags.boolean("include-comments") || flags.boolean("long")
          ? { comments: comments.map(commentJson) }
          : {}),
      },
      agent: bead.type === "agent" ? await agentOfBead(workspace, bead) : undefined,
    }),
    ...(parent === undefined ? {} : { parent }),
    dependency_count: own.length,
    dependent_count: dependents.length,
    comment_count: comments.length,
    ...(flags.boolean("include-dependents") || flags.boolean("long")
      ? {
          dependents: dependents.flatMap((edge) => {
            const source = others.get(edge.from);
            return source === undefined ? [] : [shallowBeadDep(source, edge.type)];
          }),
        }
      : {}),
    ...(hasEpicCounts
      ? {
          epic_total_children: children.length,
          epic_closed_children: closed,
          epic_closeable: closed === children.length && bead.status !== "closed",
        }
      : {}),
  };
}
