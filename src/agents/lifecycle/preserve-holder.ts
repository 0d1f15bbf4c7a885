import { type SnapshotReason, takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { isAtRisk, measureWorkAtRisk } from "../../core/git/work-at-risk.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { nextState } from "./agent-transition.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { pushBestEffort } from "./keep-work.ts";
import { baseRevision, snapshotSubject } from "./polecat-worktree.ts";
import { overlayFiles } from "./overlay-files.ts";

/** The agent whose bead goes, once its work is safe. */
export interface HolderState {
  readonly address: string;
  /** What becomes of it, for the batch that takes the bead away. */
  readonly operations: readonly Operation[];
  readonly warnings: readonly string[];
}

/**
 * Keeps the holder's work as snapshot and pushed branch before its bead is taken over or released (spec/04 §2.6 step 3,
 * §2.8). Nothing of it is changed. Throws when its files could not be kept.
 */
export async function preserveHolder(
  access: TownAccess,
  rig: Rig,
  address: string,
  reason: SnapshotReason = "pre-steal",
  why = "taken over",
): Promise<HolderState> {
  const agent = await access.ledger.agent(address);
  const parsed = parseAddress(address);
  const worktree = parsed === undefined ? undefined : agentHome(access.town, parsed);
  if (agent === undefined || parsed?.role !== "polecat" || worktree === undefined)
    return { address, operations: [], warnings: [] };
  const archived: readonly Operation[] = [
    { op: "setAgent", address, fields: { hookBead: "", hookState: "archived" } },
    assignmentEvent(agent, "archived", { reason: why }),
  ];
  const leave = (isSafe: boolean): readonly Operation[] =>
    agent.state === "working" || agent.state === "stuck" || agent.state === "paused"
      ? [
          ...archived,
          // Unsafe work keeps its sandbox out of reuse until somebody looks at it (spec/04 §2.6).
          {
            op: "setAgent",
            address,
            fields: { state: isSafe ? nextState(address, agent.state, "unhooked") : "stuck" },
          },
        ]
      : archived;
  if (!(await isValidWorktree(worktree))) return { address, operations: leave(true), warnings: [] };

  const sandbox = { worktree, place: `polecats/${agent.name}`, address, agent };
  await takeSnapshot(snapshotSubject(access, sandbox), reason).catch((error: unknown) => {
    throw new GtError("E_SNAPSHOT", `the work of ${address} could not be kept; nothing was changed`, {
      hint: `gt hook snapshot ${address}`,
      cause: error,
    });
  });
  const isPushed = await pushBestEffort(rig, agent, worktree);
  const risk = await measureWorkAtRisk(worktree, {
    targets: [await baseRevision(rig, agent.baseBranch || rig.defaultBranch)],
    ownFiles: overlayFiles(rig),
  });
  return {
    address,
    operations: leave(!isAtRisk(risk)),
    warnings: isPushed
      ? []
      : [`the branch of ${address} could not be pushed; it is kept in ${rig.repository}`],
  };
}
