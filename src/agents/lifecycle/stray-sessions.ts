import { existsSync } from "node:fs";
import type { Agent } from "../../core/ledger/bead.ts";
import { parseSessionName } from "../../core/town/agent-names.ts";
import type { Rig } from "../../core/town/town.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { seatPlaces } from "./polecat-places.ts";

export interface StraySession {
  readonly name: string;
  readonly address: string;
  readonly record: SessionRecord;
}

/** Living sessions of the rig's polecats that have neither a sandbox nor an assignment (spec/04 §3.3, §3.8). */
export async function straySessions(
  access: TownAccess,
  rig: Rig,
  polecats: readonly Agent[],
): Promise<readonly StraySession[]> {
  const host = await access.host({ start: false }).catch(() => undefined);
  const strays: StraySession[] = [];
  for (const record of (await host?.list()) ?? []) {
    const parsed = parseSessionName(record.session, access.town.rigs());
    if (record.phase === "exited" || parsed?.role !== "polecat" || parsed.rig !== rig.name) continue;
    const { name, address, worktree } = seatPlaces(rig, parsed.name);
    const isUsed = !isUnused(polecats.find((agent) => agent.name === name));
    if (!isUsed && !existsSync(worktree)) strays.push({ name, address, record });
  }
  return strays;
}

/** Somebody's whose work is in the sandbox keeps it, whatever has become of it. */
export const isUnused = (agent: Agent | undefined): boolean =>
  agent === undefined || agent.state === "nuked" || (agent.state === "idle" && agent.hookBead === "");
