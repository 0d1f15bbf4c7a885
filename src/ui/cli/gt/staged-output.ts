import type { StagedConvoy } from "../../../agents/lifecycle/stage-convoy.ts";
import type { Finding } from "../../../core/convoys/stage.ts";
import type { TreeNode } from "../../../core/convoys/stage-tree.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { resolveAll } from "./convoy-create.ts";

/** Stages what the words name; an error of the collection is in the result, not thrown. */
export async function stage(context: CommandContext, label?: string): Promise<StagedConvoy> {
  const access = await context.access();
  const { stageConvoy } = await import("../../../agents/lifecycle/stage-convoy.ts");
  const ids = await resolveAll(context, context.args);
  const beads = await access.ledger.getMany(ids);
  const title = context.flags.string("title");
  return stageConvoy(access, {
    inputs: ids.flatMap((id) => beads.get(id) ?? []),
    ...(title === undefined ? {} : { title }),
    ...(label === undefined ? {} : { label }),
  });
}

const shownOverlaps = 5;

/** The staging for a person; the way on is left out where it is launched right away. */
export function printStaged(
  out: Output,
  { staging, convoy, restaged }: StagedConvoy,
  options: { readonly isLaunched?: boolean } = {},
): void {
  const { waves, gated } = staging.waves;
  const titles = new Map(staging.tasks.map((task) => [task.id, task] as const));
  if (convoy !== undefined)
    out.line(`🚚 ${convoy.id} "${sanitiseLine(convoy.title)}" ${restaged ? "staged again" : "staged"}`);
  for (const line of treeLines(staging)) out.line(line);
  out.table(
    ["WAVE", "ID", "TITLE", "RIG", "BLOCKED BY"],
    waves.flatMap((wave, index) =>
      wave.map((id) => [
        String(index + 1),
        id,
        sanitiseLine(titles.get(id)?.title ?? ""),
        titles.get(id)?.scope ?? "",
        (staging.waves.waitsFor.get(id) ?? []).join(", "),
      ]),
    ),
  );
  const widest = Math.max(0, ...waves.map((wave) => wave.length));
  const total = waves.flat().length;
  out.line(
    `${total} tasks across ${waves.length} waves (max parallelism: ${widest} in wave ${waves.findIndex((wave) => wave.length === widest) + 1})`,
  );
  for (const [id, by] of gated) out.line(`◌ ${id} waits for ${by.join(", ")}`);
  const findings = [...staging.errors, ...staging.warnings];
  for (const [index, finding] of findings.entries()) printFinding(out, index + 1, finding);
  for (const { beads, files } of staging.overlaps.slice(0, shownOverlaps))
    out.line(
      `~ ${beads.join(" and ")} will likely touch the same files and may conflict: ${sanitiseLine(files.join(", "))}; bd dep add ${beads[1]} ${beads[0]} puts them in a row`,
    );
  for (const { bead, with: other, files } of staging.meetings.slice(0, shownOverlaps))
    out.line(`~ ${bead} will likely touch what ${other} is changing now: ${sanitiseLine(files.join(", "))}`);
  const more = [staging.overlaps, staging.meetings].reduce(
    (sum, { length }) => sum + Math.max(0, length - shownOverlaps),
    0,
  );
  if (more > 0) out.line(`~ and ${more} more pairs (--json)`);
  if (convoy !== undefined && options.isLaunched !== true)
    out.next(`gt convoy launch ${convoy.id}${staging.warnings.length > 0 ? " --force" : ""}`);
}

/** The hierarchy of an epic; the tasks of a flat list are all in the table already. */
function treeLines({ tree, waves }: StagedConvoy["staging"]): readonly string[] {
  if (tree.every((node) => node.children.length === 0)) return [];
  const lines: string[] = [];
  const add = (nodes: readonly TreeNode[], indent: string): void => {
    for (const [index, node] of nodes.entries()) {
      const isLast = index === nodes.length - 1;
      const needs = waves.waitsFor.get(node.id) ?? [];
      const blocked = needs.length === 0 ? "" : ` ← blocked by: ${needs.join(", ")}`;
      lines.push(
        `${indent}${isLast ? "└── " : "├── "}${node.id} [${node.type}] ${sanitiseLine(node.title)} (rig: ${node.rig}) [${node.status}]${blocked}`,
      );
      add(node.children, `${indent}${isLast ? "    " : "│   "}`);
    }
  };
  add(tree, "");
  return lines;
}

function printFinding(out: Output, number: number, finding: Finding): void {
  out.line(`${number}. [${finding.category}] ${sanitiseLine(finding.message)}`);
  if (finding.beads.length > 0) out.line(`   affected: ${finding.beads.join(", ")}`);
  out.line(`   fix: ${finding.fix}`);
}

/** The JSON form of a staging (spec/05 §7). */
export function stagingDocument({ staging, convoy, restaged }: StagedConvoy): unknown {
  const findings = (list: readonly Finding[]) =>
    list.map((finding) => ({
      category: finding.category,
      bead_ids: finding.beads,
      message: finding.message,
      suggested_fix: finding.fix,
    }));
  const tasks = new Map(staging.tasks.map((task) => [task.id, task] as const));
  return {
    status: convoy?.status ?? "error",
    convoy_id: convoy?.id ?? null,
    restaged,
    errors: findings(staging.errors),
    warnings: findings(staging.warnings),
    likely_conflicts: staging.overlaps.map(({ beads, files }) => ({ bead_ids: beads, files })),
    under_way: staging.meetings.map(({ bead, with: other, files }) => ({
      bead_id: bead,
      with: other,
      files,
    })),
    waves: staging.waves.waves.map((wave, index) => ({
      number: index + 1,
      tasks: wave.map((id) => ({
        id,
        title: tasks.get(id)?.title ?? "",
        type: tasks.get(id)?.type ?? "",
        rig: tasks.get(id)?.scope ?? "",
        blocked_by: staging.waves.waitsFor.get(id) ?? [],
      })),
    })),
    gated: [...staging.waves.gated].map(([id, by]) => ({
      id,
      title: tasks.get(id)?.title ?? "",
      type: tasks.get(id)?.type ?? "",
      gated_by: by,
    })),
    tree: staging.tree,
  };
}
