import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { isGuide } from "../../core/formulas/molecule-record.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { townPaths } from "../../core/town/paths.ts";
import { patrolBeads } from "../patrols/patrol-beads.ts";
import type { Check, CheckContext } from "./check.ts";

export const ledgerChecks: readonly Check[] = [
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
    id: "ledger-integrity",
    category: "Ledger",
    severity: "error",
    summary: "the ledger's file is intact",
    run: async (context) => {
      const { ledger } = townPaths(context.root, context.env);
      if (!existsSync(ledger)) return undefined;
      const database = new Database(ledger, { readonly: true });
      try {
        const rows = database.pragma("quick_check(10)") as readonly { readonly quick_check: string }[];
        const wrong = rows.map((row) => row.quick_check).filter((line) => line !== "ok");
        return wrong.length === 0
          ? undefined
          : { message: "the ledger's file is damaged", details: wrong, hint: "bd doctor" };
      } finally {
        database.close();
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
