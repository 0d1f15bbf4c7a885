import { pruneWorktrees } from "../../core/git/worktree.ts";
import { assignmentEvent } from "../lifecycle/assignment-event.ts";
import type { TownAccess } from "../town-access.ts";
import { sameAssignment } from "./worker-memory.ts";
import type { WorkerView } from "./worker-view.ts";

/** W12: neither sandbox nor session is left of it. Its name is free, and its bead is recovered by the look at beads. */
export async function abandonSandbox(access: TownAccess, view: WorkerView, reason: string): Promise<void> {
  const { agent } = view;
  await pruneWorktrees(access.town.rig(agent.rig).repository);
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    {
      op: "setAgent",
      address: agent.address,
      fields: { hookBead: "", hookState: "archived", state: "nuked" },
    },
    // Its commits are in the repository; the next attempt begins with them.
    ...(agent.branch === ""
      ? []
      : [
          { op: "update", id: agent.hookBead, fields: { metadata: { prior_branch: agent.branch } } } as const,
        ]),
    assignmentEvent(agent, "archived", { reason, source: "daemon" }),
  ]);
}
