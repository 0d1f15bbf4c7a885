import { formatTime } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import { GtError } from "../gt-error.ts";
import type { ActorAddress, BeadId, Status, Time } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { NewBead, Operation } from "../ledger/operation.ts";
import { type Random, randomWord } from "../random.ts";
import type { MoleculeRecord } from "./molecule-record.ts";
import type { Proto, ProtoStep } from "./proto.ts";

export type MoleculeForm = "root-only" | "poured";

export interface PourRequest {
  readonly proto: Proto;
  readonly form: MoleculeForm;
  /** `liquid` is kept and exported, `vapor` is a wisp. */
  readonly phase: "liquid" | "vapor";
  /** Id of the root, of `newMoleculeId`, or one that says where it hangs. */
  readonly root: BeadId;
  /** `town`, a rig, or `local`. */
  readonly scope: string;
  readonly now: Time;
  /** Bead on which it guides the work. */
  readonly base?: BeadId;
  readonly assignee?: ActorAddress;
  readonly status?: Status;
  /** Bead under which the root hangs. */
  readonly parent?: BeadId;
  readonly overlay?: MoleculeRecord["overlay"];
}

export interface Pouring {
  /** One batch: the whole molecule, or nothing of it. */
  readonly operations: readonly Operation[];
  /** Step id -> bead id; of a root-only molecule the steps' names, `<root>:<step>`. */
  readonly ids: ReadonlyMap<string, BeadId>;
  /** Number of beads that it makes. */
  readonly created: number;
}

/** A free id for the root of a molecule, `<prefix>-mol-<hash>` or `<prefix>-wisp-<hash>` (spec/02 §7.2). */
export async function newMoleculeId(
  ledger: Ledger,
  random: Random,
  scope: string,
  phase: "liquid" | "vapor",
): Promise<BeadId> {
  const prefix = (await ledger.prefixes()).find((entry) => entry.scope === scope)?.prefix;
  if (prefix === undefined) throw new GtError("E_INVALID", `no prefix is registered for ${scope}`);
  for (;;) {
    const id = `${prefix}-${phase === "liquid" ? "mol" : "wisp"}-${randomWord(random, 5)}`;
    if ((await ledger.get(id)) === undefined) return id;
  }
}

/** Which form a wisp of the formula takes (spec/02 §7.3); F063 for `root-only` where steps have to be beads. */
export function wispForm(proto: Proto, wish?: MoleculeForm): MoleculeForm {
  if (wish === "root-only" && proto.needs_beads)
    throw new GtError("F063", `${proto.proto} cannot be root-only: its steps wait for something`, {
      hint: `bd mol wisp ${proto.proto}`,
      exitCode: 2,
    });
  return wish ?? (proto.pour || proto.needs_beads ? "poured" : "root-only");
}

/** The records of a new molecule (spec/02 §7.2). Pure. */
export function pouring(request: PourRequest): Pouring {
  const { proto, form, root } = request;
  const steps = form === "poured" ? containersFirst(proto.steps) : [];
  const containers = new Set(proto.steps.flatMap((step) => step.parent ?? []));
  const idOf = new Map(
    proto.steps.map((step) => [step.id, form === "poured" ? `${root}.${step.index}` : `${root}:${step.id}`]),
  );
  const parts = steps.flatMap((step) => stepBeads(request, step, { idOf, containers }));
  const gates = steps.filter((step) => step.gate !== undefined);
  return {
    operations: [
      { op: "create", as: "molecule", bead: rootBead(request) },
      ...parts,
      ...steps.flatMap((step) => edgesOf(root, step, idOf)),
      ...gates.map((step): Operation => gateOpened(root, step)),
      poured(request),
    ],
    ids: idOf,
    created: 1 + steps.length + gates.length,
  };
}

function rootBead(request: PourRequest): NewBead {
  const { proto, form, phase, root, scope } = request;
  const vars = valuesOf(proto);
  const isPatrol = proto.wisp_type === "patrol" || /(^|-)patrol$/.test(proto.proto);
  const record: MoleculeRecord = {
    formula: proto.proto,
    version: proto.version,
    tier: proto.source.tier,
    sha256: proto.source.sha256,
    mode: form,
    phase,
    vars,
    ...(proto.review_only === true ? { review_only: true } : {}),
    ...(proto.fresh_session === true ? { fresh_session: true } : {}),
    overlay: request.overlay ?? null,
    base: request.base ?? null,
    ...(form === "root-only" ? { proto: proto.steps, progress: {} } : {}),
  };
  return {
    ...common(request),
    id: root,
    scope,
    title: proto.title,
    description: proto.description,
    type: "molecule",
    status: request.status ?? "open",
    priority: 2,
    molType: isPatrol ? "patrol" : "work",
    labels: [`formula:${proto.proto}`],
    sourceFormula: proto.proto,
    ...(phase === "vapor" && proto.wisp_type !== undefined ? { wispType: proto.wisp_type } : {}),
    ...(request.assignee === undefined ? {} : { assignee: request.assignee }),
    ...(request.parent === undefined ? {} : { parent: request.parent }),
    metadata: { mol: record },
  };
}

const common = (request: PourRequest): { readonly ephemeral?: true } =>
  request.phase === "vapor" ? { ephemeral: true } : {};

interface Place {
  readonly idOf: ReadonlyMap<string, BeadId>;
  readonly containers: ReadonlySet<string>;
}

