import { existsSync } from "node:fs";
import { systemClock } from "../../core/clock.ts";
import { isGuide } from "../../core/formulas/molecule-record.ts";
import { townLedgerPlace } from "../../core/ledger/ledger-place.ts";
import { damageOf } from "../../core/ledger/upkeep/backup.ts";
import { recoverLedger } from "../../core/ledger/upkeep/recover-ledger.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { townPaths } from "../../core/town/paths.ts";
import { patrolBeads } from "../patrols/patrol-beads.ts";
import type { Check, CheckContext } from "./check.ts";

export const ledgerChecks: readonly Check[] = [
  // Before anything opens it: who has a file open would go on with the damaged one when another takes its place.
  {
    id: "ledger-integrity",
    category: "Ledger",
    severity: "error",
    summary: "the ledger's file is intact",
    run: async (context) => {
      const { ledger } = townPaths(context.root, context.env);
      const wrong = existsSync(ledger) ? damageOf(ledger) : [];
      return wrong.length === 0 ? undefined : { message: "the ledger's file is damaged", details: wrong };
    },
    fixTimeoutMs: 10 * 60_000,
    fix: async (context) => {
      const place = townLedgerPlace(context.town());
      // A look that failed for another reason is no reason to build anything anew.
      if (damageOf(place.databasePath).length === 0) return "";
      const { beads, kept, backup } = await recoverLedger(place, { clock: systemClock });
      const from = backup === undefined ? "" : ` from the backup ${backup}`;
      return `built anew${from}: ${beads} beads; the damaged file is kept: ${kept}`;
    },
  },
  {
    id: "ledger-open",
    category: "Ledger",
    severity: "error",
    summary: "the ledger opens",
    run: async (context) => {
      const { ledger } = townPaths(context.root, context.env);
      if (!existsSync(ledger))
        return { message: `there is no ${ledger}`, hint: `gt install ${context.root}` };
      try {
        await (await context.ledger()).head();
        return undefined;
      } catch (error) {
        return { message: error instanceof Error ? error.message : String(error), hint: "bd doctor" };
      }
    },
  },
  {
    id: "hooks-consistent",
    category: "Ledger",
    severity: "warning",
    summary: "every taken bead is on the hook of its agent",
    run: async (context) => {
      const wrong = await mismatches(context);
      return wrong.length === 0
        ? undefined
        : { message: `${wrong.length} hooks and beads disagree`, details: wrong };
    },
    fix: async (context) => {
      const access = await context.access();
      const done: string[] = [];
      for (const rig of context.town().rigs()) await patrolBeads(access, rig, (text) => done.push(text));
      return done.length === 0 ? "the daemon repairs what is left: gt up" : done.join(", ");
    },
  },
  {
    id: "agent-beads",
    category: "Ledger",
    severity: "warning",
    summary: "every working polecat has its worktree",
    run: async (context) => {
      const town = context.town();
      const agents = await (await context.ledger()).agents({ role: "polecat", state: ["working", "done"] });
      const missing = agents.filter((agent) => {
        const address = parseAddress(agent.address);
        const home = address && agentHome(town, address);
        return home !== undefined && !existsSync(home);
      });
      return missing.length === 0
        ? undefined
        : {
            message: `${missing.length} polecats have lost their worktree`,
            details: missing.map((agent) => agent.address),
            hint: "gt up",
          };
    },
  },
];

async function mismatches(context: CheckContext): Promise<readonly string[]> {
  const ledger = await context.ledger();
  const agents = new Map((await ledger.agents()).map((agent) => [agent.address, agent]));
  const beads = await ledger.find({ status: ["hooked", "in_progress"] });
  return beads.flatMap((bead) => {
    const awaits = bead.metadata["awaiting_merge"];
    if (parseAddress(bead.assignee)?.role !== "polecat" || bead.type === "merge-request") return [];
    if (isGuide(bead)) return [];
    if (typeof awaits === "string" && awaits !== "") return [];
    return agents.get(bead.assignee)?.hookBead === bead.id
      ? []
      : [`${bead.id} is assigned to ${bead.assignee}, who does not hold it`];
  });
}
