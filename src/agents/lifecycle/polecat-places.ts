import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { formatAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import type { Rig } from "../../core/town/town.ts";

/** Where a polecat lives and what it is called. */
export interface PolecatPlaces {
  readonly name: string;
  readonly address: string;
  readonly beadId: string;
  /** `<rig>/polecats/<name>`. */
  readonly home: string;
  /** `<rig>/polecats/<name>/<rig>`. */
  readonly worktree: string;
}

export function seatPlaces(rig: Rig, name: string): PolecatPlaces {
  const address = { role: "polecat", rig: rig.name, name } as const;
  const home = join(rig.polecats, name);
  return {
    name,
    address: formatAddress(address),
    beadId: agentBeadId(address, rig),
    home,
    worktree: join(home, rig.name),
  };
}

/** Names of the directories in which polecats of the rig live, or what is left of them. */
export function polecatDirectories(rig: Rig): readonly string[] {
  if (!existsSync(rig.polecats)) return [];
  return readdirSync(rig.polecats, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name);
}
