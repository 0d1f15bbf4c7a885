import { formatTime } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent, Bead, BeadId } from "../../core/ledger/bead.ts";
import { namedBead } from "../../core/ledger/named-bead.ts";
import type { NewBead, Operation } from "../../core/ledger/operation.ts";
import { parseAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import type { TownAccess } from "../town-access.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { droppingMolecule, moleculeOfWork } from "./attached-molecule.ts";
import { type Attachment, replaceAttachment } from "./attachment.ts";
import { withAgentLock } from "./agent-lock.ts";
import { hookEvents } from "./hook-events.ts";
import type { Guide } from "./work-formula.ts";

export interface HookRequest {
  readonly bead: Bead;
  /** A crew member, the mayor, or the caller itself. */
  readonly address: string;
  /** Whatever is on the hook goes back to `open`. */
  readonly force: boolean;
  /** The bead was somebody else's. */
  readonly isTaken?: boolean;
  readonly attachment?: Attachment;
  /** Molecule by which it is worked on. */
  readonly guide?: Guide;
  /** It comes from `gt sling`. */
  readonly isSlung?: boolean;
  /** A bead that is on the hook without a workflow may go back to `open`. */
  readonly releasesBare?: boolean;
}

/**
 * Puts a bead on the hook of an agent that keeps its own workspace (spec/04 §2.7, §2.10): no worktree, no start. A
 * finished bead on the hook is replaced; an unfinished one is `E_HOOK_OCCUPIED` without `force`. False when the bead
 * was there already.
 */
export async function hookAgent(access: TownAccess, request: HookRequest): Promise<boolean> {
  const { bead, address } = request;
  return withAgentLock(access, address, "hook", async () => {
    const agent = await access.ledger.agent(address);
    if (agent?.hookBead === bead.id && bead.assignee === address) return false;
    const held = await expectRoomOnHook(access, agent, request);
    await access.ledger.write(access.actor, [
      { op: "expect", id: bead.id, expected: { status: bead.status, assignee: bead.assignee } },
      ...(await hooking(access, { agent, held }, bead.id, request)),
      ...(request.guide?.operations ?? (await droppingMolecule(access.ledger, bead, "replaced"))),
      ...attaching(access, bead.id, request),
    ]);
    return true;
  });
}

/** Files a bead and puts it on the hook, in one batch: both, or `E_HOOK_OCCUPIED` and neither. Returns its id. */
export async function fileOnHook(
  access: TownAccess,
  request: { readonly bead: NewBead; readonly address: string; readonly force: boolean },
): Promise<BeadId> {
  const { address } = request;
  return withAgentLock(access, address, "hook", async () => {
    const agent = await access.ledger.agent(address);
    const held = await expectRoomOnHook(access, agent, { ...request, bead: { id: "" } });
    const filed = namedBead("filed");
    const { created } = await access.ledger.write(access.actor, [
      { op: "create", bead: request.bead, as: "filed" },
      ...(await hooking(access, { agent, held }, filed, request)),
      ...attaching(access, filed, {}),
    ]);
    return created[0] ?? "";
  });
}

async function hooking(
  access: TownAccess,
  { agent, held }: { readonly agent: Agent | undefined; readonly held: Bead | undefined },
  id: BeadId,
  request: Pick<HookRequest, "address" | "force" | "isSlung" | "isTaken">,
): Promise<readonly Operation[]> {
  const { address, force, isSlung, isTaken = false } = request;
  const rig = parseAddress(address)?.rig ?? "";
  return [
    ...(agent === undefined ? [register(access, address)] : []),
    ...(held === undefined || agent === undefined ? [] : await makeRoom(access, agent, held)),
    { op: "hook", address, bead: id, replace: force || isTaken || held !== undefined },
    ...hookEvents({
      ...{ bead: id, address, isSlung: isSlung === true },
      ...(rig === "" ? {} : { rig }),
    }),
    assignmentEvent({ address, rig, hookBead: id, hookSeq: (agent?.hookSeq ?? 0) + 1 }, "active"),
  ];
}

function attaching(
  access: TownAccess,
  id: BeadId,
  { attachment, guide }: Pick<HookRequest, "attachment" | "guide">,
): readonly Operation[] {
  const now = { dispatched_by: access.actor, attached_at: formatTime(access.clock.now()) };
  const whole = replaceAttachment({ ...attachment, ...guide?.attachment, ...now });
  return [{ op: "update", id, fields: { metadata: { attachment: whole } } }];
}

/**
 * What is on the hook and gives way: finished work, whatever `force` pushes aside, and a bare bead where that is enough.
 * `E_HOOK_OCCUPIED` for anything else.
 */
export async function expectRoomOnHook(
  access: TownAccess,
  agent: Agent | undefined,
  request: Pick<HookRequest, "address" | "force" | "releasesBare"> & { readonly bead: Pick<Bead, "id"> },
): Promise<Bead | undefined> {
  if (agent === undefined || agent.hookBead === "" || agent.hookBead === request.bead.id) return undefined;
  const held = await access.ledger.get(agent.hookBead);
  if (held === undefined || held.status === "closed" || request.force) return held;
  const workflow = await moleculeOfWork(access.ledger, held);
  if (workflow === undefined ? request.releasesBare === true : workflow.status === "closed") return held;
  throw new GtError("E_HOOK_OCCUPIED", `${request.address} has ${held.id} on its hook: ${held.title}`, {
    hint: `gt unsling ${held.id} ${request.address} --force`,
    details: { bead: held.id },
  });
}

/** The bead that gives way keeps nothing of its workflow; unless it is closed, it is anyone's again. */
async function makeRoom(access: TownAccess, agent: Agent, held: Bead): Promise<readonly Operation[]> {
  return [
    ...(await droppingMolecule(access.ledger, held, "replaced on the hook")),
    assignmentEvent(agent, "archived", { reason: "replaced" }),
    {
      op: "event",
      event: { type: "unhook", payload: { bead: held.id, agent: agent.address, reason: "replaced" } },
    },
  ];
}

function register(access: TownAccess, address: string): Operation {
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.role === "overseer")
    throw new GtError("E_TARGET", `${address} has no hook`, { hint: "gt agents" });
  return {
    op: "ensureAgent",
    agent: {
      id: agentBeadId(parsed, parsed.rig === "" ? undefined : access.town.rig(parsed.rig)),
      address,
      role: parsed.role,
      rig: parsed.rig,
      name: parsed.name,
      state: "stopped",
    },
  };
}
