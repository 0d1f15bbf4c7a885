import type { Address } from "../../core/town/address.ts";
import { rigDuty } from "./route-changes.ts";

/** Duties of the whole town are the Deacon's; keeping host and daemon alive is Boot's (spec/04 §8.3). */
const deaconLoops = [
  "heartbeat",
  "deacon",
  "operations",
  "convoys",
  "gates",
  "escalations",
  "quota",
  "scheduler",
  "disk",
  "ledger",
  "worktrees",
  "dogs",
  "plugins",
  "warrants",
];
const bootLoops = ["host", "boot"];

/** Keys of the daemon's duties that stand for a builtin role; none for other roles. */
export function loopsOf({ role, rig }: Pick<Address, "role" | "rig">): readonly string[] {
  switch (role) {
    case "deacon":
      return deaconLoops;
    case "boot":
      return bootLoops;
    case "witness":
    case "refinery":
      return [rigDuty(role, rig)];
    default:
      return [];
  }
}
