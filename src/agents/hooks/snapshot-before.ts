import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { type Address, agentHome, formatAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { tellingOfSnapshot } from "../lifecycle/snapshot-event.ts";

/** How long an agent's command may wait for it (spec/03 §4.1). */
const timeoutMs = 8000;

/** Keeps the worktree's state before an agent throws some of it, or its memory of it, away. False without a worktree. */
export async function snapshotBefore(
  town: Town,
  address: Address,
  reason: "pre-reset" | "pre-compact",
): Promise<boolean> {
  const worktree = agentHome(town, address);
  if (worktree === undefined) return false;
  const agent = formatAddress(address);
  const place = `${address.role === "crew" ? "crew" : "polecats"}/${address.name}`;
  await takeSnapshot(
    {
      ...{ worktree, place, address: agent },
      email: town.overseer().email || `${address.name}@gastown.local`,
      ...{ bead: "", assignment: 0, hookState: "active", session: "" },
      onTaken: tellingOfSnapshot(town, { address: agent, actor: agent }),
    },
    reason,
    { timeoutMs },
  );
  return true;
}
