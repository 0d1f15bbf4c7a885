import { type CloseConvoy, expectNoOpenIssues, landOwned } from "../../core/convoys/change-convoy.ts";
import { trackedIds } from "../../core/convoys/convoy-snapshot.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { nukePolecats } from "./nuke-polecat.ts";

export interface LandConvoy extends Omit<CloseConvoy, "reason" | "now"> {
  readonly keepWorktrees: boolean;
  readonly dryRun: boolean;
  /** Directory of the caller: a sandbox is not removed under its feet. */
  readonly cwd: string;
}

export interface LandedByOwner {
  /** False: it was closed before. */
  readonly isChanged: boolean;
  /** Idle polecats whose sandboxes are gone, or would be. */
  readonly removed: readonly string[];
  /** Sandboxes that stay, with what is in them. */
  readonly kept: readonly { readonly polecat: string; readonly why: string }[];
}

/**
 * Lands a convoy that its caller manages, and removes the sandboxes of polecats that worked on it and are idle now; what
 * holds work that is nowhere else stays (spec/05 §6.2).
 */
export async function landConvoy(
  access: TownAccess,
  convoy: Bead,
  request: LandConvoy,
): Promise<LandedByOwner> {
  const { ledger, actor, clock } = access;
  const polecats = request.keepWorktrees ? [] : await idlePolecats(access, convoy);
  let isChanged = convoy.status !== "closed";
  if (request.dryRun) await expectNoOpenIssues(ledger, convoy, request.force === true);
  else isChanged = await landOwned(ledger, actor, convoy, { ...request, now: clock.now() });
  const removed: string[] = [];
  const kept: { polecat: string; why: string }[] = [];
  for (const { address } of polecats) {
    try {
      await nukePolecats(access, { addresses: [address], cwd: request.cwd, dryRun: request.dryRun });
      removed.push(address);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      kept.push({ polecat: address, why: [error.message, ...(error.why ?? [])].join("; ") });
    }
  }
  return { isChanged, removed, kept };
}

async function idlePolecats(access: TownAccess, convoy: Bead): Promise<readonly Agent[]> {
  const tracked = (await trackedIds(access.ledger, [convoy])).get(convoy.id) ?? [];
  const beads = [...(await access.ledger.getMany(tracked)).values()];
  const workers = new Set(beads.map((bead) => bead.assignee));
  const agents = await access.ledger.agents({ role: "polecat", state: "idle" });
  return agents.filter(
    (agent) =>
      workers.has(agent.address) && agent.hookBead === "" && parseAddress(agent.address) !== undefined,
  );
}