function stepBeads(request: PourRequest, step: ProtoStep, place: Place): readonly Operation[] {
  const { root, scope, now } = request;
  const isContainer = place.containers.has(step.id);
  const parent = step.parent === undefined ? root : (place.idOf.get(step.parent) ?? root);
  const text = step.run === undefined ? {} : scriptFields(step);
  const bead: NewBead = {
    ...common(request),
    id: `${root}.${step.index}`,
    scope,
    parent,
    title: step.title,
    description: step.description,
    acceptanceCriteria: step.acceptance ?? "",
    notes: step.notes ?? "",
    type: isContainer ? "epic" : step.type,
    priority: step.priority,
    assignee: step.assignee ?? "",
    labels: [
      ...step.labels,
      `step:${step.id}`,
      ...(step.waits_for === undefined ? [] : [`gate:${step.waits_for.gate}`]),
    ],
    sourceFormula: step.source.formula,
    sourceLocation: step.source.location,
    metadata: {
      ...step.metadata,
      ...text,
      step: {
        id: step.id,
        index: step.index,
        wave: step.wave,
        origin: step.origin,
        ...(step.interactive === true ? { interactive: true } : {}),
        ...(step.agent === undefined ? {} : { agent: step.agent }),
        ...(step.tier === undefined ? {} : { tier: step.tier }),
        ...(isContainer ? { container: true } : {}),
      },
    },
  };
  const create: Operation = { op: "create", bead };
  return step.gate === undefined
    ? [create]
    : [create, { op: "create", bead: { ...gateBead(root, step, now), ...common(request), scope, parent } }];
}

/** What runs the step (spec/02 §9.1): the script and its time limit where any bead has them, the rest with the step. */
function scriptFields(step: ProtoStep): Readonly<Record<string, unknown>> {
  const { run, timeout, shell, env, retry, on_fail, once } = step;
  const rest = Object.entries({ shell, env, retry, on_fail, once }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    run,
    ...(timeout === undefined ? {} : { timeout }),
    ...(rest.length === 0 ? {} : { run_options: Object.fromEntries(rest) }),
  };
}

function gateBead(root: BeadId, step: ProtoStep, now: Time): NewBead {
  const gate = step.gate ?? { type: "human" };
  const isArmed = step.needs.length === 0;
  return {
    id: `${root}.gate-${step.index}`,
    title: `Gate: ${gate.type} ${gate.await_id ?? ""}`.trim().slice(0, 500),
    description: gate.description ?? "",
    type: "gate",
    labels: ["gate"],
    awaitType: gate.type,
    awaitId: gate.await_id ?? "",
    timeoutNs: (gate.timeout === undefined ? 0 : (parseDuration(gate.timeout) ?? 0)) * 1_000_000,
    metadata: {
      gate: isArmed ? { state: "armed", armed_at: formatTime(now) } : { state: "waiting" },
    },
  };
}

/** The cooked steps have no cycles, so that nothing has to be searched for any. */
function edgesOf(root: BeadId, step: ProtoStep, idOf: Place["idOf"]): readonly Operation[] {
  const from = `${root}.${step.index}`;
  const needs = step.needs.flatMap((need) => idOf.get(need) ?? []);
  const blockers = step.gate === undefined ? needs : [...needs, `${root}.gate-${step.index}`];
  return [
    ...blockers.map(
      (to): Operation => ({ op: "addDependency", edge: { from, to, type: "blocks", skipCycleCheck: true } }),
    ),
    ...spawnerEdge(from, step, idOf),
  ];
}

/** Waits for the children of a step (spec/02 §8.3). */
function spawnerEdge(
  from: BeadId,
  { waits_for: waits }: ProtoStep,
  idOf: Place["idOf"],
): readonly Operation[] {
  const to = idOf.get(waits?.spawner ?? "");
  if (waits === undefined || to === undefined) return [];
  const metadata = JSON.stringify({ gate: waits.gate });
  return [{ op: "addDependency", edge: { from, to, type: "waits-for", metadata, skipCycleCheck: true } }];
}

const gateOpened = (root: BeadId, step: ProtoStep): Operation => ({
  op: "event",
  event: {
    type: "gate_open",
    payload: {
      gate: `${root}.gate-${step.index}`,
      type: step.gate?.type ?? "",
      blocks: `${root}.${step.index}`,
    },
    visibility: "audit",
  },
});

function poured({ proto, form, phase, root, base }: PourRequest): Operation {
  return {
    op: "event",
    event: {
      type: phase === "liquid" ? "mol_pour" : "mol_wisp",
      payload: {
        root,
        formula: proto.proto,
        version: proto.version,
        steps: proto.steps.length,
        mode: form,
        ...(base === undefined ? {} : { base }),
      },
      visibility: "audit",
    },
  };
}

/** A child is created under its container, which has to be there. */
function containersFirst(steps: readonly ProtoStep[]): readonly ProtoStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const depth = (step: ProtoStep): number => {
    const parent = step.parent === undefined ? undefined : byId.get(step.parent);
    return parent === undefined ? 0 : 1 + depth(parent);
  };
  return steps.some((step) => step.parent !== undefined)
    ? steps.toSorted((one, other) => depth(one) - depth(other) || one.index - other.index)
    : steps;
}

/** The variables with their values, as they were when it was cooked. */
export function valuesOf(proto: Proto): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(proto.vars).flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])),
  );
}
