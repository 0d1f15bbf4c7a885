import { convoyFields } from "../../core/convoys/convoy.ts";
import { formatTime } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Rig } from "../../core/town/town.ts";
import { sessionOfAddress, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { admitSling } from "./admit-sling.ts";
import type { AdmissionTarget } from "./bead-admission.ts";
import { type Dispatch, dispatchToPolecat } from "./dispatch-polecat.ts";
import { enqueueDispatch, isDeferred } from "./enqueue-dispatch.ts";
import { previewSeat } from "./polecat-pool.ts";
import { startAccounts } from "../accounts/account-keys.ts";
import { ownWish } from "../accounts/choose-account.ts";
import { closedUntil } from "./observe-limits.ts";
import { legOptions } from "./leg-options.ts";
import { recoverOperations } from "./recover-operations.ts";
import { expectCapacity, expectDiskSpace, expectOperational } from "./rig-admission.ts";
import { runtimeOf } from "./runtime-choice.ts";
import { resolvePlace } from "./sling-place.ts";
import type { SlingOptions } from "./sling-request.ts";
import type { SlingTarget } from "./sling-target.ts";
import { follow, slingToAgent } from "./sling-to-agent.ts";
import { slingToDog } from "./sling-to-dog.ts";
import { resumeHook, suspendHook } from "./suspend-hook.ts";
import { unsling } from "./unsling.ts";
import { trackingConvoy } from "./tracking-convoy.ts";
import { workBase } from "./work-base.ts";
import { chooseWorkflow, guideFor, type Workflow } from "./work-formula.ts";

/** Gives one bead to one target (spec/04 §2.5-2.7). Throws the first reason against it; then nothing was changed. */
export async function slingBead(
  access: TownAccess,
  bead: Bead,
  target: SlingTarget | undefined,
  options: SlingOptions,
): Promise<Dispatch> {
  if (target?.kind === "dog") return slingToDog(access, bead, target.name, options);
  const place = await resolvePlace(access, bead, target);
  if (place.kind === "agent") return slingToAgent(access, bead, place.address, options);
  const rig = access.town.rig(place.rig);
  return slingToPolecat(access, bead, rig, place, { ...legOptions(bead), ...options });
}

async function slingToPolecat(
  access: TownAccess,
  bead: Bead,
  rig: Rig,
  place: Exclude<AdmissionTarget, { kind: "agent" }>,
  options: SlingOptions,
): Promise<Dispatch> {
  await recoverOperations(access, { bead: bead.id });
  const admission = await admitSling(access, bead.id, place, options);
  if (admission.verdict === "already") {
    await follow(access, bead, options);
    return already(access, bead, admission.agent);
  }
  await expectOperational(access.ledger, access.town, rig);
  // A polecat whose session is dead has its own bead by the dead-holder rule as if by force.
  const isOwn = place.kind === "polecat" && admission.takeOver === place.address;
  const taken =
    place.kind === "polecat" && (options.force === true || isOwn)
      ? await access.ledger.agent(place.address)
      : undefined;
  if (taken !== undefined && taken.hookBead === bead.id)
    return startAgain(access, bead, taken, admission.warnings, options);
  const limitedUntil = options.isDirect === true ? undefined : await limitOf(access, bead, rig, options);
  const deferred = isDeferred(access.town, options) || limitedUntil !== undefined;
  if (deferred && place.kind === "polecat")
    throw new GtError("E_NEEDS_RIG", "the scheduler chooses the polecat: name the rig", {
      ...(limitedUntil === undefined
        ? {}
        : { why: [`rate limited until ${formatTime(limitedUntil)}: it is scheduled for then`] }),
      hint: `gt sling ${bead.id} ${rig.name}`,
    });
  if (!deferred) await expectCapacity(access.ledger, access.town, rig);
  const name = place.kind === "polecat" ? parseAddress(place.address)?.name : undefined;
  const seat = {
    ...(name === undefined ? {} : { name }),
    ...(options.create === true ? { create: true } : {}),
    ...(options.force === true ? { force: true } : {}),
    ...(options.promised === undefined ? {} : { promised: options.promised }),
  };
  const preview = deferred ? undefined : await previewSeat(access, rig, seat);
  const workflow = await workflowOf(access, bead, rig, options);
  const tracking = await trackingConvoy(access, bead);
  const inherited = tracking === undefined ? undefined : convoyFields(tracking);
  const effective: SlingOptions = {
    ...options,
    ...(options.baseBranch === undefined && inherited?.base_branch !== undefined
      ? { baseBranch: inherited.base_branch }
      : {}),
    ...(options.merge === undefined && inherited?.merge !== undefined ? { merge: inherited.merge } : {}),
  };
  const base = await workBase(access, rig, bead, effective.baseBranch);
  await expectDiskSpace(access.town);
  const convoy = {
    make: tracking === undefined && options.convoy !== "none",
    ...(tracking === undefined ? {} : { id: tracking.id }),
  };
  if (deferred) return enqueue(access, bead, rig, effective, convoy.make, limitedUntil);
  if (preview === undefined) throw new Error("a sling that is not queued has a seat");
  if (options.dryRun === true)
    return {
      bead: bead.id,
      title: bead.title,
      agent: preview.address,
      reused: preview.isReused,
      branch: "",
      ...{ base, session: sessionOfAddress(access.town, preview.address) },
      runtime: runtimeOf(access.town, rig, bead, options.agent, withSteps(options)).name,
      ...(workflow === undefined ? {} : { workflow: { formula: workflow.file.name, molecule: "" } }),
      ...(convoy.make ? { convoy: { id: "", title: `Work: ${bead.title}` } } : {}),
      noop: false,
      warnings: admission.warnings,
    };
  const room = taken === undefined || taken.hookBead === "" ? [] : await makeRoom(access, taken, bead);
  const dispatch = await dispatchToPolecat(access, {
    bead,
    rig,
    seat,
    options: effective,
    ...{ base, workflow, convoy },
    admit: async () => {
      const now = await admitSling(access, bead.id, place, options);
      if (now.verdict === "already") throw new AlreadySlung(now.agent);
      const fresh = await requireBead(access, bead.id);
      return { bead: fresh, ...(now.takeOver === undefined ? {} : { takeOver: now.takeOver }) };
    },
  }).catch((error: unknown) => {
    // Another process did the same between our two looks.
    if (error instanceof AlreadySlung) return already(access, bead, error.agent);
    throw error;
  });
  return { ...dispatch, warnings: [...admission.warnings, ...room, ...dispatch.warnings] };
}

/** A wished workflow may bring the scripts that the bead has not. */
const withSteps = ({ formula }: SlingOptions) => ({ hasWorkflow: formula !== undefined });

/** Looks at the wished formula, and at the variables that it needs, before anything is begun (spec/04 §2.5). */
async function workflowOf(
  access: TownAccess,
  bead: Bead,
  rig: Rig,
  options: SlingOptions,
): Promise<Workflow | undefined> {
  const isAi = runtimeOf(access.town, rig, bead, options.agent, withSteps(options)).provider !== "shell";
  const workflow = await chooseWorkflow(access, { rig, bead, isAi }, options);
  if (workflow?.isWished === true)
    await guideFor(access, { workflow, bead, rig, address: "", vars: options.vars ?? {} });
  return workflow;
}

/** By force on the polecat that has the bead already: its files are kept, and a fresh session begins (spec/04 §1.4 row 14). */
async function startAgain(
  access: TownAccess,
  bead: Bead,
  agent: Agent,
  warnings: readonly string[],
  { dryRun }: SlingOptions,
): Promise<Dispatch> {
  const { branch, baseBranch: base, runtime } = agent;
  const same = { ...already(access, bead, agent.address), branch, base, runtime, noop: false, warnings };
  if (dryRun === true) return same;
  if (agent.state !== "stuck" && agent.state !== "paused")
    await suspendHook(access, agent.address, "slung again");
  else await stopAgentSession(access, agent.address, "stopped");
  const record = await resumeHook(access, agent.address);
  return { ...same, session: record?.session ?? "", runtime: record?.agent ?? agent.runtime };
}

/** By force on a polecat with other work: that is taken off its hook first, kept and open again (spec/04 §2.7). */
async function makeRoom(access: TownAccess, agent: Agent, bead: Bead): Promise<readonly string[]> {
  const unslung = await unsling(access, {
    bead: agent.hookBead,
    agent: agent.address,
    force: true,
    reason: `made room for ${bead.id}`,
  });
  return unslung === undefined
    ? []
    : [`${unslung.bead} was taken off the hook of ${agent.address} and is open again`, ...unslung.warnings];
}

/** Until when the account on which the bead would be started is closed; undefined when it is open (spec/05 §9.4). */
async function limitOf(
  access: TownAccess,
  bead: Bead,
  rig: Rig,
  options: SlingOptions,
): Promise<number | undefined> {
  const runtime = runtimeOf(access.town, rig, bead, options.agent, withSteps(options));
  const handle = options.account ?? ownWish(process.env);
  return closedUntil(access, async () => (await startAccounts(access))(runtime, handle));
}

/** Deferred mode, or a closed account: the scheduler starts it when there is room (spec/05 §9). */
async function enqueue(
  access: TownAccess,
  bead: Bead,
  rig: Rig,
  options: SlingOptions,
  makeConvoy: boolean,
  limitedUntil: number | undefined,
): Promise<Dispatch> {
  const runtime = runtimeOf(access.town, rig, bead, options.agent, withSteps(options)).name;
  const enqueued =
    options.dryRun === true
      ? { context: "", noop: false }
      : await enqueueDispatch(access, bead, rig, {
          ...{ options, makeConvoy },
          ...(limitedUntil === undefined ? {} : { limitedUntil }),
        });
  return {
    bead: bead.id,
    title: bead.title,
    agent: rig.name,
    reused: false,
    branch: "",
    base: options.baseBranch ?? rig.defaultBranch,
    ...("convoy" in enqueued && enqueued.convoy !== undefined ? { convoy: enqueued.convoy } : {}),
    session: "",
    runtime,
    noop: enqueued.noop,
    scheduled: enqueued.context,
    warnings: limitedUntil === undefined ? [] : [`rate limited until ${formatTime(limitedUntil)}; scheduled`],
  };
}

class AlreadySlung extends Error {
  readonly agent: string;
  constructor(agent: string) {
    super(`already on the hook of ${agent}`);
    this.agent = agent;
  }
}

function already(access: TownAccess, bead: Bead, agent: string): Dispatch {
  return {
    bead: bead.id,
    title: bead.title,
    agent,
    reused: true,
    branch: "",
    base: "",
    session: sessionOfAddress(access.town, agent),
    runtime: "",
    noop: true,
    warnings: [],
  };
}

async function requireBead(access: TownAccess, id: string): Promise<Bead> {
  const bead = await access.ledger.get(id);
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${id}`, { hint: "bd list" });
  return bead;
}
