import { beadsBelow } from "../../core/convoys/beads-below.ts";
import { convoyFields, isConvoy, isSlingable, isStaged } from "../../core/convoys/convoy.ts";
import { trackedIds } from "../../core/convoys/convoy-snapshot.ts";
import { newConvoy, trackIssue } from "../../core/convoys/new-convoy.ts";
import { planStaging, type Staging } from "../../core/convoys/stage.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead, BeadId } from "../../core/ledger/bead.ts";
import { namedBead } from "../../core/ledger/named-bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { numberSetting } from "../../core/town/setting.ts";
import { expectNoStop } from "../daemon/emergency-stop.ts";
import type { TownAccess } from "../town-access.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { rigStanding } from "./rig-admission.ts";
import { slingBead } from "./sling-bead.ts";
import { WorkForecast } from "./work-forecast.ts";

export interface StageRequest {
  /** One epic, one convoy, or tasks. */
  readonly inputs: readonly Bead[];
  readonly title?: string;
  /** Label of the new convoy, e.g. `mountain`. */
  readonly label?: string;
}

export interface StagedConvoy {
  readonly staging: Staging;
  /** Undefined when there were errors: nothing was created. */
  readonly convoy: Bead | undefined;
  readonly restaged: boolean;
}

const defaultCapacity = 5;

/** Collects work, looks at it as a whole and makes a convoy that is not fed yet (spec/05 §7). */
export async function stageConvoy(access: TownAccess, request: StageRequest): Promise<StagedConvoy> {
  const { ledger, actor } = access;
  const source = sourceOf(request.inputs);
  const collected = await collect(access, request.inputs);
  const staging = await plan(access, collected, source?.type === "epic");
  if (staging.errors.length > 0) return { staging, convoy: undefined, restaged: false };

  const taskIds = staging.tasks.map((task) => task.id);
  const existing =
    source !== undefined && isConvoy(source) ? source : await overlappingConvoy(access, taskIds);
  const status = staging.warnings.length > 0 ? "staged_warnings" : "staged_ready";
  const description = `Staged convoy: ${taskIds.length} tasks, ${staging.waves.waves.length} waves. Staged at ${new Date(access.clock.now()).toISOString()}`;
  const event = (convoy: BeadId): Operation => ({
    op: "event",
    event: { type: "convoy_staged", payload: { convoy, status, waves: staging.waves.waves.length } },
  });
  if (existing === undefined) {
    const epic = source?.type === "epic" ? source : undefined;
    const { named } = await ledger.write(actor, [
      ...newConvoy({
        title: request.title ?? titleOf(epic, staging),
        owner: actor,
        issues: taskIds,
        prose: description,
        status,
        ...(request.label === undefined ? {} : { labels: [request.label] }),
        fields: epic === undefined ? {} : { epic: epic.id },
      }),
      event(namedBead("convoy")),
    ]);
    return { staging, convoy: await ledger.get(named["convoy"] ?? ""), restaged: false };
  }
  const before = new Set((await trackedIds(ledger, [existing])).get(existing.id));
  const wanted = new Set(taskIds);
  await ledger.write(actor, [
    { op: "expect", id: existing.id, expected: { status: existing.status } },
    {
      op: "update",
      id: existing.id,
      fields: {
        status,
        description,
        metadata: { convoy: { restage: null } },
        ...(request.title === undefined ? {} : { title: request.title }),
      },
    },
    ...taskIds.filter((id) => !before.has(id)).map((id): Operation => trackIssue(existing.id, id)),
    ...[...before]
      .filter((id) => !wanted.has(id))
      .map((id): Operation => ({ op: "removeDependency", from: existing.id, to: id, type: "tracks" })),
    event(existing.id),
  ]);
  return { staging, convoy: await ledger.get(existing.id), restaged: true };
}

export interface LaunchedConvoy {
  readonly convoy: Bead;
  readonly staging: Staging;
  readonly dispatched: readonly Dispatch[];
  readonly failed: readonly { readonly bead: string; readonly error: GtError }[];
}

