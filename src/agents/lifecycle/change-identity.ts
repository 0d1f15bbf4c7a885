import { GtError } from "../../core/gt-error.ts";
import { withLock } from "../../core/lock/lock.ts";
import { formatAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { liveSession } from "./agent-session.ts";
import { expectPolecatName } from "./name-pool.ts";
import { nukePolecats } from "./nuke-polecat.ts";
import { takeName } from "./polecat-pool.ts";

/** Makes a polecat's identity without a sandbox; the next free name when none is given. `E_EXISTS`, `E_NAME`. */
export async function addIdentity(access: TownAccess, rig: Rig, wish: string | undefined): Promise<string> {
  if (wish !== undefined) expectPolecatName(wish);
  const pool = { waitMs: 30_000, kind: "identity add", subject: `pool of ${rig.name}` };
  const name =
    wish ?? (await withLock(access.town.paths.locks, `pool-${rig.name}`, pool, () => takeName(access, rig)));
  const address = { role: "polecat", rig: rig.name, name } as const;
  const canonical = formatAddress(address);
  if ((await access.ledger.agent(canonical)) !== undefined)
    throw new GtError("E_EXISTS", `${canonical} exists already`, {
      hint: `gt polecat identity show ${rig.name} ${name}`,
    });
  await access.ledger.write(access.actor, [
    {
      op: "ensureAgent",
      agent: { id: agentBeadId(address, rig), address: canonical, ...address, state: "nuked" },
    },
  ]);
  return canonical;
}

/**
 * Closes a polecat's identity for good. Refused with a session, a bead on the hook or work at risk in a sandbox; by force
 * the sandbox goes as by `gt polecat nuke --force`, with everything kept.
 */
export async function removeIdentity(
  access: TownAccess,
  address: string,
  options: { readonly force: boolean; readonly cwd: string },
): Promise<void> {
  const agent = await access.ledger.agent(address);
  const bead = agent === undefined ? undefined : await access.ledger.get(agent.id);
  if (agent === undefined || bead === undefined || bead.status === "closed")
    throw new GtError("E_AGENT_NOT_FOUND", `there is no polecat ${address}`, {
      hint: "gt polecat identity list <rig>",
    });
  const reasons = [
    ...((await liveSession(access, address)) === undefined ? [] : ["its session is running"]),
    ...(agent.hookBead === "" ? [] : [`${agent.hookBead} is on its hook`]),
  ];
  if (reasons.length > 0 && !options.force)
    throw new GtError("E_UNSAFE", `${address} is not removed: ${reasons.join("; ")}`, {
      hint: `gt polecat identity remove ${agent.rig} ${agent.name} --force`,
    });
  if (agent.state !== "nuked") {
    const nuke = { addresses: [address], cwd: options.cwd, reason: "identity removed" };
    await nukePolecats(access, { ...nuke, ...(options.force ? { force: true } : {}) });
  }
  await withAgentLock(access, address, "identity remove", async () => {
    await access.ledger.write(access.actor, [
      { op: "expectAgent", address, expected: { state: "nuked", hookBead: "" } },
      { op: "close", id: agent.id, close: { reason: "identity removed", force: true } },
    ]);
  });
}
