import { expect } from "vitest";
import type { OperationRecord } from "../../../src/agents/lifecycle/operation-record.ts";
import { shell, type TuiTown } from "../support/tui-town.ts";
import type { Flow } from "./flow.ts";

/** Acting on agents. */
export const actingFlows: readonly Flow[] = [
  {
    name: "nudge",
    says: "n writes an agent a line, from a template or not, and says what was run and what came of it",
    town: async (town) => void (await town.polecat("nux", ["/bin/sh", "-c", "exec cat"])),
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .press("n")
        .sees("Nudge nux")
        .press("tab")
        .sees("› status?")
        .type("\u0015how far?")
        .enter()
        .sees(/gt nudge greenplace\/polecats\/nux -m/),
  },
  {
    name: "broadcast",
    says: "Space marks agents; one line goes to all of them",
    town: async (town) => {
      await town.polecat("nux", undefined);
      await town.polecat("slit", undefined);
    },
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .press("space", "space")
        .sees("2 marked")
        .press("n")
        .sees("Nudge nux, slit")
        .escape()
        .seesNo("Nudge nux"),
  },
  {
    name: "handoff",
    says: "h asks first, and no is what Enter means; the row tells each step of a handoff",
    town: async (town) => void (await town.polecat("nux", shell)),
    steps: (person, town) =>
      person
        .agents()
        .select("nux")
        .press("h")
        .sees("Hand nux off?", "gt handoff")
        .enter()
        .seesNo("Hand nux off?")
        .does(async () => {
          const [session] = await (await town.host()).list();
          expect(session?.phase).not.toBe("exited");
        })
        // The steps as gt handoff writes them into the ledger's journal.
        .does(() => handoffIsAt(town, "save"))
        .sees(/nux .*↻ 1\/3 saving/)
        .does(() => handoffIsAt(town, "respawn"))
        .sees(/nux .*↻ 2\/3 ending/)
        .press("?")
        .sees("Handoff, 2 of 3: the old session ends")
        .escape()
        .does(async () => (await town.host()).stop("gp-nux", { reason: "handoff" }))
        .sees(/nux .*↻ 3\/3 starting/)
        .does(async () => {
          await (await town.ledger()).write("overseer", [
            { op: "deleteRow", table: "operations", key: "handoff-1" },
          ]);
        })
        .seesNo("3/3"),
  },
  {
    name: "problems",
    says: "p shows who needs a person and why; a puts it aside, x asks before it stops one",
    town: async (town) => {
      const [bead] = await town.convoy("Auth system", ["Add login"]);
      await town.polecat("nux", undefined, bead);
    },
    steps: (person) =>
      person
        .sees("nux")
        .problems()
        .sees(/NEEDS ATTENTION \(1\)/, /nux +💀 dead/, "r restart")
        .press("a")
        .sees("seen")
        .press("x")
        .sees("Stop nux?")
        .press("n")
        .seesNo("Stop nux?")
        .press("?")
        // On a wide screen the words below stand beside the list, too.
        .sees("search:")
        .sees("is zombie", /Because/)
        .escape()
        .escape()
        .sees("1 Agents"),
  },
];

async function handoffIsAt(town: TuiTown, step: string): Promise<void> {
  const record: OperationRecord = {
    ...{ id: "handoff-1", kind: "handoff", actor: "overseer", pid: process.pid, pidStartedAt: "", host: "" },
    ...{ subject: { agent: "greenplace/polecats/nux", bead: "", rig: "greenplace" }, data: {}, error: null },
    ...{ startedAt: Date.now(), updatedAt: Date.now(), step },
  };
  await (await town.ledger()).write("overseer", [
    { op: "putRow", table: "operations", key: record.id, value: record },
  ]);
}