/** Opens a staged convoy and starts its first wave; later waves are fed as their blockers land (spec/05 §7). */
export async function launchConvoy(
  access: TownAccess,
  convoy: Bead,
  options: { readonly force: boolean },
): Promise<LaunchedConvoy> {
  const { ledger, town, actor } = access;
  expectNoStop(town);
  if (!isStaged(convoy))
    throw new GtError(
      "E_CONVOY_STATUS",
      `${convoy.id} is ${convoy.status === "open" ? "already launched" : convoy.status}`,
      {
        hint: `gt convoy show ${convoy.id}`,
      },
    );
  const staging = await plan(access, await collect(access, [convoy]), false);
  const [error] = staging.errors;
  if (error !== undefined)
    throw new GtError("E_STAGE_ERRORS", `${convoy.id} cannot be launched: ${error.message}`, {
      hint: error.fix,
    });
  const stopped = staging.warnings.find((warning) => warning.category === "blocked-rig");
  if (stopped !== undefined && !options.force)
    throw new GtError("E_RIG_PARKED", stopped.message, {
      why: [stopped.beads.join(", ")],
      hint: stopped.fix,
    });
  if (convoy.status === "staged_warnings" && !options.force)
    throw new GtError("E_STAGE_WARNINGS", `${convoy.id} was staged with warnings`, {
      why: staging.warnings.map((warning) => `${warning.category}: ${warning.message}`),
      hint: `gt convoy launch ${convoy.id} --force`,
    });
  await ledger.write(actor, [
    { op: "expect", id: convoy.id, expected: { status: convoy.status } },
    { op: "update", id: convoy.id, fields: { status: "open" } },
    { op: "event", event: { type: "convoy_launched", payload: { convoy: convoy.id } } },
  ]);
  const { base_branch: baseBranch, merge } = convoyFields(convoy);
  const how = {
    convoy: "none" as const,
    ...(baseBranch === undefined ? {} : { baseBranch }),
    ...(merge === undefined ? {} : { merge }),
  };
  const dispatched: Dispatch[] = [];
  const failed: { bead: string; error: GtError }[] = [];
  for (const id of staging.waves.waves[0] ?? []) {
    const bead = await ledger.get(id);
    if (bead === undefined || bead.status !== "open") continue;
    try {
      dispatched.push(await slingBead(access, bead, { kind: "rig", rig: bead.scope }, how));
    } catch (problem) {
      if (!(problem instanceof GtError)) throw problem;
      failed.push({ bead: id, error: problem });
    }
  }
  return { convoy: (await ledger.get(convoy.id)) ?? convoy, staging, dispatched, failed };
}

/** The epic or convoy among the inputs; kinds are not mixed. */
function sourceOf(inputs: readonly Bead[]): Bead | undefined {
  const groups = inputs.filter((bead) => bead.type === "epic" || isConvoy(bead));
  const [first] = groups;
  if (inputs.length === 0 || (first !== undefined && inputs.length > 1))
    throw new GtError("E_STAGE_INPUT", "stage one epic, one convoy, or tasks", {
      hint: "gt convoy stage <epic>",
    });
  return first;
}

async function collect(access: TownAccess, inputs: readonly Bead[]): Promise<readonly Bead[]> {
  const { ledger } = access;
  const [first] = inputs;
  if (first !== undefined && isConvoy(first)) {
    const tracked = (await trackedIds(ledger, [first])).get(first.id) ?? [];
    return [...(await ledger.getMany(tracked)).values()];
  }
  return first?.type === "epic" ? beadsBelow(ledger, first.id) : inputs;
}

async function plan(access: TownAccess, beads: readonly Bead[], isEpic: boolean): Promise<Staging> {
  const { ledger, town } = access;
  const known = new Set(beads.map((bead) => bead.id));
  const edges = (await ledger.edges([...known])).filter((edge) => known.has(edge.from));
  const outside = await ledger.getMany(edges.map((edge) => edge.to).filter((id) => !known.has(id)));
  const inside = beads.filter((bead) => !isSlingable(bead) && bead.status !== "closed");
  const openOutside = new Set([
    ...[...outside.values()]
      .filter((bead) => bead.status !== "closed" && bead.status !== "pinned")
      .map((bead) => bead.id),
    // A decision or an epic inside does not get done by slinging: what waits for it waits for a person.
    ...inside.map((bead) => bead.id),
  ]);
  const rigs = new Map<string, boolean>();
  for (const rig of town.rigs()) rigs.set(rig.name, (await rigStanding(ledger, town, rig)) === "operational");
  const max = numberSetting(town.settings(), "scheduler.max_polecats");
  const { filesOf, underWay } = await new WorkForecast().look(access, beads.filter(isSlingable));
  return planStaging({
    ...{ beads, edges, openOutside, rigs, isEpic, filesOf, underWay },
    capacity: max > 0 ? max : defaultCapacity,
  });
}

/** The one staged convoy that holds some of these beads already; `E_STAGE_OVERLAP` for an open one or several. */
async function overlappingConvoy(access: TownAccess, tasks: readonly BeadId[]): Promise<Bead | undefined> {
  const wanted = new Set(tasks);
  const edges = (await access.ledger.edges(tasks)).filter(
    (edge) => edge.type === "tracks" && wanted.has(edge.to),
  );
  const convoys = [...(await access.ledger.getMany(edges.map((edge) => edge.from))).values()];
  const open = convoys.find((convoy) => convoy.status === "open");
  if (open !== undefined)
    throw new GtError(
      "E_STAGE_OVERLAP",
      `${edges.find((edge) => edge.from === open.id)?.to} is tracked by ${open.id} already`,
      {
        hint: `gt convoy show ${open.id}`,
      },
    );
  const staged = convoys.filter(isStaged);
  if (staged.length > 1)
    throw new GtError(
      "E_STAGE_OVERLAP",
      `these are staged in ${staged.map((convoy) => convoy.id).join(" and ")}`,
      {
        hint: `gt convoy close ${staged[0]?.id}`,
      },
    );
  return staged[0];
}

function titleOf(epic: Bead | undefined, { tasks }: Staging): string {
  if (epic !== undefined) return `Convoy: ${epic.title}`;
  const rigs = new Set(tasks.map((task) => task.scope));
  return `Staged: ${tasks.length} beads across ${rigs.size} ${rigs.size === 1 ? "rig" : "rigs"}`;
}
