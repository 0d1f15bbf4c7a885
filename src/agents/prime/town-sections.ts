import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Address } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { rigStanding } from "../lifecycle/rig-admission.ts";
import type { PrimeSection } from "./prime-section.ts";
import { quoteLine } from "./quotation.ts";

const shownConvoys = 5;
const mostReady = 100;

/** The town at a glance, for its Mayor: rigs, polecats at work, convoys, ready work (spec/03 §6.4). Never throws. */
export async function townSection(town: Town, ledger: Ledger): Promise<PrimeSection | undefined> {
  try {
    const { convoyViews } = await import("../../core/convoys/convoy-view.ts");
    const rigs = await Promise.all(
      town
        .rigs()
        .map(async (rig) => `- ${rig.name} (${rig.prefix}): ${await rigStanding(ledger, town, rig)}`),
    );
    const working = await ledger.agents({ role: "polecat", state: ["spawning", "working"] });
    const convoys = await convoyViews(ledger);
    const ready = (await ledger.ready({ limit: mostReady + 1 })).length;
    const rows = convoys
      .slice(0, shownConvoys)
      .map((convoy) => `- ${convoy.id} ${quoteLine(convoy.title)}: ${convoy.done}/${convoy.total}`);
    const more = convoys.length > shownConvoys ? [`- … and ${convoys.length - shownConvoys} more`] : [];
    return {
      name: "town",
      text: `${[
        "## Town",
        ...(rigs.length === 0 ? ["No rigs yet: gt rig add <name> <git-url>"] : rigs),
        `${working.length} polecats at work, ${ready > mostReady ? `over ${mostReady}` : ready} beads ready`,
        ...(convoys.length === 0 ? [] : ["Open convoys:", ...rows, ...more]),
      ].join("\n")}\n`,
      budget: 700,
      shrink: 4,
      why: "the Mayor sees the town",
    };
  } catch {
    return undefined; // said by the hook's problem
  }
}

/** Whether a patrol agent may patrol at all: not in a rig that is parked or docked (spec/03 §6.4). Never throws. */
export async function patrolSection(
  town: Town,
  ledger: Ledger,
  { role, rig }: Address,
): Promise<PrimeSection | undefined> {
  if (role !== "witness" && role !== "refinery" && role !== "deacon" && role !== "boot") return undefined;
  const known = rig === "" ? undefined : town.findRig(rig);
  const standing =
    known === undefined
      ? "operational"
      : await rigStanding(ledger, town, known).catch(() => "operational" as const); // said by the hook's problem
  return {
    name: "patrol",
    text:
      standing === "operational"
        ? "## Patrol\nOne cycle after the other, as your brief says; wait between them.\n"
        : `## Patrol\nRig ${rig} is ${standing}: do not patrol.\n`,
    budget: 900,
    shrink: 2,
    why: standing === "operational" ? `the role ${role} patrols` : `the rig is ${standing}`,
  };
}
