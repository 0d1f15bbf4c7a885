import type { Bead, BeadId, Dependency } from "../ledger/bead.ts";
import { isSlingable } from "./convoy.ts";
import { declaredFiles, type FileOverlap, type FilesOf, overlapsIn } from "./file-overlap.ts";
import { stageTree, type TreeNode } from "./stage-tree.ts";
import { computeWaves, type Waves } from "./waves.ts";

export type FindingCategory =
  | "cycle"
  | "no-rig"
  | "no-tasks"
  | "orphan"
  | "blocked-rig"
  | "cross-rig"
  | "capacity"
  | "missing-branch"
  | "gated"
  | "no-description";

export interface Finding {
  readonly category: FindingCategory;
  readonly beads: readonly BeadId[];
  readonly message: string;
  readonly fix: string;
}

export interface StageInput {
  /** Everything that was collected: work and what groups it. */
  readonly beads: readonly Bead[];
  readonly edges: readonly Dependency[];
  readonly openOutside: ReadonlySet<string>;
  /** Rigs by name; `false` for one that takes no work now. */
  readonly rigs: ReadonlyMap<string, boolean>;
  /** An epic was given: beads without any edge are then a likely mistake. */
  readonly isEpic: boolean;
  /** Wave size above which a warning is given. */
  readonly capacity: number;
  /** Files that a bead is expected to touch; those that it speaks of by default. */
  readonly filesOf?: FilesOf;
  /** What is being worked on now, or waits to be merged. */
  readonly underWay?: readonly UnderWay[];
}

/** Work that has not landed, by its bead, with the files that it touches. */
export interface UnderWay {
  readonly bead: BeadId;
  readonly rig: string;
  readonly files: ReadonlySet<string>;
}

/** A task that is expected to touch what somebody is changing now. */
export interface Meeting {
  readonly bead: BeadId;
  readonly with: BeadId;
  readonly files: readonly string[];
}

export interface Staging {
  readonly tasks: readonly Bead[];
  readonly waves: Waves;
  readonly tree: readonly TreeNode[];
  /** Nothing is created while there are any. */
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** Beads of one wave that are expected to touch the same files: likely conflicts, which forbid nothing. */
  readonly overlaps: readonly FileOverlap[];
  /** The same with work that is under way, for the first wave. */
  readonly meetings: readonly Meeting[];
}

const executionEdges = new Set(["blocks", "conditional-blocks", "waits-for", "merge-blocks"]);

/** Looks at collected work as a whole before it is launched (spec/05 §7). Pure. */
export function planStaging(input: StageInput): Staging {
  const tasks = input.beads.filter(isSlingable).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const edges = input.edges.filter((edge) => executionEdges.has(edge.type));
  const waves = computeWaves({ beads: tasks, edges, openOutside: input.openOutside });
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const filesOf = input.filesOf ?? declaredFiles;
  return {
    tasks,
    waves,
    tree: stageTree(input.beads, input.edges),
    errors: [...cycleError(waves), ...noRigError(tasks, input), ...noTaskError(tasks)],
    warnings: [
      ...(input.isEpic ? orphanWarning(tasks, edges) : []),
      ...blockedRigWarning(tasks, input),
      ...crossRigWarning(tasks),
      ...capacityWarning(waves, input.capacity),
      ...branchWarning(input),
      ...gatedWarning(waves),
      ...descriptionWarning(tasks),
    ],
    overlaps: overlapsIn(waves.waves, byId, filesOf),
    meetings: (waves.waves[0] ?? []).flatMap((id) => meetingsOf(byId.get(id), filesOf, input.underWay ?? [])),
  };
}

function meetingsOf(
  bead: Bead | undefined,
  filesOf: FilesOf,
  underWay: readonly UnderWay[],
): readonly Meeting[] {
  if (bead === undefined) return [];
  const own = filesOf(bead);
  return underWay
    .filter((other) => other.rig === bead.scope && other.bead !== bead.id)
    .map((other) => ({
      bead: bead.id,
      with: other.bead,
      files: [...own].filter((file) => other.files.has(file)),
    }))
    .filter(({ files }) => files.length > 0);
}

const ids = (beads: readonly Bead[]): readonly BeadId[] => beads.map((bead) => bead.id);

function cycleError({ cycle }: Waves): readonly Finding[] {
  if (cycle === undefined) return [];
  const [first = "", second = ""] = cycle;
  return [
    {
      category: "cycle",
      beads: [...new Set(cycle)],
      message: `these wait for each other: ${cycle.join(" -> ")}`,
      fix: `bd dep remove ${first} ${second}`,
    },
  ];
}

