import { existsSync } from "node:fs";
import { currentBranch } from "../../core/git/branch.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { expectOutside } from "./expect-outside.ts";
import { carryOutNuke, type NukeData, requirePolecat, shortAddress } from "./nuke-steps.ts";
import { OperationJournal } from "./operation-record.ts";
import { withAgentLock } from "./agent-lock.ts";
import { seatPlaces } from "./polecat-places.ts";
import { recoverOperations } from "./recover-operations.ts";
import { sandboxRisk } from "./sandbox-risk.ts";
import { suspendOperations } from "./suspension.ts";

export interface NukeRequest {
  readonly addresses: readonly string[];
  /** Also with work at risk: it is kept as snapshot, pushed branch and archive ref first. */
  readonly force?: boolean;
  /** Even when nothing of it can be kept. */
  readonly discard?: boolean;
  /** `remove`: refuses while the session lives. */
  readonly keepLiveSession?: boolean;
  readonly dryRun?: boolean;
  readonly reason?: string;
  /** Directory of the caller: a sandbox is not removed under its feet. */
  readonly cwd: string;
}

export interface NukeReport {
  readonly nuked: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Removes polecats' sandboxes; the identities stay (spec/04 §3.7-3.8). All are looked at first, and any that would lose
 * work blocks them all. With `force` nothing is lost either: it is kept first, or nothing is removed.
 */
export async function nukePolecats(access: TownAccess, request: NukeRequest): Promise<NukeReport> {
  const targets: { rig: Rig; agent: Agent }[] = [];
  const blocked: string[] = [];
  const remedies = new Set<string>();
  for (const address of request.addresses) {
    await recoverOperations(access, { agent: address });
    const target = await requirePolecat(access, address);
    expectOutside(request.cwd, seatPlaces(target.rig, target.agent.name).home, `the sandbox of ${address}`);
    const risk = await sandboxRisk(access, target.rig, target.agent);
    const reasons = [...risk.reasons];
    if (request.keepLiveSession === true && (await liveSession(access, address)) !== undefined)
      reasons.push("its session is running");
    if (reasons.length > 0 && request.force !== true) {
      blocked.push(`${address}: ${reasons.join("; ")}`);
      for (const remedy of risk.remedies) remedies.add(remedy);
    }
    targets.push(target);
  }
  if (blocked.length > 0)
    throw new GtError("E_UNSAFE", "work would be lost; nothing was removed", {
      why: blocked,
      hint: `gt polecat nuke ${request.addresses.map(shortAddress).join(" ")} --force`,
      details: { blocked, remedies: [...remedies] },
    });
  if (request.dryRun === true) return { nuked: request.addresses, warnings: [] };
  const warnings: string[] = [];
  for (const { rig, agent } of targets) warnings.push(...(await nuke(access, rig, agent, request)));
  return { nuked: request.addresses, warnings };
}

async function nuke(
  access: TownAccess,
  rig: Rig,
  agent: Agent,
  request: NukeRequest,
): Promise<readonly string[]> {
  return withAgentLock(access, agent.address, "nuke", async () => {
    const { worktree } = seatPlaces(rig, agent.name);
    const isValid = await isValidWorktree(worktree);
    const journal = await OperationJournal.begin<NukeData>(access, {
      kind: "nuke",
      subject: { agent: agent.address, bead: agent.hookBead, rig: rig.name },
      step: "keep",
      data: {
        worktree,
        isBroken: !isValid && existsSync(worktree),
        branch: (isValid ? await currentBranch(worktree) : undefined) ?? agent.branch,
        discard: request.discard === true,
        reason: request.reason ?? (request.force === true ? "forced" : "not needed"),
      },
    });
    try {
      return await carryOutNuke(access, rig, journal);
    } catch (error) {
      // Nothing was removed before everything was kept: only the session has ended, and a person lets it go on.
      if (journal.record.step === "keep") await journal.finish(await rest(access, agent));
      else await journal.leave(error instanceof Error ? error.message : String(error));
      throw error;
    }
  });
}

/** For an agent that worked until its removal failed: its work rests, and `gt hook resume` goes on with it. */
async function rest(access: TownAccess, { address }: Agent): Promise<readonly Operation[]> {
  const agent = await access.ledger.agent(address);
  return agent?.state === "working" && agent.hookState === "active"
    ? suspendOperations(agent, { reason: "removal failed", since: access.clock.now() })
    : [];
}
