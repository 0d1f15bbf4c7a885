import { GtError } from "../../core/gt-error.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { parseAddress } from "../../core/town/address.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { metadataText } from "./attachment.ts";
import { withAgentLock } from "./agent-lock.ts";
import { sessionLife } from "./agent-session.ts";
import { droppingMolecule } from "./attached-molecule.ts";
import { preserveHolder } from "./preserve-holder.ts";
import { recoverOperations } from "./recover-operations.ts";
import { suspendOperations } from "./suspension.ts";

export interface UnslingRequest {
  readonly bead?: string;
  readonly agent?: string;
  /** Also takes unfinished work off. */
  readonly force: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export interface Unslung {
  readonly bead: string;
  readonly agent: string;
  readonly warnings: readonly string[];
}

/**
 * Takes work off a hook (spec/04 §2.10): the bead is open again, the hook empty. A polecat's session ends, its files
 * stay as snapshot and branch. Undefined when nothing is on the hook.
 */
export async function unsling(access: TownAccess, request: UnslingRequest): Promise<Unslung | undefined> {
  const address = request.agent ?? (await holderOf(access, request.bead));
  if (address === undefined) return undefined;
  return withAgentLock(access, address, "unsling", async () => {
    await recoverOperations(access, { agent: address, locked: true });
    const agent = await access.ledger.agent(address);
    if (agent === undefined || agent.hookBead === "") return undefined;
    if (request.bead !== undefined && request.bead !== agent.hookBead)
      throw new GtError(
        "E_NOT_HOOKED",
        `${request.bead} is not on the hook of ${address}; ${agent.hookBead} is`,
        {
          hint: `gt unsling ${agent.hookBead} ${address}`,
        },
      );
    const bead = await access.ledger.get(agent.hookBead);
    if (bead !== undefined && bead.status !== "closed" && !request.force)
      throw new GtError("E_INCOMPLETE", `${bead.id} is not finished: ${bead.title}`, {
        hint: `gt unsling ${bead.id} --force`,
      });
    if (request.dryRun === true) return { bead: agent.hookBead, agent: address, warnings: [] };
    return await takeOff(access, agent, bead, request.reason);
  });
}

async function takeOff(
  access: TownAccess,
  agent: Agent,
  bead: Bead | undefined,
  reason: string | undefined,
): Promise<Unslung> {
  const { address } = agent;
  const why = reason ?? "released";
  const isPolecat = agent.role === "polecat";
  if (isPolecat) await stopAgentSession(access, address, "stopped");
  const holder = isPolecat
    ? await preserveHolder(access, access.town.rig(agent.rig), address, "pre-reset", why).catch(
        async (error: unknown) => {
          // Nothing was taken; but its session has ended, and a person lets it go on.
          if (agent.state === "working" && agent.hookState === "active")
            await access.ledger.write(
              access.actor,
              suspendOperations(agent, { reason: "release failed", since: access.clock.now() }),
            );
          throw error;
        },
      )
    : {
        operations: [
          assignmentEvent(agent, "archived", { reason: why }),
          ...(agent.role === "crew" && (await sessionLife(access, address)) === "dead"
            ? [{ op: "setAgent", address, fields: { state: "stopped" } } as const]
            : []),
        ],
        warnings: [],
      };
  await access.ledger.write(access.actor, [
    { op: "expectAgent", address, expected: { hookBead: agent.hookBead } },
    { op: "unhook", address },
    ...(bead === undefined ? [] : release(bead, agent, reason)),
    ...(bead === undefined ? [] : await droppingMolecule(access.ledger, bead, "unhooked")),
    { op: "setAgent", address, fields: { hookState: "archived" } },
    ...holder.operations,
    {
      op: "event",
      event: {
        type: "unhook",
        payload: { bead: agent.hookBead, agent: address, ...(reason === undefined ? {} : { reason }) },
      },
    },
  ]);
  return { bead: agent.hookBead, agent: address, warnings: holder.warnings };
}

/** An escalated bead is blocked and stays with its agent; released, it is open again. Earlier work is remembered. */
function release(bead: Bead, agent: Agent, reason: string | undefined): readonly Operation[] {
  if (bead.status === "closed") return [];
  const note = reason === undefined ? bead.notes : bead.notes === "" ? reason : `${bead.notes}\n${reason}`;
  return [
    {
      op: "update",
      id: bead.id,
      fields: {
        status: "open",
        assignee: "",
        notes: note,
        ...(agent.branch === "" ? {} : { metadata: { prior_branch: agent.branch } }),
      },
    },
    { op: "removeLabel", id: bead.id, label: "gt:escalated" },
  ];
}

/** Agent on whose hook the bead is; the caller's own hook when no bead is named. */
async function holderOf(access: TownAccess, bead: string | undefined): Promise<string | undefined> {
  if (bead === undefined) {
    const caller = parseAddress(access.actor);
    if (caller === undefined || caller.role === "overseer")
      throw new GtError("E_USAGE", "which bead, or whose hook?", { hint: "gt unsling <bead>", exitCode: 2 });
    return access.actor;
  }
  const [holder] = await access.ledger.agents({ hookBead: bead });
  if (holder !== undefined) return holder.address;
  const found = await access.ledger.get(bead);
  if (found === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${bead}`, { hint: "bd list" });
  return undefined;
}

/**
 * Gives a bead back whoever holds it (`gt release`): open, in nobody's hands, the reason kept as a note.
 * `E_CLOSED`, `E_NOT_HELD` when there is nothing to give back.
 */
export async function releaseBead(
  access: TownAccess,
  id: string,
  reason: string | undefined,
): Promise<Unslung> {
  const bead = await access.ledger.get(id);
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${id}`, { hint: "bd list" });
  if (bead.status === "closed") throw new GtError("E_CLOSED", `${id} is closed`, { hint: `bd reopen ${id}` });
  const [holder] = await access.ledger.agents({ hookBead: id });
  if (holder !== undefined) {
    const unslung = await unsling(access, {
      bead: id,
      agent: holder.address,
      force: true,
      ...(reason === undefined ? {} : { reason }),
    });
    if (unslung !== undefined) return unslung;
  }
  const awaiting = metadataText(bead, "awaiting_merge");
  if (awaiting !== "")
    throw new GtError("E_AWAITING_MERGE", `${id} has open merge request ${awaiting}`, {
      hint: `gt mq reject ${awaiting}`,
    });
  if (bead.status !== "in_progress" && bead.status !== "hooked")
    throw new GtError("E_NOT_HELD", `${id} is ${bead.status}; nobody works on it`, { hint: `bd show ${id}` });
  const note = reason === undefined ? bead.notes : bead.notes === "" ? reason : `${bead.notes}\n${reason}`;
  await access.ledger.write(access.actor, [
    { op: "expect", id, expected: { status: bead.status, assignee: bead.assignee } },
    { op: "update", id, fields: { status: "open", assignee: "", notes: note } },
    ...(await droppingMolecule(access.ledger, bead, "released")),
    {
      op: "event",
      event: { type: "unhook", payload: { bead: id, ...(reason === undefined ? {} : { reason }) } },
    },
  ]);
  return { bead: id, agent: bead.assignee, warnings: [] };
}