function noRigError(tasks: readonly Bead[], { rigs }: StageInput): readonly Finding[] {
  const homeless = tasks.filter((bead) => !rigs.has(bead.scope));
  if (homeless.length === 0) return [];
  return [
    {
      category: "no-rig",
      beads: ids(homeless),
      message: "their prefix belongs to no rig",
      fix: "gt rig list",
    },
  ];
}

function noTaskError(tasks: readonly Bead[]): readonly Finding[] {
  if (tasks.length > 0) return [];
  return [
    {
      category: "no-tasks",
      beads: [],
      message: "there is no work to do",
      fix: 'bd create "..." --parent <epic>',
    },
  ];
}

function orphanWarning(
  tasks: readonly Bead[],
  edges: readonly Pick<Dependency, "from" | "to">[],
): readonly Finding[] {
  const connected = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const orphans = tasks.filter((bead) => !connected.has(bead.id));
  if (orphans.length === 0 || tasks.length === 1) return [];
  return [
    {
      category: "orphan",
      beads: ids(orphans),
      message: "nothing waits for them and they wait for nothing",
      fix: `bd dep add ${orphans[0]?.id} <blocker>`,
    },
  ];
}

function blockedRigWarning(tasks: readonly Bead[], { rigs }: StageInput): readonly Finding[] {
  const stopped = tasks.filter((bead) => rigs.get(bead.scope) === false);
  if (stopped.length === 0) return [];
  return [
    {
      category: "blocked-rig",
      beads: ids(stopped),
      message: `rig ${stopped[0]?.scope} takes no work now`,
      fix: `gt rig unpark ${stopped[0]?.scope}`,
    },
  ];
}

function crossRigWarning(tasks: readonly Bead[]): readonly Finding[] {
  const counts = new Map<string, number>();
  for (const bead of tasks) counts.set(bead.scope, (counts.get(bead.scope) ?? 0) + 1);
  const [majority] = [...counts].toSorted(
    ([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1),
  );
  const strangers = tasks.filter((bead) => bead.scope !== majority?.[0]);
  if (strangers.length === 0) return [];
  return [
    {
      category: "cross-rig",
      beads: ids(strangers),
      message: `most of the work is in ${majority?.[0]}, these are not`,
      fix: "nothing, if that is meant",
    },
  ];
}

function capacityWarning({ waves }: Waves, capacity: number): readonly Finding[] {
  return waves.flatMap((wave, index) =>
    wave.length <= capacity
      ? []
      : [
          {
            category: "capacity" as const,
            beads: wave,
            message: `wave ${index + 1} has ${wave.length} tasks, ${capacity} can run at once`,
            fix: "gt config set scheduler.max_polecats <n>",
          },
        ],
  );
}

/** Epics below the one that is staged whose work would go to the default branch piece by piece. */
function branchWarning({ beads, edges }: StageInput): readonly Finding[] {
  const parents = new Set(edges.filter((edge) => edge.type === "parent-child").map((edge) => edge.to));
  const bare = beads
    .filter((bead) => bead.type === "epic" && bead.status !== "closed" && parents.has(bead.id))
    .filter((bead) => typeof bead.metadata["integration_branch"] !== "string");
  if (bare.length === 0) return [];
  return [
    {
      category: "missing-branch",
      beads: ids(bare).toSorted(),
      message: "these epics have no integration branch; their work lands bead by bead",
      fix: `gt mq integration create ${bare[0]?.id}`,
    },
  ];
}

function gatedWarning({ gated }: Waves): readonly Finding[] {
  if (gated.size === 0) return [];
  return [
    {
      category: "gated",
      beads: [...gated.keys()].sort(),
      message: `they wait for work outside: ${[...new Set([...gated.values()].flat())].sort().join(", ")}`,
      fix: `bd show ${[...gated.values()][0]?.[0] ?? ""}`,
    },
  ];
}

function descriptionWarning(tasks: readonly Bead[]): readonly Finding[] {
  const bare = tasks.filter((bead) => bead.description.trim() === "" && bead.status !== "closed");
  if (bare.length === 0) return [];
  return [
    {
      category: "no-description",
      beads: ids(bare),
      message: "nobody could know what to do from the title alone",
      fix: `bd update ${bare[0]?.id} --description "..."`,
    },
  ];
}
