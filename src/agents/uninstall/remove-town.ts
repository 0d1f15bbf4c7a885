import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeRisks, measureWorkAtRisk } from "../../core/git/work-at-risk.ts";
import { GtError } from "../../core/gt-error.ts";
import { isTown } from "../../core/town/find-town.ts";
import { sessionsInScope } from "../daemon/end-sessions.ts";
import { townDown } from "../daemon/town-down.ts";
import { sandboxRisk } from "../lifecycle/sandbox-risk.ts";
import type { TownAccess } from "../town-access.ts";

/** What would be lost with the town (spec/07 §7.5): sessions that run, and work in sandboxes that is nowhere else. */
export async function risksOfTown(access: TownAccess): Promise<readonly string[]> {
  const { town, ledger } = access;
  const { ending: living } = await sessionsInScope(access, "all");
  const risks = living.map((record) => `${record.actor}: its session is running`);
  for (const rig of town.rigs()) {
    for (const agent of await ledger.agents({ rig: rig.name })) {
      if (agent.state === "nuked") continue;
      const reasons =
        agent.role === "polecat"
          ? (await sandboxRisk(access, rig, agent)).reasons
          : agent.role === "crew"
            ? await risksOfClone(join(rig.crew, agent.name), rig.defaultBranch)
            : [];
      risks.push(...reasons.map((reason) => `${agent.address}: ${reason}`));
    }
  }
  return risks;
}

async function risksOfClone(path: string, defaultBranch: string): Promise<readonly string[]> {
  if (!existsSync(path)) return [];
  return describeRisks(await measureWorkAtRisk(path, { targets: [`refs/remotes/origin/${defaultBranch}`] }));
}

/**
 * Ends everything of the town and deletes its directory. `E_UNSAFE` with work at risk, unless forced; never a directory
 * that is no town.
 */
export async function removeTown(access: TownAccess, options: { readonly force: boolean }): Promise<void> {
  const { town } = access;
  if (!isTown(town.root))
    throw new GtError("E_NO_TOWN", `${town.root} holds no mayor/town.json; it is not deleted`);
  if (!options.force) await expectNoRisk(access);
  const { leftovers } = await townDown(access, { scope: "all", force: true });
  if (leftovers.length > 0)
    throw new GtError("E_UNSAFE", "the town is not deleted while something of it runs", {
      why: leftovers,
      hint: "gt down --all",
    });
  await access.ledger.close();
  rmSync(town.root, { recursive: true, force: true });
}

/** `E_UNSAFE`, naming everything that stands in the way. */
export async function expectNoRisk(access: TownAccess): Promise<void> {
  const risks = await risksOfTown(access);
  if (risks.length > 0)
    throw new GtError("E_UNSAFE", "the town is not deleted: work would be lost", {
      why: risks,
      hint: "gt shutdown -a, then push what is listed; or gt uninstall --workspace --force",
    });
}
