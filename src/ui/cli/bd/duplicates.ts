import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { edgeIndex, parentIn } from "./bead-json.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

interface Member {
  readonly bead: Bead;
  readonly references: number;
  readonly dependents: number;
  readonly dependencies: number;
  readonly weight: number;
}

/** `bd duplicates`: open beads with the same texts; `--auto-merge` keeps the one most work hangs on (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const groups = await findGroups(workspace);
  const isMerge = flags.boolean("auto-merge") && !flags.boolean("dry-run");
  const results = isMerge ? await Promise.all(groups.map((group) => merge(workspace, group))) : [];
  out.document({
    duplicate_groups: groups.length,
    groups: groups.map(groupJson),
    ...(isMerge ? { merge_results: results } : {}),
  });
  if (groups.length === 0) out.line("No duplicates found");
  for (const group of groups) {
    const [target, ...sources] = group;
    if (target === undefined) continue;
    out.line(`${sanitiseLine(target.bead.title)}`);
    out.line(`  keep  ${target.bead.id} (weight ${target.weight})`);
    for (const source of sources)
      out.line(`  ${isMerge ? "closed" : "merge"} ${source.bead.id} (weight ${source.weight})`);
  }
}

/** Groups of two and more, the one to keep first. */
async function findGroups(workspace: Workspace): Promise<readonly (readonly Member[])[]> {
  const { ledger, readScope } = workspace;
  const beads = await ledger.find({
    notStatus: "closed",
    ephemeral: false,
    template: false,
    notType: ["agent", "role", "rig", "message", "event", "gate"],
    ...(readScope === undefined ? {} : { scope: readScope }),
  });
  const keyOf = (bead: Bead) =>
    JSON.stringify([bead.title, bead.description, bead.design, bead.acceptanceCriteria, bead.status]);
  const alike = [...Map.groupBy(beads, keyOf).values()].filter((group) => group.length > 1);
  const edges = await edgeIndex(
    ledger,
    alike.flat().map((bead) => bead.id),
  );
  return alike.map((group) =>
    group
      .map((bead): Member => {
        const dependents = edges.to(bead.id).length;
        const dependencies = edges.from(bead.id).length;
        const references = beads.filter((other) => other.id !== bead.id && mentions(other, bead.id)).length;
        return { bead, references, dependents, dependencies, weight: 3 * dependents + dependencies };
      })
      .toSorted(
        (a, b) => b.weight - a.weight || b.references - a.references || (a.bead.id < b.bead.id ? -1 : 1),
      ),
  );
}

function mentions(bead: Bead, id: string): boolean {
  return `${bead.description}\n${bead.design}\n${bead.notes}`.includes(id);
}

function groupJson(group: readonly Member[]) {
  const [target, ...sources] = group;
  const ids = sources.map((source) => source.bead.id);
  return {
    title: target?.bead.title ?? "",
    issues: group.map((member, index) => ({
      id: member.bead.id,
      title: member.bead.title,
      status: member.bead.status,
      priority: member.bead.priority,
      references: member.references,
      dependents: member.dependents,
      dependencies: member.dependencies,
      weight: member.weight,
      is_merge_target: index === 0,
    })),
    suggested_target: target?.bead.id ?? "",
    suggested_sources: ids,
    suggested_action: `bd duplicate ${ids[0] ?? ""} --of ${target?.bead.id ?? ""}`,
    note: "same title, description, design, acceptance criteria and status",
  };
}

/** Children move to the kept bead, the others are closed as its duplicates. */
async function merge(workspace: Workspace, group: readonly Member[]) {
  const [target, ...sources] = group;
  if (target === undefined) return {};
  const to = target.bead.id;
  const edges = await edgeIndex(
    workspace.ledger,
    sources.map((source) => source.bead.id),
  );
  const operations = sources.flatMap(({ bead }): readonly Operation[] => {
    const children = edges.to(bead.id).filter((edge) => edge.type === "parent-child" && edge.from !== to);
    return [
      ...children.map((edge): Operation => ({ op: "setParent", id: edge.from, parent: to })),
      ...(parentIn(edges.from(bead.id)) === to
        ? []
        : [{ op: "addDependency", edge: { from: bead.id, to, type: "related" } } as const]),
      { op: "close", id: bead.id, close: { reason: `duplicate of ${to}`, outcome: "skipped", force: true } },
    ];
  });
  await workspace.write(operations);
  return { target: to, closed: sources.map((source) => source.bead.id) };
}
